package signin

import (
	"context"
	"time"

	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/mail"
	"polder/internal/outbox"
)

// letter is one of the mails of this package: signin.mail.NAME.subject and .text in the catalogue.
// Addresses in it are made from the base address of the settings, whatever a request says.
type letter struct {
	name  string
	pairs []any
	code  string    // stands alone, to be copied
	path  string    // a page of ours, under the text
	until time.Time // of no use after
	alarm bool      // say what to do when it was not the person
}

func (s *Signin) post(ctx context.Context, tx *db.Tx, to, language string, l letter) error {
	p := s.printer(language)
	pairs := append([]any{"Centre", s.set.Centre}, l.pairs...)
	var m mail.Letter
	m.Subject = p.T("signin.mail."+l.name+".subject", pairs...)
	m.Say(p.T("signin.mail."+l.name+".text", pairs...))
	if l.code != "" {
		m.Heading(l.code)
		m.Say(p.T("signin.mail.code_rules"))
	}
	if l.path != "" {
		m.Link(s.set.BaseURL + l.path)
	}
	if l.alarm {
		m.Say(p.T("signin.mail.not_you"))
		m.Link(s.set.BaseURL + "/account/sign-in")
	}
	return s.outbox.Send(ctx, tx, outbox.Letter{To: to, Printer: p, Purpose: l.name, Until: l.until, Letter: m})
}

// tell writes a person that something changed about signing in.
func (s *Signin) tell(ctx context.Context, tx *db.Tx, a Account, name string, pairs ...any) error {
	return s.post(ctx, tx, a.Mail, a.Language, letter{name: name, pairs: pairs, alarm: true})
}

func (s *Signin) printer(language string) *i18n.Printer {
	if language == "" {
		language = i18n.Dutch
	}
	return s.catalog.For(language)
}
