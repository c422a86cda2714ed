package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/config"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/signin"
)

type userCommand struct {
	Add  userAddCommand  `cmd:"" help:"Make an account with roles at the centre or a place in an organisation, or add these to one."`
	List userListCommand `cmd:"" help:"List the accounts."`
}

type userAddCommand struct {
	Role         []string `help:"Role at the centre: ${enum}. May be given more than once." enum:"administrator,analyst,editor,moderator,case-handler,adviser,auditor" placeholder:"ROLE"`
	Organisation string   `help:"Reference of an organisation that the person belongs to, such as one that was imported and has no owner yet." placeholder:"REF"`
	Place        string   `help:"Place in the organisation: ${enum}." enum:"owner,security-contact,member" default:"owner" placeholder:"PLACE"`
	Language     string   `help:"Language of mails and pages: nl or en." enum:"nl,en" default:"nl"`
	Mail         string   `arg:"" help:"Mail address of the person."`
	Name         string   `arg:"" help:"Name of the person, in quotes."`
}

// Run makes the account, and prints the link by which the person sets how to sign in.
func (c *userAddCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		if len(c.Role) == 0 && c.Organisation == "" {
			return unusable{fault.Invalidf("say what the person is: give --role, --organisation, or both")}
		}
		var organisation directory.Organisation
		if c.Organisation != "" {
			var err error
			if organisation, err = a.directory.ByReference(ctx, c.Organisation); err != nil {
				return err
			}
		}
		var roles actor.Roles
		for _, name := range c.Role {
			role, _ := actor.ParseRole(name) // kong has refused others
			roles |= role
		}
		language := c.Language
		if language == "" {
			language = i18n.Dutch
		}
		added, err := a.signin.AddPerson(ctx, c.Mail, c.Name, language, roles)
		if err != nil {
			return err
		}
		has := "has an account"
		switch {
		case added.Account.Staff != 0 && added.New:
			has += " with the roles " + added.Account.Staff.String()
		case added.Account.Staff != 0:
			has = "has the roles " + added.Account.Staff.String()
		}
		if !organisation.ID.IsZero() {
			place, _ := actor.ParsePlace(c.Place) // kong has refused others
			given, err := a.directory.Admit(ctx, organisation.ID, added.Account.ID, place)
			if err != nil {
				return err
			}
			if given {
				has += fmt.Sprintf(", and is %s of %s", place, organisation.Name)
			} else {
				has += fmt.Sprintf(", and keeps the place it has at %s", organisation.Name)
			}
		}
		if _, err := fmt.Fprintf(s.out, "%s %s\n", added.Account.Mail, has); err != nil {
			return err
		}
		if added.Link == "" {
			_, err = fmt.Fprintln(s.out, "The person signs in as before.")
			return err
		}
		_, err = fmt.Fprintf(s.out, "Give this link to the person, over a way that nobody else reads. It works once, for 24 hours:\n%s\n", added.Link)
		return err
	})
}

type userListCommand struct{}

// Run lists the accounts.
func (userListCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "MAIL\tNAME\tROLES\tSTATE\tWAYS IN\tLAST SIGNED IN")
		err := a.signin.EachPerson(ctx, func(p signin.Person) error {
			seen := "never"
			if !p.SeenAt.IsZero() {
				seen = p.SeenAt.In(set.Location()).Format(time.DateOnly)
			}
			_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", p.Mail, p.Name, p.Staff, p.State, p.Ways, seen)
			return err
		})
		if err != nil {
			return err
		}
		return w.Flush()
	})
}
