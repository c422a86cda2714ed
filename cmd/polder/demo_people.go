package main

import (
	"context"
	"fmt"

	"polder/directory"
	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/db"
)

// persona is somebody in the country whom a visitor of the demo can be.
type persona struct {
	key          string // in addresses and messages
	name, mail   string
	language     string
	staff        actor.Roles
	organisation string // reference; "" for who works at the centre
	place        actor.Place
}

var personas = []persona{
	{"baker", "Noor Visser", "noor@goudenkruim.example", "nl", 0, "Z001", actor.Owner},
	{"supplier", "Ravi Bakker", "ravi@kordaat-it.example", "nl", 0, "Z006", actor.Owner},
	{"university", "Emma Clarke", "emma.clarke@uvz.example", "en", 0, "Z003", actor.SecurityContact},
	{"adviser", "Sam de Boer", "sam@" + demoDomain, "nl", actor.Analyst | actor.Adviser, "", 0},
	{"analyst", "Bram Peeters", "bram@" + demoDomain, "nl", actor.Analyst | actor.Editor, "", 0},
	{"auditor", "Nadia Smit", "nadia@" + demoDomain, "nl", actor.Auditor, "", 0},
	{"administrator", "Els Dijkstra", "els@" + demoDomain, "nl", actor.Administrator, "", 0},
}

// settle makes the people of the country, what they let others do for them, and what waits for the
// centre's staff: by the verbs that people themselves come to by the pages.
func (w *world) settle(ctx context.Context) error {
	for _, p := range personas {
		if err := w.move(ctx, p); err != nil {
			return fmt.Errorf("let %s move in: %w", p.name, err)
		}
	}
	bakery, err := w.app.directory.ByReference(ctx, "Z001")
	if err != nil {
		return err
	}
	baker := w.as(ctx, "baker")
	if err := w.app.directory.Give(baker, bakery.ID, directory.Wish{Holder: "Z006", Acting: true, EveryAsset: true, Ends: w.app.now().AddDate(1, 0, 0)}); err != nil {
		return fmt.Errorf("give a mandate: %w", err)
	}
	claim, err := w.app.footprint.Register(baker, bakery.ID, footprint.Entry{Kind: footprint.Domain, Value: "taartenbezorgd.example", Role: footprint.Owner})
	if err != nil {
		return fmt.Errorf("claim a domain: %w", err)
	}
	plea := "We hebben dit domein overgenomen van een collega-bakker. Het wordt nog door haar beheerd. De overeenkomst kunnen we laten zien."
	if err := w.app.footprint.Plead(baker, bakery.ID, claim.ID, plea); err != nil {
		return fmt.Errorf("ask staff to decide: %w", err)
	}
	if err := w.move(ctx, persona{"dean", "Willem Vos", "w.vos@uvz.example", "nl", 0, "Z003", actor.Owner}); err != nil {
		return err // an organisation has an owner, also where the visitor is not the one
	}
	newcomer := persona{"potter", "Youssef Amrani", "youssef@draaischijf.example", "nl", 0, "", 0}
	if err := w.move(ctx, newcomer); err != nil {
		return err
	}
	_, err = w.app.directory.Register(w.as(ctx, "potter"), directory.Registration{Name: "Pottenbakkerij De Draaischijf", Scheme: "kvk", Number: "00901445",
		Sector: "C", Size: "2", Language: "nl", Domain: "draaischijf.example"})
	if err != nil {
		return fmt.Errorf("register an organisation: %w", err)
	}
	return nil
}

// move makes the account of a persona.
func (w *world) move(ctx context.Context, p persona) error {
	added, err := w.app.signin.AddPerson(ctx, p.mail, p.name, p.language, p.staff)
	if err != nil {
		return err
	}
	w.people[p.key] = added.Account.ID
	if p.organisation == "" {
		return nil
	}
	o, err := w.app.directory.ByReference(ctx, p.organisation)
	if err != nil {
		return err
	}
	_, err = w.app.directory.Admit(ctx, o.ID, added.Account.ID, p.place)
	return err
}

// as is the context in which a persona acts, as if just signed in.
func (w *world) as(ctx context.Context, key string) context.Context {
	return actor.With(ctx, actor.Actor{Account: w.people[key], Fresh: w.app.now()})
}

// session signs a persona in.
func (w *world) session(ctx context.Context, key string) (token string, err error) {
	err = w.app.db.Write(ctx, func(tx *db.Tx) error {
		token, err = w.app.signin.Begin(ctx, tx, w.people[key], "demo", "demo")
		return err
	})
	return token, err
}
