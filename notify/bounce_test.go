package notify

import (
	"fmt"
	"strings"
	"testing"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit"
)

// returned is a mail by RFC 3464 that says that one of ours did not arrive.
func returned(action, status, messageID string) string {
	return strings.ReplaceAll(fmt.Sprintf(`From: MAILER-DAEMON@mx.korst.example
To: melding@polder.example
Message-ID: <report-1@mx.korst.example>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.korst.example

Final-Recipient: rfc822; info@korst.example
Action: %s
Status: %s
Diagnostic-Code: smtp; 550 5.1.1 <info@korst.example>: user unknown

--B
Content-Type: text/rfc822-headers

From: Polder <melding@polder.example>
Message-ID: <%s>
Subject: Waarschuwing

--B--
`, action, status, messageID), "\n", "\r\n")
}

func TestAMailThatComesBack(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.organisations("a,A,nl,info@korst.example")
		f.assets("a,prefix,192.0.2.0/28,owner")
		f.ingest("scan_rdp", rdp, rdpLine("192.0.2.1", ""))
		f.compose()
		f.deliver()
		one := f.latest("a")
		take := func(raw string) string {
			t.Helper()
			ref, err := f.notify.TakeBounce(f.ctx, strings.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			return ref
		}
		line := func(place actor.Place) int {
			t.Helper()
			var n int
			err := d.Read(f.ctx, func(tx *db.Tx) error {
				lines, err := f.notify.BounceLines(f.ctx, tx, actor.In{Organisation: f.organisation("a").ID, Place: place})
				n = len(lines)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for name, raw := range map[string]string{
			"late":                   returned("delayed", "4.4.1", one.MessageID),
			"arrived":                returned("delivered", "2.0.0", one.MessageID),
			"of another":             returned("failed", "5.1.1", "pld-00000-00000@polder.example"),
			"on holiday":             "Return-Path: <>\r\nAuto-Submitted: auto-replied (vacation)\r\nReferences: <" + one.MessageID + ">\r\n\r\nMessage-ID: <" + one.MessageID + ">\r\n",
			"a person":               "From: jan@korst.example\r\nReferences: <" + one.MessageID + ">\r\n\r\n> Message-ID: <" + one.MessageID + ">\r\n",
			"our id as its own name": "Message-ID: <" + one.MessageID + ">\r\nSubject: hi\r\n\r\nhello\r\n",
		} {
			if ref := take(raw); ref != "" || f.latest("a").State != Delivered || line(actor.Owner) != 0 {
				t.Errorf("%s: taken as %q", name, ref)
			}
		}
		if ref := take(returned("failed", "5.1.1", one.MessageID)); ref != one.Reference {
			t.Fatalf("taken as %q", ref)
		}
		got := f.latest("a")
		if got.State != Bounced || got.Reply != "5.1.1 550 5.1.1 <info@korst.example>: user unknown" || got.SentAt.IsZero() {
			t.Errorf("%s: %s", got.State, got.Reply)
		}
		if ref := take(returned("failed", "5.1.1", one.MessageID)); ref != "" {
			t.Error("taken twice")
		}
		if line(actor.Owner) != 1 || line(actor.Member) != 0 || line(actor.Delegate) != 0 {
			t.Error("the home tells nobody, or somebody who cannot mend it")
		}
		for staff, want := range map[actor.Roles]string{actor.Adviser: "1", actor.Adviser | actor.Analyst: "1" + outgoingPath + "?list=bounced&organisation=" + f.organisation("a").ID.String(), actor.Analyst: "0", actor.Auditor: "0"} {
			ctx := actor.With(f.ctx, actor.Actor{Account: db.NewID(), Staff: staff})
			err := d.Read(ctx, func(tx *db.Tx) error {
				lines, err := f.notify.BouncesOf(ctx, tx, f.organisation("a").ID)
				got := fmt.Sprint(len(lines))
				for _, l := range lines {
					got += l.Path
				}
				if got != want {
					t.Errorf("the file tells %v: %s, want %s", staff, got, want)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		// The next mail goes to the same address all the same, and when it arrives all is well.
		f.ingest("scan_http", rdp, "NOW,high,192.0.2.2,tcp,80,,http,64500")
		f.compose()
		if mails := f.deliver(); len(mails) != 2 || mails[1].EnvelopeTo[0] != "info@korst.example" {
			t.Errorf("mails %v", sentTo(mails))
		}
		if line(actor.Owner) != 0 {
			t.Error("the home still tells of it")
		}
	})
}

// Servers that write in their own way: the headers of the mail stand in the text, or under References.
func TestBouncesThatFollowNoStandard(t *testing.T) {
	for name, raw := range map[string]string{
		"qmail":   "From: MAILER-DAEMON@x.example\r\nSubject: failure notice\r\n\r\nHi. This is the qmail-send program.\r\n<x@korst.example>:\r\n192.0.2.25 does not like recipient.\r\nRemote host said: 550 no such user\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nMessage-ID: <pld-1@polder.example>\r\n",
		"no copy": "References: <pld-1@polder.example>\r\nContent-Type: multipart/report; boundary=B\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nAction: failed\r\nStatus: 5.0.0\r\n--B--\r\n",
		"base64":  "Return-Path: <>\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nTWVzc2FnZS1JRDogPHBsZC0xQHBvbGRlci5leGFtcGxlPgo=\r\n--B--\r\n",
		"inside":  "From: Postmaster <p@x.example>\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <PLD-1@polder.example>\r\n\r\ntext\r\n--B--\r\n",
	} {
		r, err := ParseBounce(strings.NewReader(raw))
		if err != nil || len(r.MessageIDs) == 0 || r.MessageIDs[0] != "pld-1@polder.example" || !r.Hard() {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func FuzzParseBounce(f *testing.F) {
	f.Add(returned("failed", "5.1.1", "pld-1@polder.example"))
	f.Add("Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\n--B--\r\n")
	f.Add("\r\n\r\n")
	f.Fuzz(func(t *testing.T, raw string) {
		r, err := ParseBounce(strings.NewReader(raw))
		if err != nil {
			return
		}
		if len(r.MessageIDs) > bounceIDs || len(r.Status) > 20 || strings.ContainsAny(r.Reply, "\n\r\x00") {
			t.Errorf("%+v", r)
		}
	})
}
