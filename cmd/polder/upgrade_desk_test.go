package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/config"
	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/mail"
	"polder/internal/web"
	"polder/notify"
)

var (
	dumpedLink = regexp.MustCompile(`(?m)^-- link (\w+) (\w+)$`)
	secretLink = regexp.MustCompile(`https://polder\.example/f/\w{32}`)
)

// TestADatabaseOfBeforeThereWasADeskGoesOn takes an installation as the last version without a desk
// left it: five organisations with exposures in all states, mails that were read and answered by
// link, by a supplier and on the pages, wishes, a mandate, and a mail that was written and not yet
// handed over. Every value of it must be the same afterwards, and what is kept beside it since then
// must be as if it had always been.
func TestADatabaseOfBeforeThereWasADeskGoesOn(t *testing.T) {
	kit.Each(t, nil, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		before, links := h.everything(), map[string]string{}
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			for _, m := range dumpedLink.FindAllStringSubmatch(dumped(tx, "2026-11-25"), -1) {
				links[m[1]] = m[2]
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}

		clock := &kit.Clock{}
		clock.Set(time.Date(2026, time.November, 24, 7, 30, 0, 0, time.UTC))
		box, err := mail.OpenBox(mail.BoxConfig{Now: clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { box.Close() })
		start := func() *centre {
			a, err := openAt(t.Context(), &config.Settings{Data: d.Dir(), Database: kit.Address(d), BaseURL: "https://polder.example", SMTP: box.URL() + "?tls=none",
				SMTPConnections: 1, From: "Polder <warnings@polder.example>", TimeZone: "Europe/Amsterdam", Name: "Polder", LinkValid: 90 * 24 * time.Hour,
				KeepRaw: 30 * 24 * time.Hour, KeepRejected: 30 * 24 * time.Hour, KeepExposures: 5 * 365 * 24 * time.Hour, ExpireAfter: 90 * 24 * time.Hour,
				SessionIdle: time.Hour, SessionLongest: 2 * time.Hour}, kit.Log(t), clock.Now)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { a.close() })
			site, err := a.site(web.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return &centre{T: t, app: a, site: site}
		}
		c := start()

		// All that was there is there, to the letter, in a house that is built as a new one is.
		for table, was := range before {
			if strings.HasSuffix(table, "_migration") {
				continue
			}
			is := h.content(table, was.columns)
			sameLines(t, table, was.lines, is)
		}
		fresh := newHouse(t, freshLike(t, d))
		sameLines(t, "the tables, indexes, constraints and triggers", fresh.built(), h.built())

		// A second start does nothing.
		after := h.everything()
		start()
		for table, is := range h.everything() {
			sameLines(t, table+" after a second start", after[table].lines, is.lines)
		}

		// What is kept beside exposures is as if it had always been kept.
		pairs := 0
		for _, line := range h.rows(`SELECT reasons FROM notify_exposure`, 1) {
			var reasons []struct{ Asset string }
			if err := json.Unmarshal([]byte(line), &reasons); err != nil {
				t.Fatal(err)
			}
			assets := map[string]bool{}
			for _, r := range reasons {
				assets[r.Asset] = true
			}
			pairs += len(assets)
		}
		if n := h.number(`SELECT count(*) FROM notify_exposure_asset x JOIN footprint_asset a ON a.id = x.asset_id
			JOIN notify_exposure e ON e.organisation_id = x.organisation_id AND e.fingerprint = x.fingerprint`); pairs == 0 || int(n) != pairs {
			t.Errorf("%d pairs of exposure and asset, the reasons have %d", n, pairs)
		}
		if n := h.number(`SELECT count(DISTINCT organisation_id) FROM notify_exposure WHERE organisation_id NOT IN (SELECT organisation_id FROM notify_touched)`); n != 0 {
			t.Errorf("%d organisations will never get a trend", n)
		}
		if n := h.number(`SELECT count(*) FROM notify_notification n WHERE NOT EXISTS (SELECT 1 FROM notify_topic t WHERE t.notification_id = n.id)`); n != 0 {
			t.Errorf("%d messages are about no source and no type", n)
		}
		c.figuresStand(h, "after the upgrade", 15, 12)

		// The links in the mails open, and the pages of the organisation show what was said.
		for name, token := range links {
			if w := c.ask(nil, http.MethodGet, "/f/"+token); w.Code != http.StatusOK {
				t.Errorf("the link of %s answers %d", name, w.Code)
			}
		}
		bakery, err := c.app.directory.ByReference(t.Context(), "bakker")
		if err != nil {
			t.Fatal(err)
		}
		owner := c.person("eva@korst.example", 0, bakery.ID, actor.Owner)
		own := "/o/" + bakery.ID.String()
		for path, texts := range map[string][]string{
			own + "/exposures?state=each":              {"192.0.2.7", "192.0.2.8", "192.0.2.9"},
			own + "/exposures/" + h.print("192.0.2.7"): {"De leverancier komt dinsdag.", "192.0.2.0/28"},
			own + "/warnings":                          {"PLD-"},
		} {
			w := c.ask(owner, http.MethodGet, path)
			for _, text := range texts {
				if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), text) {
					t.Errorf("%s answers %d, without %q", path, w.Code, text)
				}
			}
		}
		analyst := c.person("mia@polder.example", actor.Analyst, db.ID{}, 0)
		for path, text := range map[string]string{
			"/desk/search?q=Zonen": "Smederij Vonk", "/desk/outgoing?list=sent": "PLD-", "/desk/reports": "scan_telnet", "/desk/quality": "shadowserver",
		} {
			if w := c.ask(analyst, http.MethodGet, path); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s answers %d, without %q", path, w.Code, text)
			}
		}

		// It goes on: an answer by an old link counts in the figures, and what was written and not yet
		// handed over goes out, once.
		if _, err := c.app.notify.Answer(t.Context(), links["molen"], notify.Feedback{Answer: notify.IsSolved}); err != nil {
			t.Fatal(err)
		}
		c.figuresStand(h, "after an answer by an old link", 15, 12)
		for range 2 {
			clock.Advance(time.Hour)
			if err := c.app.footprint.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := c.app.queue.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := c.app.notify.Deliver(t.Context(), c.app.post); err != nil {
				t.Fatal(err)
			}
		}
		telnet := 0
		for _, m := range box.Mails() {
			if strings.Contains(fmt.Sprint(m), "Telnet") && slices.Contains(m.EnvelopeTo, "info@vonk.example") && secretLink.MatchString(fmt.Sprint(m)) {
				telnet++
			}
		}
		if telnet != 1 {
			t.Errorf("the mail that waited came %d times", telnet)
		}

		// The record of before is chained with that of today, whole, and not to be changed.
		if out := h.must("record", "verify"); !strings.Contains(out, "whole") {
			t.Errorf("record verify says %s", out)
		}
		id := slices.Index(before["audit_event"].columns, "id")
		for _, line := range before["audit_event"].lines {
			if n := h.number(fmt.Sprintf(`SELECT count(*) FROM audit_link WHERE lower(%s) = '%s'`, h.hex("event_id"), strings.Fields(line)[id])); n != 1 {
				t.Errorf("an entry of before is in %d links: %s", n, line)
			}
		}
		for _, statement := range []string{`DELETE FROM audit_event`, `UPDATE audit_event SET actor = 'nobody'`, `DELETE FROM audit_link`} {
			if h.write(statement) == nil {
				t.Errorf("%s went through", statement)
			}
		}
	}, dump("2026-11-25"))
}

// content is what stands in a table.
type content struct {
	columns []string
	lines   []string // each row, in the order of the words
}

func (h *house) postgres() (is bool) {
	if err := h.d.Read(h.Context(), func(tx *db.Tx) error { is = tx.Postgres(); return nil }); err != nil {
		h.Fatal(err)
	}
	return is
}

// hex is SQL for a column of bytes as text.
func (h *house) hex(column string) string {
	if h.postgres() {
		return "encode(" + column + ", 'hex')"
	}
	return "hex(" + column + ")"
}

// everything reads all tables.
func (h *house) everything() map[string]content {
	h.Helper()
	columns := `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'directory_words_%'`
	if h.postgres() {
		columns = `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')`
	}
	tables := map[string]content{}
	for _, line := range h.rows(columns, 2) {
		table, column, _ := strings.Cut(line, " ")
		c := tables[table]
		c.columns = append(c.columns, column)
		tables[table] = c
	}
	if len(tables) < 20 {
		h.Fatalf("%d tables", len(tables))
	}
	for name, c := range tables {
		c.lines = h.content(name, c.columns)
		tables[name] = c
	}
	return tables
}

func (h *house) content(table string, columns []string) []string {
	h.Helper()
	lines := h.rows(`SELECT "`+strings.Join(columns, `", "`)+`" FROM `+table, len(columns))
	slices.Sort(lines)
	return lines
}

// built says how the database is built.
func (h *house) built() (list []string) {
	h.Helper()
	if !h.postgres() {
		for _, line := range h.rows(`SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'`, 3) {
			list = append(list, strings.Join(strings.Fields(line), " "))
		}
	} else {
		for _, query := range []string{
			`SELECT table_name, column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '-') FROM information_schema.columns WHERE table_schema = 'public'`,
			`SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'`,
			`SELECT c.conrelid::regclass::text, c.conname || ' ' || pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = 'public'`,
			`SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal`,
			`SELECT proname, prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'`,
			`SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'`,
		} {
			list = append(list, h.rows(query, 2)...)
		}
	}
	slices.Sort(list)
	return list
}

// freshLike returns a new database of the same kind, with all tables of today.
func freshLike(t *testing.T, d *db.DB) *db.DB {
	if kit.Address(d) == "sqlite" {
		return kit.SQLite(t, schemas())
	}
	return kit.Postgres(t, schemas())
}

// print is by what an exposure of the bakery is told apart in addresses.
func (h *house) print(address string) string {
	h.Helper()
	return h.rows(`SELECT e.fingerprint FROM notify_exposure e JOIN directory_organisation o ON o.id = e.organisation_id WHERE o.reference = 'bakker' AND e.address = '`+address+`' AND e.type = 'scan_rdp'`, 1)[0]
}

// figuresStand says whether the figures by day are what counting all exposures gives, and how many
// exposures they count.
func (c *centre) figuresStand(h *house, when string, seen, told int64) {
	c.Helper()
	figures := func() []string {
		return append(h.content("notify_day", []string{"day", "source_key", "type", "severity", "seen", "told", "acknowledged", "solved", "false_positive", "not_ours", "expired"}),
			h.content("notify_solve_time", []string{"day", "source_key", "type", "bucket", "count"})...)
	}
	kept := figures()
	if err := c.app.notify.RebuildFigures(c.Context()); err != nil {
		c.Fatal(err)
	}
	slices.Sort(kept)
	anew := figures()
	slices.Sort(anew)
	sameLines(c, "the figures "+when, anew, slices.DeleteFunc(kept, func(line string) bool { return strings.HasSuffix(line, " 0 0 0 0 0 0 0") }))
	if s, t := h.number(`SELECT sum(seen) FROM notify_day`), h.number(`SELECT sum(told) FROM notify_day`); s != seen || t != told {
		c.Errorf("%s %d exposures are counted, %d of them told; want %d and %d", when, s, t, seen, told)
	}
}
