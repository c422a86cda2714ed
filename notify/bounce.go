package notify

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/jobs"
	"polder/internal/mailbox"
)

// Returned is what a mail server said of a mail of ours that it could not deliver after all.
type Returned struct {
	MessageIDs []string // of the mails that it may be about, without angle brackets
	Status     string   // 5.1.1, of RFC 3463; "" when it says none
	Action     string   // failed, delayed, delivered, relayed, expanded; "" when it says none
	Reply      string   // in its own words
	Server     bool     // a mail server wrote it, as far as it says itself
}

// Hard tells whether the mail will not arrive: what is merely late, or arrived, is no bounce, and
// neither is what a person or an answering machine writes.
func (r Returned) Hard() bool { return r.Action == "failed" || r.Action == "" && r.Server }

// Bounds of a mail that comes back: who sends it is not known.
const (
	bounceBytes = 1 << 20
	bounceParts = 50
	bounceDepth = 4
	bounceLines = 2_000
	bounceIDs   = 20
)

// TakeBounce reads a mail that came to the address that bounces go to. When it says that one of ours did
// not arrive after all, that delivery becomes 'bounced', with the reason; it returns the reference, or
// "" when the mail is about none of ours, or was taken before.
//
// Anybody can send such a mail, and whoever got one of ours knows its Message-ID. So all that a bounce
// does is to show: one delivery stands as bounced. No address is given up and no message is kept back
// because of it; a person decides what to do.
func (n *Notify) TakeBounce(ctx context.Context, raw io.Reader) (reference string, err error) {
	r, err := ParseBounce(raw)
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "this is no mail that can be read")
	}
	if !r.Hard() {
		return "", nil
	}
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		for _, id := range r.MessageIDs {
			d, s, err := deliveryByMessageID(ctx, tx, id)
			if errors.Is(err, db.ErrNoRows) {
				continue
			}
			if err != nil {
				return err
			}
			done, err := bounceDelivery(ctx, tx, d, cut(strings.TrimSpace(r.Status+" "+r.Reply), 500))
			if err != nil || !done {
				return err
			}
			reference = s.Reference
			return audit.Append(ctx, tx, audit.Event{At: n.now(), Actor: "polder", Action: audit.Change, Object: "notification " + s.ID.String(),
				Organisation: s.Organisation, Detail: "came back: " + s.Reference})
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("note that a mail came back: %w", err)
	}
	return reference, nil
}

// bouncesArgs is the job that reads the mails that came back.
type bouncesArgs struct{}

func (bouncesArgs) Kind() string { return "notify.bounces" }

// Bounces has the mails that come back read from a mailbox, every five minutes; nil for none.
func (n *Notify) Bounces(box mailbox.Box) {
	jobs.Register(n.queue, jobs.Options{Every: 5 * time.Minute, Unique: true, OnDrain: true, MaxAttempts: 1}, func(ctx context.Context, _ bouncesArgs) error {
		if box == nil {
			return nil
		}
		res, err := box.Each(ctx, mailbox.Bounds{Messages: 500, Size: bounceBytes}, func(ctx context.Context, m mailbox.Message) error {
			_, err := n.TakeBounce(ctx, m.Body)
			if fault.KindOf(err) == fault.Invalid {
				return mailbox.Refuse(err)
			}
			return err
		})
		if err != nil {
			n.log.Warn("the mails that came back could not all be read; it is tried again", "error", err)
			return nil
		}
		if res.More {
			return n.db.Write(ctx, func(tx *db.Tx) error { return n.queue.Insert(ctx, tx, bouncesArgs{}, time.Time{}) })
		}
		return nil
	})
}

// BounceLines tell on the home of an organisation that our latest message to it came back, to those of
// its own who can change the address.
func (n *Notify) BounceLines(ctx context.Context, tx *db.Tx, in actor.In) ([]directory.Line, error) {
	if in.Place&actor.Keepers == 0 {
		return nil, nil
	}
	address, err := lastBounce(ctx, tx, in.Organisation)
	if err != nil || address == "" {
		return nil, err
	}
	return []directory.Line{{Key: "notify.outgoing.came_back", Values: []any{"Address", address}, Path: "/o/" + in.Organisation.String() + "/contacts"}}, nil
}

// BouncesOf tell on the file of an organisation, which an adviser opens, that our latest message to it came back;
// an analyst goes on at the message.
func (n *Notify) BouncesOf(ctx context.Context, tx *db.Tx, organisation db.ID) ([]directory.Line, error) {
	staff := actor.From(ctx).Staff
	if !staff.Any(actor.Adviser) {
		return nil, nil
	}
	address, err := lastBounce(ctx, tx, organisation)
	if err != nil || address == "" {
		return nil, err
	}
	l := directory.Line{Key: "notify.outgoing.came_back", Values: []any{"Address", address}}
	if staff.Any(actor.Analyst) {
		l.Path = outgoingPath + "?list=bounced&organisation=" + organisation.String()
	}
	return []directory.Line{l}, nil
}

// ParseBounce reads what a mail server says of a mail that it could not deliver: a report by RFC 3464,
// or, of servers that write in their own way, the mail that it sends back and the words around it.
func ParseBounce(raw io.Reader) (r Returned, err error) {
	in := bufio.NewReader(io.LimitReader(raw, bounceBytes))
	head, err := textproto.NewReader(in).ReadMIMEHeader()
	if err != nil && len(head) == 0 {
		return r, fmt.Errorf("read a mail's header: %w", err)
	}
	b := &bounce{}
	from := strings.ToLower(head.Get("From"))
	b.r.Server = (strings.Contains(from, "mailer-daemon") || strings.Contains(from, "postmaster") || strings.TrimSpace(head.Get("Return-Path")) == "<>") &&
		!strings.HasPrefix(strings.ToLower(strings.TrimSpace(head.Get("Auto-Submitted"))), "auto-replied") && head.Get("X-Autoreply") == ""
	b.part(head, in, 0)
	// An answer names the mail that it answers too; so this counts for a report that says "failed" alone.
	// A mail's own Message-ID is never ours.
	if b.r.Action == "failed" {
		b.ids(head.Get("In-Reply-To"))
		b.ids(head.Get("References"))
	}
	b.r.Reply = strings.Join(strings.Fields(cleanNote(b.r.Reply)), " ")
	return b.r, nil
}

type bounce struct {
	r     Returned
	parts int
}

// part reads one part of the mail; a part that cannot be read is passed over, its neighbours are not.
func (b *bounce) part(head textproto.MIMEHeader, body io.Reader, depth int) {
	if b.parts++; b.parts > bounceParts || depth > bounceDepth {
		return
	}
	kind, params, err := mime.ParseMediaType(head.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	switch strings.ToLower(strings.TrimSpace(head.Get("Content-Transfer-Encoding"))) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	switch {
	case strings.HasPrefix(kind, "multipart/") && params["boundary"] != "":
		parts := multipart.NewReader(body, params["boundary"])
		for b.parts <= bounceParts {
			p, err := parts.NextPart()
			if err != nil {
				return
			}
			b.part(textproto.MIMEHeader(p.Header), p, depth+1)
		}
	case kind == "message/delivery-status", kind == "message/global-delivery-status":
		b.status(body)
	case kind == "message/rfc822", kind == "text/rfc822-headers", kind == "message/global", kind == "message/global-headers":
		returned, _ := textproto.NewReader(bufio.NewReader(io.LimitReader(body, 64<<10))).ReadMIMEHeader()
		b.ids(returned.Get("Message-Id"))
	case kind == "text/plain":
		b.text(body)
	}
}

// status reads the fields of RFC 3464: of all recipients the first that failed.
func (b *bounce) status(body io.Reader) {
	lines := textproto.NewReader(bufio.NewReader(body))
	for range 20 {
		fields, err := lines.ReadMIMEHeader()
		action := strings.ToLower(strings.TrimSpace(fields.Get("Action")))
		if action != "" && b.r.Action != "failed" {
			b.r.Action = action
			b.r.Status, _, _ = strings.Cut(strings.TrimSpace(fields.Get("Status")), " ")
			b.r.Status = cut(b.r.Status, 20)
			_, said, ok := strings.Cut(fields.Get("Diagnostic-Code"), ";")
			if !ok {
				said = fields.Get("Diagnostic-Code")
			}
			if said = strings.TrimSpace(said); said != "" {
				b.r.Reply = said
			}
		}
		if err != nil {
			return
		}
	}
}

// text looks in the words of a server for what it sends back, and keeps its first line of meaning.
func (b *bounce) text(body io.Reader) {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 64<<10)
	for i := 0; i < bounceLines && lines.Scan(); i++ {
		line := strings.TrimSpace(lines.Text())
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimLeft(name, "> "), "Message-ID") {
			b.ids(value)
		}
		if first := strings.TrimLeft(line, "<>() "); b.r.Reply == "" && len(first) > 3 && (first[0] == '5' || strings.Contains(line, " 5")) && strings.ContainsAny(line, ".: ") {
			b.r.Reply = line
		}
	}
}

// ids takes the Message-IDs out of a field.
func (b *bounce) ids(field string) {
	for _, word := range strings.FieldsFunc(field, func(r rune) bool { return r == '<' || r == '>' || r == ' ' || r == ',' || r == '\t' }) {
		if strings.Contains(word, "@") && len(word) < 200 && len(b.r.MessageIDs) < bounceIDs {
			b.r.MessageIDs = append(b.r.MessageIDs, strings.ToLower(db.Plain(word)))
		}
	}
}
