package collect

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/kit"
	"polder/internal/signin"
	"polder/internal/web"
	"polder/notify"
)

func listSchemas() []db.Schema {
	return []db.Schema{audit.Schema(), signin.Schema(), directory.Schema(), footprint.Schema(), jobs.Schema(), notify.Schema(), Schema()}
}

// listDesk is the pages of lists on a house of its own.
type listDesk struct {
	t       *testing.T
	ctx     context.Context
	db      *db.DB
	clock   *kit.Clock
	queue   *jobs.Queue
	notify  *notify.Notify
	collect *Collect
	site    *web.Site
	pages   *listPages
	people  map[string]actor.Actor
}

func openListDesk(t *testing.T, d *db.DB, base string) *listDesk {
	t.Helper()
	k := &listDesk{t: t, db: d, clock: &kit.Clock{}, people: map[string]actor.Actor{}}
	catalog, err := i18n.New(web.Messages, footprint.Locales(), notify.Locales(), Locales())
	if err != nil {
		t.Fatal(err)
	}
	catalog.Strict = true
	log := kit.Log(t)
	k.queue = jobs.New(d, log)
	k.queue.Now = k.clock.Now
	dir := directory.New(d, k.clock.Now)
	prints := footprint.New(d, k.clock.Now, log)
	k.notify = notify.New(d, prints, k.queue, catalog, k.clock.Now, log, notify.Settings{BaseURL: base, Centre: "Meldpunt Polder", From: "Polder <melding@polder.example>",
		Gather: 5 * time.Minute, SendHour: 8, Location: catalog.Zone, Key: []byte(strings.Repeat("k", 32)), LinkValid: 90 * 24 * time.Hour, KeepRaw: 30 * 24 * time.Hour, KeepRejected: 30 * 24 * time.Hour, KeepExposures: 1000 * 24 * time.Hour, ExpireAfter: 90 * 24 * time.Hour})
	k.notify.Register(nil)
	k.collect = New(d, k.clock.Now, House{Notify: k.notify, Queue: k.queue, Catalog: catalog, Log: log, Settings: Settings{BaseURL: base, Location: catalog.Zone, Key: []byte(strings.Repeat("k", 32))}})
	k.site, err = web.New(web.Options{Name: "Meldpunt Polder", BaseURL: base, Catalog: catalog, Log: log, Now: k.clock.Now, People: web.People{
		Session: func(_ http.ResponseWriter, r *http.Request) (actor.Actor, error) {
			if cookie, err := r.Cookie("as"); err == nil {
				return k.people[cookie.Value], nil
			}
			return actor.Actor{}, nil
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	k.pages = k.collect.listRoutes(k.site)
	k.people["analyst"] = actor.Actor{Account: db.NewID(), Name: "analyst", Language: "nl", Staff: actor.Analyst, Fresh: k.clock.Now()}
	k.people["adviser"] = actor.Actor{Account: db.NewID(), Name: "adviser", Staff: ^actor.Roles(0) &^ actor.Analyst, Fresh: k.clock.Now()}
	k.people["owner"] = actor.Actor{Account: db.NewID(), Name: "owner", Fresh: k.clock.Now()}
	k.people["stale"] = actor.Actor{Account: k.people["analyst"].Account, Staff: actor.Analyst, Fresh: k.clock.Now().Add(-time.Hour)}
	k.ctx = actor.With(t.Context(), k.people["analyst"])
	for _, text := range []string{"bakker,Bakkerij De Korst,nl,info@korst.example", "smid,Vonk Smithy,en,info@vonk.example", "molen,De Zwaan,nl,"} {
		if _, err := dir.Import(t.Context(), strings.NewReader("reference,name,language,notify_email\n"+text+"\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := prints.Import(t.Context(), strings.NewReader("organisation_reference,kind,value,role\nbakker,prefix,192.0.2.0/28,owner\nbakker,domain,korst.example,owner\nsmid,prefix,198.51.100.0/28,owner\nmolen,prefix,203.0.113.0/28,owner\n")); err != nil {
		t.Fatal(err)
	}
	if err := prints.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k
}

func eachListDesk(t *testing.T, fn func(t *testing.T, k *listDesk)) {
	kit.Each(t, listSchemas(), func(t *testing.T, d *db.DB) { fn(t, openListDesk(t, d, "https://polder.example")) })
}

const police = "IP-adres;Poort;Gezien op;Omschrijving;Ernst\r\n192.0.2.7;3389;04-01-2026 10:00;café aan zee;high\r\n198.51.100.7;443;;x;critical\r\n203.0.113.7;443;;x;high\r\n8.8.8.8;443;;=1+1;high\r\nonzin;443;;<script>alert(1)</script>;high\r\n"

func (k *listDesk) take(name, text string) List {
	k.t.Helper()
	id, err := k.collect.TakeList(k.ctx, name, strings.NewReader(text))
	if err != nil {
		k.t.Fatal(err)
	}
	l, err := k.collect.List(k.ctx, id)
	if err != nil {
		k.t.Fatal(err)
	}
	return l
}

// chosen takes in a list and says what was guessed is right.
func (k *listDesk) chosen(name, text string) List {
	k.t.Helper()
	l := k.take(name, text)
	h := l.Choices
	h.Source, h.Class, h.Type = "politie", "vulnerable-system", "exposed_panel"
	l, err := k.collect.ChangeList(k.ctx, l.ID, l.Version, h)
	if err != nil {
		k.t.Fatal(err)
	}
	return l
}

func (k *listDesk) ask(who, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "as", Value: who})
	}
	w := httptest.NewRecorder()
	k.site.ServeHTTP(w, r)
	return w
}

func (k *listDesk) upload(name string, content []byte) *httptest.ResponseRecorder {
	k.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = m.WriteField("text", "")
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		k.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/desk/lists", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: "as", Value: "analyst"})
	w := httptest.NewRecorder()
	k.site.ServeHTTP(w, r)
	return w
}

// A list from the upload to the report: guessed, corrected, rehearsed, sent; and what was announced came.
func TestListByHand(t *testing.T) {
	eachListDesk(t, func(t *testing.T, k *listDesk) {
		l := k.take("politie.csv", police)
		if l.Choices.Delimiter != ";" || !slices.Equal(l.Choices.Keys, []string{"source.ip", "source.port", "time.source", "event_description.text", "severity"}) {
			t.Fatalf("%+v", l.Choices)
		}
		// Without a source or a class it says so, and keeps what was typed.
		if _, err := k.collect.RehearseList(k.ctx, l.ID, l.Version); fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
		l = k.chosen("politie.csv", police)
		p, err := k.collect.PreviewList(k.ctx, &l)
		if err != nil || p.Wrong != nil || len(p.Findings) != 4 || len(p.Rejects) != 1 {
			t.Fatalf("%+v, %v", p, err)
		}
		l, err = k.collect.RehearseList(k.ctx, l.ID, l.Version)
		if err != nil {
			t.Fatal(err)
		}
		mails, err := k.collect.ListMails(k.ctx, l.ID, 0, 100)
		if err != nil || len(mails) != 2 || l.Summary.MailCount != 2 || l.Summary.Organisations != 2 || len(l.Summary.Silent) != 1 || l.Summary.Silent[0].Why != "no_address" {
			t.Fatalf("%d mails, %+v, %v", len(mails), l.Summary, err)
		}
		// Not without a fresh factor, not with another hash, not of another version.
		if _, err := k.collect.SendList(actor.With(t.Context(), k.people["stale"]), l.ID, l.Version, l.Hash); fault.KindOf(err) != fault.Denied {
			t.Error(err)
		}
		if _, err := k.collect.SendList(k.ctx, l.ID, l.Version+1, l.Hash); fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
		if changed, err := k.collect.SendList(k.ctx, l.ID, l.Version, "x"); err != nil || !changed {
			t.Errorf("sent with another hash: %v", err)
		}
		if changed, err := k.collect.SendList(k.ctx, l.ID, l.Version, l.Hash); err != nil || changed {
			t.Fatalf("changed %v, %v", changed, err)
		}
		if changed, err := k.collect.SendList(k.ctx, l.ID, l.Version, l.Hash); changed || fault.KindOf(err) != fault.Conflict {
			t.Errorf("sent twice: %v", err)
		}
		if err := k.collect.readList(t.Context(), l.ID.String(), ""); err != nil {
			t.Fatal(err)
		}
		if err := k.collect.readList(t.Context(), l.ID.String(), ""); err != nil { // harmless again
			t.Fatal(err)
		}
		if l, err = k.collect.List(k.ctx, l.ID); err != nil || l.State != "sent" {
			t.Fatalf("%s %s, %v", l.State, l.Problem, err)
		}
		if n, err := k.notify.ComposeGathered(t.Context()); err != nil || n != 2 {
			t.Fatalf("%d messages, %v", n, err)
		}
		var got []string
		if err := k.notify.Notifications(t.Context(), "test", audit.Read, func(page []notify.Sent) error {
			for _, s := range page {
				got = append(got, s.Recipient+" "+strings.ReplaceAll(s.Subject, s.Reference, notify.RehearsedReference))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, m := range mails {
			want = append(want, m.Recipient+" "+m.Subject)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("\nannounced %v\ncame %v", want, got)
		}
		f, err := k.notify.ReportFile(k.ctx, l.Report)
		if err != nil || f.Source != "politie" || f.TLP != "AMBER" || f.Rejected != 1 || f.Organisations != 2 {
			t.Errorf("%+v, %v", f.Report, err)
		}
		// The same file again is known.
		again := k.chosen("politie2.csv", police)
		if again, err = k.collect.RehearseList(k.ctx, again.ID, again.Version); err != nil || again.Summary.Known != l.Report {
			t.Errorf("%+v, %v", again.Summary, err)
		}
		if _, err := k.collect.SendList(k.ctx, again.ID, again.Version, again.Hash); fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
	})
}

// What changes between the rehearsal and the sending is shown, and nothing is sent.
func TestListThatChangedIsNotSent(t *testing.T) {
	eachListDesk(t, func(t *testing.T, k *listDesk) {
		l := k.chosen("a.csv", police)
		l, err := k.collect.RehearseList(k.ctx, l.ID, l.Version)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := directory.New(k.db, k.clock.Now).Import(t.Context(), strings.NewReader("reference,name,language,notify_email\nmolen,De Zwaan,nl,nieuw@molen.example\n")); err != nil {
			t.Fatal(err)
		}
		w := k.ask("analyst", http.MethodPost, "/desk/lists/"+l.ID.String()+"/send", url.Values{"version": {fmt.Sprint(l.Version)}, "hash": {l.Hash}})
		if w.Code != http.StatusSeeOther || !strings.HasSuffix(w.Header().Get("Location"), "/rehearsal?changed=1") {
			t.Fatalf("%d %s", w.Code, w.Header().Get("Location"))
		}
		if page := k.ask("analyst", http.MethodGet, w.Header().Get("Location"), nil).Body.String(); !strings.Contains(page, "nieuw@molen.example: ") || !strings.Contains(page, "Er is iets veranderd") {
			t.Error("the page does not show what changed")
		}
		after, err := k.collect.List(k.ctx, l.ID)
		if err != nil || after.State != "rehearsed" || len(after.Difference.Added) != 1 || len(after.Difference.Gone)+len(after.Difference.Changed) != 0 {
			t.Errorf("%s %+v, %v", after.State, after.Difference, err)
		}
		// As long as nothing is changed, time alone changes nothing: it goes with what was seen now.
		k.clock.Advance(4 * time.Minute)
		if changed, err := k.collect.SendList(k.ctx, l.ID, after.Version, after.Hash); err != nil || changed {
			t.Errorf("changed %v, %v", changed, err)
		}
	})
}

// Two tabs do not clobber one another, and nothing that was typed is lost.
func TestListInTwoTabs(t *testing.T) {
	eachListDesk(t, func(t *testing.T, k *listDesk) {
		l := k.take("a.csv", police)
		path := "/desk/lists/" + l.ID.String()
		form := func(source string, version int64) url.Values {
			v := url.Values{"version": {fmt.Sprint(version)}, "do": {"save"}, "source": {source}, "class": {"data-leak"}, "type": {"exposed_panel"}, "tlp": {"red"}, "delimiter": {";"}, "encoding": {"utf-8"}, "header": {"yes"}, "zone": {"Europe/Amsterdam"}, "licence": {"op verzoek"}}
			for i, key := range l.Choices.Keys {
				v.Set(fmt.Sprintf("column-%d", i), key)
			}
			return v
		}
		if w := k.ask("analyst", http.MethodPost, path, form("eerste", l.Version)); w.Code != http.StatusSeeOther {
			t.Fatalf("%d", w.Code)
		}
		w := k.ask("analyst", http.MethodPost, path, form("tweede", l.Version))
		page := w.Body.String()
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(page, `value="tweede"`) || !strings.Contains(page, "intussen") {
			t.Errorf("%d", w.Code)
		}
		now, err := k.collect.List(k.ctx, l.ID)
		if err != nil || now.Choices.Source != "eerste" || now.Choices.TLP != "red" || now.Choices.Licence != "op verzoek" {
			t.Errorf("%+v, %v", now.Choices, err)
		}
		if !strings.Contains(page, fmt.Sprintf(`name="version" value="%d"`, now.Version)) {
			t.Error("the page does not go on from what is there now")
		}
		wrong := form("derde", now.Version)
		wrong.Set("observed", "2199-01-01T00:00")
		wrong.Set("column-0", "")
		if w := k.ask("analyst", http.MethodPost, path, wrong); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `value="derde"`) {
			t.Errorf("%d", w.Code)
		}
		wrong.Del("observed")
		wrong.Set("do", "rehearse")
		if w := k.ask("analyst", http.MethodPost, path, wrong); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "om wie het gaat") || !strings.Contains(w.Body.String(), `value="derde"`) {
			t.Errorf("%d", w.Code)
		}
		// Kept for the next list of the same columns, and only for that.
		l, err = k.collect.List(k.ctx, l.ID)
		if err != nil {
			t.Fatal(err)
		}
		keep := form("politie", l.Version)
		keep.Set("do", "keep")
		keep.Set("column-0", "source.ip")
		if w := k.ask("analyst", http.MethodPost, path, keep); w.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		next := k.take("morgen.csv", strings.ReplaceAll(police, "192.0.2.7", "192.0.2.8"))
		if next.Choices.Source != "politie" || next.Choices.Class != "data-leak" || next.Choices.Licence != "op verzoek" {
			t.Errorf("%+v", next.Choices)
		}
		if other := k.take("anders.csv", "ip,x\n192.0.2.1,2\n"); other.Choices.Source != "" {
			t.Errorf("%+v", other.Choices)
		}
	})
}

// Whoever is no analyst finds nothing, at any door.
func TestListsAreForAnalysts(t *testing.T) {
	eachListDesk(t, func(t *testing.T, k *listDesk) {
		l := k.chosen("a.csv", police)
		if _, err := k.collect.RehearseList(k.ctx, l.ID, l.Version); err != nil {
			t.Fatal(err)
		}
		path := "/desk/lists/" + l.ID.String()
		for _, who := range []string{"adviser", "owner", ""} {
			for _, ask := range []string{"GET " + path, "GET " + path + "/rehearsal", "GET " + path + "/rehearsal/1", "POST " + path, "POST " + path + "/send", "POST " + path + "/drop"} {
				method, p, _ := strings.Cut(ask, " ")
				if w := k.ask(who, method, p, url.Values{}); w.Code != http.StatusNotFound {
					t.Errorf("%q: %s answers %d", who, ask, w.Code)
				}
			}
			ctx := actor.With(t.Context(), k.people[who])
			_, err1 := k.collect.TakeList(ctx, "x", strings.NewReader(police))
			_, _, err2 := k.collect.Lists(ctx)
			_, err3 := k.collect.List(ctx, l.ID)
			_, err4 := k.collect.ChangeList(ctx, l.ID, l.Version, l.Choices)
			_, err5 := k.collect.PreviewList(ctx, &l)
			_, err6 := k.collect.RehearseList(ctx, l.ID, l.Version)
			_, err7 := k.collect.ListMails(ctx, l.ID, 0, 10)
			_, err8 := k.collect.SendList(ctx, l.ID, l.Version, l.Hash)
			err9, err10, err11 := k.collect.KeepList(ctx, l.ID, l.Version), k.collect.ForgetKept(ctx, "politie"), k.collect.DropList(ctx, l.ID)
			for i, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11} {
				if fault.KindOf(err) != fault.NotFound {
					t.Errorf("%q, verb %d: %v", who, i+1, err)
				}
			}
		}
		for _, bad := range []string{"/desk/lists/x", "/desk/lists/" + db.NewID().String(), path + "/rehearsal/0", path + "/rehearsal/99", path + "/rehearsal?after=01"} {
			if w := k.ask("analyst", http.MethodGet, bad, nil); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d", bad, w.Code)
			}
		}
		// Old lists go, with their files.
		k.clock.Advance(keepLists + time.Hour)
		if err := k.collect.SweepLists(t.Context()); err != nil {
			t.Fatal(err)
		}
		if lists, _, err := k.collect.Lists(k.ctx); err != nil || len(lists) != 0 {
			t.Errorf("%d lists are left, %v", len(lists), err)
		}
	})
}

// Files that want to do harm get a clear answer, and what is on the page is only text.
func TestHostileLists(t *testing.T) {
	k := openListDesk(t, kit.SQLite(t, listSchemas()), "https://polder.example")
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 300 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"bomb.csv.gz": bomb.Bytes(), "columns.csv": []byte(strings.Repeat("a,", 10_000) + "\n1\n"), "nul.csv": make([]byte, 10_000), "empty.csv": {}, "book.xlsx": []byte("PK\x03\x04"),
		"large.csv": bytes.Repeat([]byte("192.0.2.1\n"), MostList/10+10), "page.csv": []byte("<html><body>"),
	} {
		w := k.upload(name, content)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "error-summary") {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	hostile := "ip;=cmd|' /C calc'!A0;<script>alert(1)</script>;na\u202eam\n192.0.2.1;=1+1;\u202e<img src=x onerror=alert(1)>;y\n"
	w := k.upload("../../<b>x\u202e.csv", []byte(hostile))
	page := k.ask("analyst", http.MethodGet, w.Header().Get("Location"), nil).Body.String()
	if w.Code != http.StatusSeeOther || strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") || strings.Contains(page, "<b>x") {
		t.Errorf("%d: something of a stranger became part of the page", w.Code)
	}
	long := k.upload("long.csv", []byte("ip\n"+strings.Repeat("x", 10<<20)))
	if long.Code != http.StatusSeeOther && long.Code != http.StatusUnprocessableEntity {
		t.Errorf("10 MB on a line: %d", long.Code)
	}
	if lists, _, err := k.collect.Lists(k.ctx); err != nil || len(lists) > 2 {
		t.Errorf("%d lists, %v", len(lists), err)
	}
}

// A list that one analyst took in and another lets go is offered by that other: who sends it cannot be the
// second of the two that the circuit breaker asks for as well.
func TestListIsOfferedByWhoSendsIt(t *testing.T) {
	eachListDesk(t, func(t *testing.T, k *listDesk) {
		l := k.chosen("a.csv", police)
		bram := actor.Actor{Account: db.NewID(), Name: "bram", Staff: actor.Analyst, Fresh: k.clock.Now()}
		ctx := actor.With(t.Context(), bram)
		l, err := k.collect.RehearseList(ctx, l.ID, l.Version)
		if err != nil {
			t.Fatal(err)
		}
		if changed, err := k.collect.SendList(ctx, l.ID, l.Version, l.Hash); err != nil || changed {
			t.Fatal(changed, err)
		}
		var text, by string
		if err := k.db.Read(t.Context(), func(tx *db.Tx) error {
			return tx.One(t.Context(), `SELECT args FROM jobs_job WHERE kind = 'collect.list.send'`, nil, &text)
		}); err != nil {
			t.Fatal(err)
		}
		var args sendListArgs
		if err := json.Unmarshal([]byte(text), &args); err != nil {
			t.Fatal(err)
		}
		if err := k.collect.readList(t.Context(), args.List, args.By); err != nil {
			t.Fatal(err)
		}
		if err := k.db.Read(t.Context(), func(tx *db.Tx) error {
			return tx.One(t.Context(), `SELECT offered_by FROM notify_report`, nil, &by)
		}); err != nil {
			t.Fatal(err)
		}
		if by != bram.String() {
			t.Errorf("offered by %s, who only took it in; %s sent it", by, bram)
		}
	})
}
