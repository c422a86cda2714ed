package outreach

import (
	"context"
	"errors"
	"strings"
	"time"

	"polder/footprint"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/mail"
	"polder/internal/seal"
)

// OptOut is somebody who wants no letters, for good. Who it is cannot be read from it: it is found by
// asking for an address.
type OptOut struct {
	Kind   string // address or domain
	How    string // link or desk
	Reason string
	At     time.Time
}

// optedOut tells whether an address wants no letters: itself, or its domain or one above that.
func (o *Outreach) optedOut(ctx context.Context, tx *db.Tx, address string) (bool, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return false, nil // a page or a telephone number
	}
	hashes := [][]byte{o.hash("address", address)}
	for domain := strings.ToLower(address[at+1:]); domain != "" && len(hashes) < 20; {
		hashes = append(hashes, o.hash("domain", domain))
		_, domain, _ = strings.Cut(domain, ".")
	}
	return anyOptOut(ctx, tx, hashes)
}

// ByLink tells whether the secret of a letter's link is one of ours, and whether its recipient wants no
// letters already.
func (o *Outreach) ByLink(ctx context.Context, token string) (done bool, err error) {
	err = o.db.Read(ctx, func(tx *db.Tx) error {
		_, hash, err := letterByToken(ctx, tx, seal.Hash(token))
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		done, err = anyOptOut(ctx, tx, [][]byte{hash})
		return err
	})
	return done, err
}

// Stop takes an opt-out by the link in a letter: the address that it went to gets no more, for good.
// Twice is as once.
func (o *Outreach) Stop(ctx context.Context, token string) error {
	return o.db.Write(ctx, func(tx *db.Tx) error {
		notification, hash, err := letterByToken(ctx, tx, seal.Hash(token))
		if errors.Is(err, db.ErrNoRows) {
			return hidden()
		}
		if err != nil {
			return err
		}
		fresh, err := insertOptOut(ctx, tx, hash, OptOut{Kind: "address", How: "link", At: o.now()})
		if err != nil || !fresh {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: o.now(), Actor: "recipient", Action: audit.Feedback, Object: "notification " + notification.String(), Detail: "wants no letters to strangers"})
	})
}

// wish reads what an analyst typed: a mail address, or a domain.
func wish(text string) (kind, value string, err error) {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "@") && !strings.HasPrefix(text, "@") {
		if value, err = mail.Bare(text); err != nil {
			return "", "", fault.Wrap(fault.Invalid, err, "outreach.error.address")
		}
		return "address", value, nil
	}
	value, ok := footprint.Normal(strings.TrimPrefix(text, "@"))
	if !ok || !strings.Contains(value, ".") {
		return "", "", fault.New(fault.Invalid, "outreach.error.wish")
	}
	return "domain", value, nil
}

// Refuse takes an opt-out that reached the desk in another way, of an address or a whole domain.
func (o *Outreach) Refuse(ctx context.Context, text, reason string) error {
	if err := analyst(ctx); err != nil {
		return err
	}
	kind, value, err := wish(text)
	if err != nil {
		return err
	}
	if reason, err = plain(reason); err != nil {
		return err
	}
	if reason == "" || strings.Contains(reason, "@") { // the address is kept nowhere, so neither here
		return fault.New(fault.Invalid, "outreach.error.reason_plain")
	}
	return o.db.Write(ctx, func(tx *db.Tx) error {
		fresh, err := insertOptOut(ctx, tx, o.hash(kind, value), OptOut{Kind: kind, How: "desk", Reason: reason, At: o.now()})
		if err != nil || !fresh {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: o.now(), Action: audit.Decide, Object: "opt-out", Detail: kind})
	})
}

// Refused tells whether an address or domain wants no letters, and lists the latest opt-outs.
func (o *Outreach) Refused(ctx context.Context, text string) (asked, out bool, list []OptOut, err error) {
	if err := analyst(ctx); err != nil {
		return false, false, nil, err
	}
	kind, value := "", ""
	if strings.TrimSpace(text) != "" {
		if kind, value, err = wish(text); err != nil {
			return false, false, nil, err
		}
		if kind == "domain" {
			value = "@" + value
		}
	}
	err = o.db.Read(ctx, func(tx *db.Tx) error {
		if value != "" {
			asked = true
			if out, err = o.optedOut(ctx, tx, value); err != nil {
				return err
			}
		}
		list, err = latestOptOuts(ctx, tx, 100)
		return err
	})
	return asked, out, list, err
}
