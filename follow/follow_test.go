package follow

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/db"
)

const hook = "https://example.com/hooks/path-that-is-secret"

func (w *world) add(who string) (Webhook, string) {
	w.t.Helper()
	h, key, err := w.follow.AddWebhook(w.as(who), w.ids["bakker"], hook)
	if err != nil {
		w.t.Fatal(err)
	}
	return h, key
}

// settings are those of the bakery.
func (w *world) settings() Settings {
	w.t.Helper()
	s, err := w.follow.Settings(w.as("bakker-owner"), w.ids["bakker"])
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// What changes comes once, signed, in batches, and of the bakery alone; what was there before does not.
func TestWebhookPostsWhatChanges(t *testing.T) {
	eachWorld(t, func(w *world) {
		t := w.t
		w.found("192.0.2.", 1, 3)
		w.clock.Advance(time.Hour)
		w.drain() // they were mailed, and are open
		w.fresh()
		h, key := w.add("bakker-owner")
		w.clock.Advance(time.Second)
		w.found("192.0.2.", 10, 130)
		w.found("198.51.100.", 10, 5)
		w.drain()
		got := w.to.take()
		if len(got) != 2 {
			t.Fatalf("%d posts", len(got))
		}
		seen := map[string]bool{}
		for i, r := range got {
			m := w.verify(r, key)
			if len(m.Data.Events) != []int{100, 30}[i] || m.Type != "exposures" || r.header.Get("Content-Type") != "application/json" {
				t.Errorf("%s with %d events", m.Type, len(m.Data.Events))
			}
			for _, e := range m.Data.Events {
				if e.Type != "exposure.new" || !strings.HasPrefix(e.Exposure.Address, "192.0.2.") || seen[e.Exposure.ID] {
					t.Errorf("%v", e)
				}
				seen[e.Exposure.ID] = true
			}
		}
		w.sql(`UPDATE notify_exposure SET due_at = NULL`) // no mail moves them meanwhile
		w.drain()
		if got := w.to.take(); len(got) != 0 {
			t.Errorf("again: %d posts", len(got))
		}
		// What was solved and comes back.
		w.sql(`UPDATE notify_exposure SET state = 'reopened', state_at = ?1 WHERE organisation_id = ?2 AND address = '192.0.2.11' AND port = 3389`, db.At(w.clock.Now()), w.ids["bakker"])
		w.drain()
		if got := w.to.take(); len(got) == 0 || !bytes.Contains(got[0].body, []byte(`"exposure.reopened"`)) {
			t.Errorf("nothing came back: %v", got)
		}
		if s := w.settings(); len(s.Webhooks) != 1 || s.Webhooks[0].ID != h.ID || len(s.Webhooks[0].Posts) < 3 || s.Webhooks[0].Posts[0].Status != 204 {
			t.Errorf("%+v", s.Webhooks)
		}
	})
}

// A receiver that fails is tried again, later and later, under the same id; what is no longer the bakery's is
// not sent by then. After three days it is switched off, its people hear of it, and nothing is lost.
func TestWebhookIsTriedForThreeDays(t *testing.T) {
	eachWorld(t, func(w *world) {
		t := w.t
		_, key := w.add("bakker-owner")
		stop := make(chan struct{})
		defer close(stop)
		w.to.set(func(rw http.ResponseWriter, r *http.Request) { rw.WriteHeader(500) })
		w.clock.Advance(time.Minute)
		w.found("192.0.2.", 1, 2)
		w.found("192.0.2.", 40, 1)
		w.sql(`UPDATE notify_exposure SET due_at = NULL`) // no mail moves them meanwhile
		w.drain()
		first := w.to.take()
		if len(first) != 1 {
			t.Fatalf("%d posts", len(first))
		}
		w.sql(`DELETE FROM notify_exposure WHERE address = '192.0.2.40'`)
		w.clock.Advance(time.Minute)
		w.drain()
		second := w.to.take()
		if len(second) != 1 || second[0].header.Get("Webhook-Id") != first[0].header.Get("Webhook-Id") || bytes.Contains(second[0].body, []byte("192.0.2.40")) {
			t.Fatalf("%d posts", len(second))
		}
		w.verify(second[0], key)
		for _, c := range []struct {
			problem string
			answer  func(rw http.ResponseWriter, r *http.Request)
		}{
			{"redirect", func(rw http.ResponseWriter, r *http.Request) {
				http.Redirect(rw, r, "https://10.0.0.1/", http.StatusTemporaryRedirect)
			}},
			{"refused", func(rw http.ResponseWriter, r *http.Request) {
				rw.WriteHeader(403)
				rw.Write([]byte(strings.Repeat("secret-answer ", 10_000)))
			}},
			{"timeout", func(rw http.ResponseWriter, r *http.Request) {
				select {
				case <-stop:
				case <-r.Context().Done():
				}
			}},
		} {
			w.to.set(c.answer)
			w.clock.Advance(8 * time.Hour)
			w.drain()
			if s := w.settings().Webhooks[0]; s.Posts[0].Problem != c.problem || s.State != On || s.FailingSince.IsZero() {
				t.Errorf("%s: %+v", c.problem, s.Posts[0])
			}
		}
		// The name turns inward: nothing is connected to.
		w.to.take()
		w.to.lead("example.com", "10.0.0.1")
		w.clock.Advance(8 * time.Hour)
		w.drain()
		if s := w.settings().Webhooks[0]; s.Posts[0].Problem != "inner" || len(w.to.take()) != 0 {
			t.Errorf("%+v", s.Posts[0])
		}
		w.to.lead("example.com", "192.0.2.77")
		w.to.set(func(rw http.ResponseWriter, r *http.Request) { rw.WriteHeader(500) })
		for range 12 {
			w.clock.Advance(8 * time.Hour)
			w.drain()
		}
		if s := w.settings().Webhooks[0]; s.State != Failing || len(s.Posts) > mostPosts {
			t.Fatalf("%s", s.State)
		}
		told := map[string]bool{}
		for _, m := range w.box.Mails() {
			if strings.Contains(m.Subject, "webhook") {
				told[m.EnvelopeTo[0]] = true
			}
		}
		if !told["bakker-owner@example.org"] || !told["bakker-security-contact@example.org"] || len(told) != 2 {
			t.Errorf("told: %v", told)
		}
		w.to.take()
		w.clock.Advance(8 * time.Hour)
		w.drain()
		if got := w.to.take(); len(got) != 0 {
			t.Errorf("%d posts to what is off", len(got))
		}
		w.to.set(nil)
		w.fresh()
		if err := w.follow.Resume(w.as("bakker-security-contact"), w.ids["bakker"], w.settings().Webhooks[0].ID); err != nil {
			t.Fatal(err)
		}
		w.drain()
		got := w.to.take()
		if len(got) == 0 || !bytes.Contains(got[0].body, []byte("192.0.2.1\"")) {
			t.Errorf("%d posts, and what was missed is lost", len(got))
		}
	})
}

// It stops when its maker loses the place, and when the organisation closes.
func TestWebhookAndFeedEndWithTheirMaker(t *testing.T) {
	for name, q := range map[string]string{
		"left":      `DELETE FROM directory_member WHERE account_id = ?1`,
		"withdrawn": `UPDATE directory_member SET place = 'member' WHERE account_id = ?1`,
		"disabled":  `UPDATE signin_account SET state = 'disabled' WHERE id = ?1`,
		"forgotten": "", "closed": "", "not accepted": "",
	} {
		t.Run(name, func(t *testing.T) {
			eachWorld(t, func(w *world) {
				t := w.t
				me := w.people["bakker-security-contact"].Account
				w.add("bakker-security-contact")
				_, address, err := w.follow.AddFeed(w.as("bakker-security-contact"), w.ids["bakker"], "reader")
				if err != nil {
					t.Fatal(err)
				}
				path := strings.TrimPrefix(address, "https://polder.example")
				if got := w.ask("", "GET", path, nil); got.Code != 200 {
					t.Fatalf("%d", got.Code)
				}
				w.clock.Advance(time.Minute)
				w.found("192.0.2.", 1, 1)
				switch name {
				case "closed", "forgotten":
					err = w.db.Write(t.Context(), func(tx *db.Tx) error {
						if name == "closed" {
							return w.follow.EndOf(t.Context(), tx, w.ids["bakker"])
						}
						return w.follow.ForgetPerson(t.Context(), tx, me)
					})
					if err != nil {
						t.Fatal(err)
					}
				case "not accepted":
					w.sql(`UPDATE directory_organisation SET state = 'asked' WHERE id = ?1`, w.ids["bakker"])
				default:
					w.sql(q, me)
				}
				w.drain()
				if got := w.to.take(); len(got) != 0 {
					t.Errorf("%d posts", len(got))
				}
				if got := w.ask("", "GET", path, nil); got.Code != 404 {
					t.Errorf("the feed answers %d", got.Code)
				}
				if want := map[bool]int{true: 0, false: 1}[name == "closed"]; w.count(`SELECT count(*) FROM follow_webhook`) != want ||
					want == 1 && w.count(`SELECT count(*) FROM follow_webhook WHERE state = 'maker'`) != 1 {
					t.Error("the webhook is not as it should be")
				}
			})
		})
	}
}

// Addresses that lead inward, and all that is no plain https address, are refused at once.
func TestWebhookGoesNowhereInside(t *testing.T) {
	eachWorld(t, func(w *world) {
		t := w.t
		w.to.lead("inner.example", "10.0.0.7")
		w.to.lead("both.example", "192.0.2.77", "169.254.169.254")
		for _, s := range []string{"", "x", "http://example.com/", "https://10.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest/meta-data/", "https://inner.example/", "https://both.example/",
			"https://example.com:8443/", "https://user:pass@example.com/", "https://example.com/#x", "file:///etc/passwd", "https://2130706433/", "https://0x7f.1/", "https://localhost/",
			"https://nowhere.example/", "https://example.com/" + strings.Repeat("x", 500), "//example.com/", "https:///x"} {
			r := w.ask("bakker-owner", "POST", "/o/"+w.ids["bakker"].String()+"/follow/webhooks", url.Values{"url": {s}})
			if r.Code != 422 {
				t.Errorf("%q: %d", s, r.Code)
			}
		}
		if n := w.count(`SELECT count(*) FROM follow_webhook`); n != 0 || len(w.to.take()) != 0 {
			t.Errorf("%d webhooks", n)
		}
		for i := range mostWebhooks + 1 {
			if r := w.ask("bakker-owner", "POST", "/o/"+w.ids["bakker"].String()+"/follow/webhooks", url.Values{"url": {hook}}); r.Code != map[bool]int{true: 200, false: 422}[i < mostWebhooks] {
				t.Errorf("webhook %d: %d", i+1, r.Code)
			}
		}
	})
}

// Everybody who may not, at each page and form, with each id: as if it did not exist.
func TestWhoMayFollow(t *testing.T) {
	eachWorld(t, func(w *world) {
		t := w.t
		h, _ := w.add("bakker-owner")
		x, address, err := w.follow.AddFeed(w.as("bakker-owner"), w.ids["bakker"], "reader")
		if err != nil {
			t.Fatal(err)
		}
		base, other := "/o/"+w.ids["bakker"].String()+"/follow", "/o/"+w.ids["smid"].String()+"/follow"
		rows := func() int {
			return w.count(`SELECT count(*) FROM follow_webhook WHERE state = 'on'`) + w.count(`SELECT count(*) FROM follow_feed WHERE revoked_at IS NULL`)
		}
		before := rows()
		forms := []string{"/webhooks", "/webhooks/" + h.ID.String() + "/key", "/webhooks/" + h.ID.String() + "/on", "/webhooks/" + h.ID.String() + "/test", "/webhooks/" + h.ID.String() + "/remove",
			"/feeds", "/feeds/" + x.ID.String() + "/revoke"}
		for _, who := range []string{"", "stranger", "analyst", "smid-owner", "bakker-member", "it-owner"} {
			for _, path := range append([]string{""}, forms...) {
				method := "POST"
				if path == "" {
					method = "GET"
				}
				if r := w.ask(who, method, base+path, url.Values{"url": {hook}, "name": {"x"}}); r.Code != 404 {
					t.Errorf("%q %s: %d", who, path, r.Code)
				}
			}
		}
		for _, path := range append(forms[1:5:5], forms[6]) { // another's id below one's own organisation
			if r := w.ask("smid-owner", "POST", other+path, nil); r.Code != 404 {
				t.Errorf("%s: %d", path, r.Code)
			}
		}
		w.clock.Advance(11 * time.Minute) // no factor lately
		for _, path := range []string{forms[0], forms[1], forms[2], forms[5]} {
			if r := w.ask("bakker-owner", "POST", base+path, url.Values{"url": {hook}, "name": {"x"}}); r.Code != 303 || !strings.HasPrefix(r.Header().Get("Location"), "/sign-in/confirm") {
				t.Errorf("%s: %d", path, r.Code)
			}
		}
		if rows() != before {
			t.Error("something changed")
		}
		for _, path := range []string{"/feeds/x.atom", "/feeds/" + strings.Repeat("x", 43) + ".atom", strings.TrimSuffix(strings.TrimPrefix(address, "https://polder.example"), ".atom")} {
			if r := w.ask("", "GET", path, nil); r.Code != 404 {
				t.Errorf("%s: %d", path, r.Code)
			}
		}
		for who, status := range map[string]int{"": 401, "program-none": 403, "program-bakker": 200, "program-smid": 200} {
			for _, path := range []string{"/api/v1/exposures.atom", "/api/v1/exposures/export"} {
				if r := w.ask(who, "GET", path, nil); r.Code != status {
					t.Errorf("%q %s: %d", who, path, r.Code)
				}
			}
		}
	})
}

// The feed is Atom, and has nothing in it that somebody else's reader should not know; the export has all.
func TestFeedAndExport(t *testing.T) {
	eachWorld(t, func(w *world) {
		t := w.t
		w.found("192.0.2.", 1, 60)
		w.found("198.51.100.", 1, 2)
		x, address, err := w.follow.AddFeed(w.as("bakker-owner"), w.ids["bakker"], "reader")
		if err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(address, "https://polder.example")
		uuid := regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
		for who, path := range map[string]string{"": path, "program-bakker": "/api/v1/exposures.atom"} {
			r := w.ask(who, "GET", path+"", nil)
			var d atomFeed
			if err := xml.Unmarshal(r.Body.Bytes(), &d); err != nil || r.Code != 200 || len(d.Entries) != mostEntries || !uuid.MatchString(d.ID) || d.Title == "" || d.Author.Name == "" {
				t.Fatalf("%d %v: %.500s", r.Code, err, r.Body)
			}
			if !slices.ContainsFunc(d.Links, func(l atomLink) bool { return l.Rel == "self" && strings.HasSuffix(l.Href, path) }) ||
				!strings.HasPrefix(r.Header().Get("Content-Type"), "application/atom+xml") || r.Header().Get("Cache-Control") != "no-store" || r.Header().Get("X-Robots-Tag") == "" {
				t.Errorf("%v %v", d.Links, r.Header())
			}
			ids := map[string]bool{d.ID: true}
			for _, e := range d.Entries {
				if _, err := time.Parse(time.RFC3339, e.Updated); err != nil || !uuid.MatchString(e.ID) || ids[e.ID] || e.Title == "" || len(e.Links) != 1 || e.Links[0].Rel != "alternate" {
					t.Errorf("%+v: %v", e, err)
				}
				ids[e.ID] = true
			}
			var print []byte
			if err := w.db.Read(t.Context(), func(tx *db.Tx) error {
				return tx.One(t.Context(), `SELECT fingerprint FROM notify_exposure WHERE organisation_id = ?1 LIMIT 1`, []any{w.ids["bakker"]}, &print)
			}); err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"192.0.2.", "198.51", "3389", "Bakkerij", "korst", "info@"} {
				if strings.Contains(r.Body.String(), secret) {
					t.Errorf("%q is in the feed", secret)
				}
			}
		}
		e := w.ask("program-bakker", "GET", "/api/v1/exposures/export", nil)
		if lines := strings.Split(strings.TrimSpace(e.Body.String()), "\n"); len(lines) != 60 || strings.Contains(e.Body.String(), "198.51") || e.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d lines", len(lines))
		}
		for range mostReads {
			w.ask("", "GET", path, nil)
		}
		if r := w.ask("", "GET", path, nil); r.Code != 429 || r.Header().Get("Retry-After") == "" {
			t.Errorf("asked too often: %d", r.Code)
		}
		w.clock.Advance(time.Minute)
		if r := w.ask("", "GET", path, nil); r.Code != 200 {
			t.Errorf("a minute later: %d", r.Code)
		}
		if err := w.follow.RevokeFeed(w.as("bakker-owner"), w.ids["bakker"], x.ID); err != nil {
			t.Fatal(err)
		}
		if r := w.ask("", "GET", path, nil); r.Code != 404 {
			t.Errorf("revoked: %d", r.Code)
		}
	})
}

// No secret is on a page after the first time, in an export, in the log, or in the database as it lies on the disk.
func TestSecretsStayAway(t *testing.T) {
	eachWorld(t, func(w *world) {
		t := w.t
		base := "/o/" + w.ids["bakker"].String() + "/follow"
		key := regexp.MustCompile(`whsec_[A-Za-z0-9+/=&#;]+`)
		made := w.ask("bakker-owner", "POST", base+"/webhooks", url.Values{"url": {hook}})
		first := strings.ReplaceAll(key.FindString(made.Body.String()), "&#43;", "+")
		if len(first) != 50 {
			t.Fatalf("%d: no key of 50 characters: %q", made.Code, first)
		}
		h := w.settings().Webhooks[0]
		feed := w.ask("bakker-owner", "POST", base+"/feeds", url.Values{"name": {"reader"}})
		token := regexp.MustCompile(`/feeds/([A-Za-z0-9_-]{43})\.atom`).FindStringSubmatch(feed.Body.String())
		if token == nil {
			t.Fatalf("%d: no address", feed.Code)
		}
		w.ask("bakker-owner", "POST", base+"/webhooks/"+h.ID.String()+"/test", nil)
		w.to.lead("example.com") // cannot be reached either
		w.clock.Advance(time.Minute)
		w.drain()
		w.to.lead("example.com", "192.0.2.77")
		w.ask("bakker-owner", "POST", base+"/webhooks/"+h.ID.String()+"/test", nil)
		w.drain()
		got := w.to.take()
		if len(got) != 1 || w.verify(got[0], first).Type != "ping" || got[0].path != "/hooks/path-that-is-secret" {
			t.Fatalf("%d tests came", len(got))
		}
		w.fresh()
		renewed := w.ask("bakker-owner", "POST", base+"/webhooks/"+h.ID.String()+"/key", nil)
		second := strings.ReplaceAll(key.FindString(renewed.Body.String()), "&#43;", "+")
		if second == "" || second == first {
			t.Fatal("no other key")
		}
		w.ask("", "GET", "/feeds/"+token[1]+".atom", nil)
		var export strings.Builder
		if err := w.db.Read(t.Context(), func(tx *db.Tx) error {
			return w.follow.ExportOf(t.Context(), tx, w.ids["bakker"], func(v any) error { export.WriteString(w.text(v)); return nil })
		}); err != nil || !strings.Contains(export.String(), "example.com") {
			t.Fatalf("%v: %s", err, export.String())
		}
		places := map[string]string{"the page": w.ask("bakker-owner", "GET", base, nil).Body.String(), "the export": export.String(), "the log": w.log.String()}
		files, _ := filepath.Glob(filepath.Join(w.db.Dir(), "polder.sqlite*"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			places[filepath.Base(f)] = string(b)
		}
		for place, text := range places {
			for _, secret := range []string{first[6:], second[6:], token[1], "path-that-is-secret"} {
				if strings.Contains(text, secret) {
					t.Errorf("%q is in %s", secret, place)
				}
			}
		}
	})
}

// A reader that asks for no language gets the organisation's own; one that asks gets what it asked for.
func TestFeedSpeaksTheLanguageOfTheOrganisation(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.found("192.0.2.", 1, 1)
		_, address, err := w.follow.AddFeed(w.as("bakker-owner"), w.ids["bakker"], "reader")
		if err != nil {
			w.t.Fatal(err)
		}
		path := strings.TrimPrefix(address, "https://polder.example")
		for _, lang := range []string{"en", "nl"} {
			w.sql(`UPDATE directory_organisation SET language = ?2 WHERE id = ?1`, w.ids["bakker"], lang)
			for who, path := range map[string]string{"": path, "program-bakker": "/api/v1/exposures.atom"} {
				if text := w.ask(who, "GET", path, nil).Body.String(); !strings.Contains(text, `xml:lang="`+lang+`"`) {
					w.t.Errorf("%s: not in %s: %.200s", path, lang, text)
				}
			}
			if text := w.ask("", "GET", path+"?lang=nl", nil).Body.String(); !strings.Contains(text, `xml:lang="nl"`) {
				w.t.Errorf("asked for Dutch: %.200s", text)
			}
		}
	})
}
