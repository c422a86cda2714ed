package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"polder/internal/actor"
	"polder/internal/config"
	"polder/internal/i18n"
	"polder/internal/signin"
)

type userCommand struct {
	Add  userAddCommand  `cmd:"" help:"Make an account with roles at the centre, or add roles to one."`
	List userListCommand `cmd:"" help:"List the accounts."`
}

type userAddCommand struct {
	Role     []string `required:"" help:"Role at the centre: ${enum}. May be given more than once." enum:"administrator,analyst,editor,moderator,case-handler,adviser,auditor" placeholder:"ROLE"`
	Language string   `help:"Language of mails and pages: nl or en." enum:"nl,en" default:"nl"`
	Mail     string   `arg:"" help:"Mail address of the person."`
	Name     string   `arg:"" help:"Name of the person, in quotes."`
}

// Run makes the account, and prints the link by which the person sets how to sign in.
func (c *userAddCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
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
		what := "has the roles"
		if added.New {
			what = "has an account with the roles"
		}
		if _, err := fmt.Fprintf(s.out, "%s %s %s\n", added.Account.Mail, what, added.Account.Staff); err != nil {
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
