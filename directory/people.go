package directory

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
	"polder/internal/signin"
)

// Membership is the place of one account in one organisation.
type Membership struct {
	Organisation, Account db.ID
	Place                 actor.Place
	Since                 time.Time
}

// Person is a member with the name that belongs to the account.
type Person struct {
	Membership
	Name, Mail string
}

// Invitation lets whoever holds its link come in with a place.
type Invitation struct {
	ID, Organisation  db.ID
	Name              string // of the organisation, for the page behind the link
	Mail              string
	Place             actor.Place
	InvitedBy         db.ID
	InvitedAt, EndsAt time.Time
	Inviter           string // name of who invites; "" when that is not known any more
}

// Join is somebody who asks to be invited.
type Join struct {
	ID, Account db.ID
	Name, Mail  string
	AskedAt     time.Time
}

// People is all that the page of an organisation's people shows.
type People struct {
	Members     []Person
	Invitations []Invitation
	Joins       []Join
}

const (
	mostMembers      = 500 // in one organisation
	mostInvitations  = 50  // by one organisation in a day
	invitationsValid = 14 * 24 * time.Hour
)

// People returns who belongs to the organisation, who is invited and who asks to be.
func (d *Directory) People(ctx context.Context, organisation db.ID) (p People, err error) {
	now := d.now()
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		in, err := May(ctx, tx, organisation, actor.Inside, false, now)
		if err != nil {
			return err
		}
		list, err := members(ctx, tx, organisation, mostMembers)
		if err != nil {
			return err
		}
		ids := make([]db.ID, len(list))
		for i, m := range list {
			ids[i] = m.Account
		}
		owner := in.Place == actor.Owner
		if owner {
			if p.Invitations, err = openInvitations(ctx, tx, organisation, now, 200); err != nil {
				return err
			}
			if in.Accepted {
				if p.Joins, err = openJoins(ctx, tx, organisation, 100); err != nil {
					return err
				}
			}
		}
		for _, j := range p.Joins {
			ids = append(ids, j.Account)
		}
		accounts, err := signin.Accounts(ctx, tx, ids)
		for _, m := range list {
			p.Members = append(p.Members, Person{m, accounts[m.Account].Name, accounts[m.Account].Mail})
		}
		for i, j := range p.Joins {
			p.Joins[i].Name, p.Joins[i].Mail = accounts[j.Account].Name, accounts[j.Account].Mail
		}
		return err
	})
	return p, err
}

// as opens a transaction for an act of the organisation's own people: the organisation is locked
// first, so that what is counted stays true.
func (d *Directory) as(ctx context.Context, organisation db.ID, places actor.Place, fn func(tx *db.Tx, o Organisation) error) error {
	return d.db.Write(ctx, func(tx *db.Tx) error {
		if err := lock(ctx, tx, organisation); err != nil {
			return err
		}
		if _, err := May(ctx, tx, organisation, places, false, d.now()); err != nil {
			return err
		}
		o, err := organisationByID(ctx, tx, organisation)
		if err != nil {
			return err
		}
		return fn(tx, o)
	})
}

// Invite mails somebody a link by which whoever holds it comes in with the place.
func (d *Directory) Invite(ctx context.Context, organisation db.ID, address string, place actor.Place) error {
	if err := d.fresh(ctx); err != nil {
		return err
	}
	return d.as(ctx, organisation, actor.Owner, func(tx *db.Tx, o Organisation) error {
		return d.invite(ctx, tx, o, address, place)
	})
}

func (d *Directory) invite(ctx context.Context, tx *db.Tx, o Organisation, address string, place actor.Place) error {
	var bad Wrongs
	address, err := signin.MailAddress(address)
	if err != nil {
		bad = append(bad, Wrong{Field: "mail", Key: "directory.wrong.mail"})
	}
	if place != actor.Owner && place != actor.SecurityContact && place != actor.Member {
		bad = append(bad, Wrong{Field: "place", Key: "directory.wrong.choice"})
	}
	if len(bad) > 0 {
		return bad.err()
	}
	now := d.now()
	n, err := tally(ctx, tx, o.ID, "invite", now)
	if err != nil {
		return err
	}
	if n > mostInvitations {
		return fault.New(fault.TooMany, "directory.limit.today")
	}
	if there, err := members(ctx, tx, o.ID, mostMembers); err != nil {
		return err
	} else if len(there) >= mostMembers {
		return fault.New(fault.TooMany, "directory.limit.members")
	}
	if err := d.unasked(ctx, tx, o, address); err != nil {
		return err
	}
	token := seal.Token()
	i := Invitation{ID: db.NewID(), Organisation: o.ID, Mail: address, Place: place, InvitedBy: actor.From(ctx).Account, InvitedAt: now, EndsAt: now.Add(invitationsValid)}
	if err := insertInvitation(ctx, tx, i, seal.Hash(token)); err != nil {
		return err
	}
	if err := d.record(ctx, tx, audit.Grant, o.ID, "invitation %s as %s", i.ID, place); err != nil {
		return err
	}
	return d.write(ctx, tx, letter{to: address, lang: o.Language, about: o, name: "invitation", link: "/invitation/" + token, until: i.EndsAt,
		values: []any{"Inviter", actor.From(ctx).Name, "Place", place, "Until", i.EndsAt}})
}

// WithdrawInvitation makes the link worth nothing.
func (d *Directory) WithdrawInvitation(ctx context.Context, organisation, invitation db.ID) error {
	return d.as(ctx, organisation, actor.Owner, func(tx *db.Tx, o Organisation) error {
		n, err := withdrawInvitation(ctx, tx, o.ID, invitation, d.now())
		if err == nil && n == 0 {
			return hidden()
		}
		if err != nil {
			return err
		}
		return d.record(ctx, tx, audit.Grant, o.ID, "invitation %s withdrawn", invitation)
	})
}

// Invited returns the invitation of a link, which it does not change; a Gone fault when it cannot be
// accepted any more, and when it never was there.
func (d *Directory) Invited(ctx context.Context, token string) (i Invitation, err error) {
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		i, err = invited(ctx, tx, token, d.now())
		return err
	})
	return i, err
}

func invited(ctx context.Context, tx *db.Tx, token string, now time.Time) (i Invitation, err error) {
	gone := fault.New(fault.Gone, "directory.invitation.gone")
	if len(token) != 43 {
		return i, gone
	}
	if i, err = invitationByHash(ctx, tx, seal.Hash(token), now); errors.Is(err, db.ErrNoRows) {
		return i, gone
	}
	if err != nil || i.InvitedBy.IsZero() {
		return i, err
	}
	accounts, err := signin.Accounts(ctx, tx, []db.ID{i.InvitedBy})
	i.Inviter = accounts[i.InvitedBy].Name
	return i, err
}

// Accept lets the actor in by the link of an invitation, once. Who belongs to the organisation
// already keeps the place that it has. It returns the organisation.
func (d *Directory) Accept(ctx context.Context, token string) (organisation db.ID, err error) {
	a, now := actor.From(ctx), d.now()
	if a.Account.IsZero() {
		return organisation, hidden()
	}
	return organisation, d.db.Write(ctx, func(tx *db.Tx) error {
		i, err := invited(ctx, tx, token, now)
		if err != nil {
			return err
		}
		if err := lock(ctx, tx, i.Organisation); err != nil {
			return err
		}
		n, err := useInvitation(ctx, tx, i.ID, a.Account, now)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Gone, "directory.invitation.gone")
		}
		organisation = i.Organisation
		added, err := addMember(ctx, tx, i.Organisation, a.Account, i.Place, now)
		if err != nil {
			return err
		}
		if err := d.record(ctx, tx, audit.Grant, i.Organisation, "invitation %s accepted by %s, place given: %v", i.ID, a, added); err != nil || !added {
			return err
		}
		o, err := organisationByID(ctx, tx, i.Organisation)
		if err != nil {
			return err
		}
		owners, err := d.owners(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		return d.writeAll(ctx, tx, owners, letter{about: o, name: "joined", link: "/o/" + o.ID.String() + "/people", values: []any{"Person", a.Name, "Place", i.Place}})
	})
}

// Admit gives an account a place in an organisation, as the first owner of one that was imported. It
// is for the operator's command line and the demo alone: whoever calls it answers for the person.
// Who belongs to the organisation already keeps the place that it has, and given is false.
func (d *Directory) Admit(ctx context.Context, organisation, account db.ID, place actor.Place) (given bool, err error) {
	return given, d.db.Write(ctx, func(tx *db.Tx) error {
		if err := lock(ctx, tx, organisation); err != nil {
			return err
		}
		o, err := organisationByID(ctx, tx, organisation)
		if err != nil {
			return err
		}
		if o.State == Closed {
			return fault.Invalidf("organisation %q is closed; nobody can belong to it any more", o.Reference)
		}
		if given, err = addMember(ctx, tx, organisation, account, place, d.now()); err != nil || !given {
			return err
		}
		return d.record(ctx, tx, audit.Grant, organisation, "account:%s is %s, by the operator", account, place)
	})
}

// SetPlace gives a member another place, and ends the sessions of that person: what an open page
// allows must not outlive the place.
func (d *Directory) SetPlace(ctx context.Context, organisation, account db.ID, place actor.Place) error {
	if err := d.fresh(ctx); err != nil {
		return err
	}
	return d.as(ctx, organisation, actor.Owner, func(tx *db.Tx, o Organisation) error {
		had, err := placeOfMember(ctx, tx, o.ID, account)
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil || had == place {
			return err
		}
		if place != actor.Owner && place != actor.SecurityContact && place != actor.Member {
			return wrong("place", "directory.wrong.choice")
		}
		n, err := setPlace(ctx, tx, o.ID, account, place)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "directory.people.last_owner")
		}
		return d.placed(ctx, tx, o, account, "place", "was "+had.String()+", is "+place.String(), place)
	})
}

// Remove takes a member's place away.
func (d *Directory) Remove(ctx context.Context, organisation, account db.ID) error {
	return d.as(ctx, organisation, actor.Owner, func(tx *db.Tx, o Organisation) error {
		return d.remove(ctx, tx, o, account, "removed")
	})
}

// Leave takes the actor's own place away.
func (d *Directory) Leave(ctx context.Context, organisation db.ID) error {
	return d.as(ctx, organisation, actor.Inside, func(tx *db.Tx, o Organisation) error {
		return d.remove(ctx, tx, o, actor.From(ctx).Account, "left")
	})
}

func (d *Directory) remove(ctx context.Context, tx *db.Tx, o Organisation, account db.ID, how string) error {
	if _, err := placeOfMember(ctx, tx, o.ID, account); errors.Is(err, db.ErrNoRows) {
		return hidden()
	} else if err != nil {
		return err
	}
	n, err := deleteMember(ctx, tx, o.ID, account)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "directory.people.last_owner")
	}
	return d.placed(ctx, tx, o, account, how, how, 0)
}

// placed does what follows a change of somebody's place: sessions end, unless the person did it to
// itself, and the tokens that it made unless it is an owner now; the person and the other owners are told; the record has it.
func (d *Directory) placed(ctx context.Context, tx *db.Tx, o Organisation, account db.ID, name, detail string, place actor.Place) error {
	if account != actor.From(ctx).Account {
		if err := d.house.Signin.EndSessions(ctx, tx, account); err != nil {
			return err
		}
	}
	if place != actor.Owner { // it may have given a token what is not its own any more
		if err := d.house.Signin.EndTokensOf(ctx, tx, o.ID, account); err != nil {
			return err
		}
	}
	if err := d.record(ctx, tx, audit.Grant, o.ID, "account:%s %s", account, detail); err != nil {
		return err
	}
	found, err := signin.Accounts(ctx, tx, []db.ID{account})
	if err != nil {
		return err
	}
	who, there := found[account]
	owners, err := d.owners(ctx, tx, o.ID)
	if err != nil || !there {
		return err
	}
	told := []signin.Account{who}
	for _, a := range owners {
		if a.ID != account {
			told = append(told, a)
		}
	}
	return d.writeAll(ctx, tx, told, letter{about: o, name: name, values: []any{"Person", who.Name, "Place", place}})
}

// AnswerJoin invites somebody who asked to be let in, with the place, or with the zero place does
// not. The person is mailed an invitation, or nothing.
func (d *Directory) AnswerJoin(ctx context.Context, organisation, join db.ID, place actor.Place) error {
	if place != 0 {
		if err := d.fresh(ctx); err != nil {
			return err
		}
	}
	return d.as(ctx, organisation, actor.Owner, func(tx *db.Tx, o Organisation) error {
		if o.State != Accepted {
			return hidden()
		}
		return d.answerJoin(ctx, tx, o, join, place)
	})
}

func (d *Directory) answerJoin(ctx context.Context, tx *db.Tx, o Organisation, join db.ID, place actor.Place) error {
	account, err := decideJoin(ctx, tx, o.ID, join, d.now())
	if errors.Is(err, db.ErrNoRows) {
		return hidden()
	}
	if err != nil {
		return err
	}
	if place == 0 {
		return d.record(ctx, tx, audit.Grant, o.ID, "account:%s is not invited", account)
	}
	found, err := signin.Accounts(ctx, tx, []db.ID{account})
	if err != nil {
		return err
	}
	who, there := found[account]
	if !there {
		return hidden()
	}
	return d.invite(ctx, tx, o, who.Mail, place)
}

// forget takes a person out of all organisations, when an account is forgotten. It refuses while
// the person is the only owner of one that is open.
func (d *Directory) forget(ctx context.Context, tx *db.Tx, account db.ID) error {
	mine, err := placesOfAccount(ctx, tx, account, 10_000)
	if err != nil {
		return err
	}
	// In one order, so that two who are forgotten at the same moment do not wait for one another.
	slices.SortFunc(mine, func(a, b Membership) int { return bytes.Compare(a.Organisation[:], b.Organisation[:]) })
	for _, m := range mine {
		if err := lock(ctx, tx, m.Organisation); err != nil {
			return err
		}
	}
	sole, err := soleOwnerOf(ctx, tx, account)
	if err != nil {
		return err
	}
	if len(sole) > 0 {
		return fault.New(fault.Conflict, "directory.forget.sole_owner", "Organisations", strings.Join(sole, ", "))
	}
	found, err := signin.Accounts(ctx, tx, []db.ID{account})
	if err != nil {
		return err
	}
	for _, m := range mine {
		if err := d.house.Signin.EndTokensOf(ctx, tx, m.Organisation, account); err != nil {
			return err
		}
		if err := d.record(ctx, tx, audit.Delete, m.Organisation, "account:%s forgotten, was %s", account, m.Place); err != nil {
			return err
		}
	}
	return forgetAccount(ctx, tx, account, found[account].Mail)
}
