package notify

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/web"
	"polder/notify/feeds"
)

// company is a fixture with organisations, their people and their suppliers, behind the pages.
type company struct {
	*fixture
	site   *web.Site
	pages  *pages
	people map[string]actor.Actor
}

// openCompany warns a bakery of three things, a smithy of one, and gives suppliers of the bakery
// mandates of each sort.
func openCompany(t *testing.T, d *db.DB) *company {
	t.Helper()
	return companyAt(newFixture(t, d), "https://polder.example")
}

func companyAt(f *fixture, base string) *company {
	f.t.Helper()
	c := &company{fixture: f, people: map[string]actor.Actor{}}
	dir := directory.New(f.db, f.clock.Now)
	var err error
	c.site, err = web.New(web.Options{Name: "Meldpunt Polder", BaseURL: base, Catalog: f.catalog, Log: kit.Log(f.t), Now: f.clock.Now, People: web.People{
		Session: func(_ http.ResponseWriter, r *http.Request) (actor.Actor, error) {
			cookie, err := r.Cookie("as")
			if err != nil {
				return actor.Actor{}, nil
			}
			return c.people[cookie.Value], nil
		},
		Token: func(r *http.Request) (actor.Actor, error) {
			return c.people[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")], nil
		},
		In: func(r *http.Request, a actor.Actor, organisation string) (actor.Actor, error) {
			return dir.In(r.Context(), a, organisation)
		},
	}})
	if err != nil {
		f.t.Fatal(err)
	}
	c.pages = f.notify.routes(c.site)
	api := web.NewAPI(c.site, 1000, 10_000)
	f.notify.API(api)
	f.organisations("bakker,Bakkerij De Korst,nl,info@korst.example", "smid,Smederij Vonk,nl,info@vonk.example", "leeg,Molen De Zwaan,nl,info@molen.example",
		"it,Visser IT,nl,it@it.example", "it-reads,Leest IT,nl,it@reads.example", "it-one,Deel IT,nl,it@one.example", "it-late,Laat IT,nl,it@late.example", "it-none,Niets IT,nl,it@none.example")
	f.assets("bakker,prefix,192.0.2.0/28,owner", "bakker,domain,korst.example,owner", "bakker,prefix,203.0.113.0/28,provider", "smid,prefix,198.51.100.0/28,owner")
	f.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", "kassa.korst.example"), rdpLine("192.0.2.8", ""), rdpLine("198.51.100.3", ""))
	f.ingest("scan_smb", rdp, "NOW,critical,203.0.113.5,tcp,445,,smb,64500")
	f.compose()
	f.deliver()
	for _, ref := range []string{"bakker", "smid", "leeg", "it", "it-reads", "it-one", "it-late", "it-none"} {
		for _, place := range []string{"owner", "security-contact", "member"} {
			who := ref
			if place != "owner" {
				who += "-" + place
			}
			c.people[who] = actor.Actor{Account: db.NewID(), Name: who, Language: "nl", Fresh: f.clock.Now()}
			id := c.people[who].Account
			c.sql(`INSERT INTO signin_account (id, mail, name, language, staff, state, handle, created_at) VALUES (?1, ?2, ?3, 'nl', 0, 'active', ?1, 0)`, id, who+"@people.example", "De "+who)
			c.sql(`INSERT INTO directory_member (organisation_id, account_id, place, since) VALUES (?1, ?2, ?3, 0)`, f.organisation(ref).ID, c.people[who].Account, place)
		}
		c.people["program-"+ref] = actor.Actor{Token: db.NewID(), Bound: f.organisation(ref).ID, Scopes: []string{"exposures:read", "exposures:write"}}
	}
	c.people["program-reads"] = actor.Actor{Token: db.NewID(), Bound: f.organisation("bakker").ID, Scopes: []string{"exposures:read"}}
	c.people["analyst"] = actor.Actor{Account: db.NewID(), Name: "analyst", Staff: ^actor.Roles(0), Fresh: f.clock.Now()}
	c.people["stranger"] = actor.Actor{Account: db.NewID(), Name: "stranger"}
	year := f.clock.Now().Add(365 * 24 * time.Hour)
	c.mandate("it", 1, 1, year)
	c.mandate("it-reads", 0, 1, year)
	c.mandate("it-one", 1, 0, year, c.asset("203.0.113.0/28"))
	c.mandate("it-late", 1, 1, f.clock.Now().Add(-time.Minute))
	c.mandate("it-none", 1, 0, year, db.NewID())
	return c
}

func (c *company) sql(q string, args ...any) {
	c.t.Helper()
	if err := c.db.Write(c.ctx, func(tx *db.Tx) error { _, err := tx.Exec(c.ctx, q, args...); return err }); err != nil {
		c.t.Fatalf("%s: %v", q, err)
	}
}

func (c *company) asset(value string) (id db.ID) {
	c.t.Helper()
	if err := c.db.Read(c.ctx, func(tx *db.Tx) error {
		return tx.One(c.ctx, `SELECT id FROM footprint_asset WHERE value = ?1`, []any{value}, &id)
	}); err != nil {
		c.t.Fatal(err)
	}
	return id
}

func (c *company) mandate(to string, acting, every int, ends time.Time, assets ...db.ID) {
	c.t.Helper()
	id := db.NewID()
	c.sql(`INSERT INTO directory_mandate (id, organisation_id, holder_id, acting, every_asset, given_by, given_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5, ?1, 0, ?6)`,
		id, c.organisation("bakker").ID, c.organisation(to).ID, acting, every, db.At(ends))
	for _, a := range assets {
		c.sql(`INSERT INTO directory_mandate_asset (mandate_id, asset_id) VALUES (?1, ?2)`, id, a)
	}
}

// one is the exposure of an organisation on an address.
func (c *company) one(reference, address string) Exposure {
	c.t.Helper()
	for _, e := range c.exposures(reference) {
		if e.Address == address {
			return e
		}
	}
	c.t.Fatalf("%s has nothing on %s", reference, address)
	return Exposure{}
}

func (c *company) ask(who, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "as", Value: who})
	}
	w := httptest.NewRecorder()
	c.site.ServeHTTP(w, r)
	return w
}

// as is a context in which somebody asks.
func (c *company) as(who string) *company {
	other := *c
	f := *c.fixture
	f.ctx = actor.With(c.t.Context(), c.people[who])
	other.fixture = &f
	return &other
}

func eachCompany(t *testing.T, fn func(t *testing.T, c *company)) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) { fn(t, openCompany(t, d)) })
}

// Every page and every form, for everybody who may not come there, and with every id that is not the
// organisation's: always as if it did not exist, and nothing changes.
func TestPortalHidesWhatIsNotYours(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		a, b := c.organisation("bakker").ID.String(), c.organisation("smid").ID.String()
		mine, theirs := printText(c.one("bakker", "192.0.2.7").Fingerprint), printText(c.one("smid", "198.51.100.3").Fingerprint)
		copied := printText(c.one("bakker", "203.0.113.5").Fingerprint)
		letter, other := c.latest("bakker").ID.String(), c.latest("smid").ID.String()
		if _, err := c.notify.Answer(c.ctx, c.token("bakker"), Feedback{Answer: Help, Note: "Geheim voor het meldpunt"}); err != nil {
			t.Fatal(err)
		}
		desk := c.latest("bakker")
		if desk.Kind != "desk" {
			t.Fatal(desk.Kind)
		}
		none := strings.Repeat("0", 32)
		before := c.states("bakker")
		answers := c.count("notify_feedback", "")
		x, w := "/o/"+a+"/exposures", "/o/"+a+"/warnings"
		form := url.Values{"answer": {"solved"}, "about": {mine}}
		type try struct {
			who, method, path string
		}
		var tries []try
		for _, who := range []string{"", "stranger", "analyst", "smid", "smid-member", "leeg", "it-late", "it-late-member"} {
			for _, path := range []string{x, x + "/" + mine, w, w + "/" + letter} {
				tries = append(tries, try{who, "GET", path})
			}
		}
		for _, who := range []string{"", "stranger", "analyst", "smid", "it-late", "bakker-member", "it-reads", "it-reads-security-contact", "it-member", "it-one", "it-none"} {
			tries = append(tries, try{who, "POST", x + "/answers"}, try{who, "POST", x + "/" + mine + "/answers"})
		}
		for _, path := range []string{x + "/" + theirs, x + "/" + none, x + "/x", x + "/" + strings.ToUpper(mine), "/o/" + b + "/exposures/" + theirs, "/o/" + b + "/exposures", "/o/" + b + "/warnings",
			"/o/" + db.NewID().String() + "/exposures", "/o/x/exposures", w + "/" + other, w + "/" + desk.ID.String(), w + "/" + db.NewID().String(), w + "/x", w + "?before=" + other, w + "?before=x",
			x + "?after=x", x + "?after=1.2.3"} {
			tries = append(tries, try{"bakker", "GET", path})
		}
		// A mandate for one asset opens that alone, and no message; one for nothing opens nothing.
		for _, path := range []string{x + "/" + mine, w + "/" + letter} {
			tries = append(tries, try{"it-one", "GET", path}, try{"it-none", "GET", path})
		}
		tries = append(tries, try{"it-none", "GET", x + "/" + copied}, try{"smid", "GET", "/o/" + b + "/exposures/" + mine}, try{"smid", "POST", "/o/" + b + "/exposures/answers"},
			try{"smid", "POST", "/o/" + b + "/exposures/" + mine + "/answers"}, try{"bakker", "POST", x + "/" + theirs + "/answers"}, try{"bakker", "POST", x + "/" + none + "/answers"})
		for _, o := range tries {
			got := c.ask(o.who, o.method, o.path, form)
			if got.Code != http.StatusNotFound || strings.Contains(got.Body.String(), "192.0.2.7") || strings.Contains(got.Body.String(), "Geheim") {
				t.Errorf("%q asks %s %s: %d", o.who, o.method, o.path, got.Code)
			}
		}
		if bad := c.ask("bakker", "POST", x+"/answers", url.Values{"answer": {"solved"}, "about": {mine, theirs}}); bad.Code != 404 {
			t.Errorf("one of another among them: %d", bad.Code)
		}
		if !slices.Equal(c.states("bakker"), before) || c.count("notify_feedback", "") != answers {
			t.Errorf("something changed: %v", c.states("bakker"))
		}
		// Those who may, may.
		for _, o := range []try{{"bakker", "GET", x}, {"bakker-security-contact", "GET", x + "/" + mine}, {"bakker-member", "GET", x + "/" + mine}, {"bakker-member", "GET", w + "/" + letter},
			{"it", "GET", x + "/" + mine}, {"it-reads", "GET", x + "/" + mine}, {"it-member", "GET", w}, {"it-one", "GET", x + "/" + copied}, {"it-one", "GET", w}, {"it-none", "GET", x}} {
			if got := c.ask(o.who, o.method, o.path, form); got.Code != 200 {
				t.Errorf("%q asks %s %s: %d", o.who, o.method, o.path, got.Code)
			}
		}
		for who, want := range map[string][]string{"it-one": {"203.0.113.5"}, "it-none": nil, "it": {"192.0.2.7", "192.0.2.8", "203.0.113.5"}, "bakker-member": {"192.0.2.7", "192.0.2.8", "203.0.113.5"}} {
			page := c.ask(who, "GET", x+"?state=each", nil).Body.String()
			for _, address := range []string{"192.0.2.7", "192.0.2.8", "203.0.113.5", "198.51.100.3"} {
				if strings.Contains(page, address) != slices.Contains(want, address) {
					t.Errorf("%s and %s in the list", who, address)
				}
			}
			if may := who == "it" || who == "it-one"; strings.Contains(page, `name="about"`) != may {
				t.Errorf("%s is offered answers: %v", who, !may)
			}
		}
		if page := c.ask("it-one", "GET", w, nil).Body.String(); strings.Contains(page, c.latest("bakker").Subject) || strings.Contains(page, "PLD-") {
			t.Error("a mandate for one asset shows messages")
		}
		if page := c.ask("it", "GET", x, nil).Body.String(); !strings.Contains(page, "Namens deze organisatie, via Visser IT") {
			t.Error("the page does not say on whose behalf")
		}
		// What was said in bulk may be about more than a mandate covers; a form of another site says nothing.
		if w := c.ask("bakker", "POST", x+"/answers", url.Values{"answer": {"help"}, "note": {"Ook onze kassa"}, "about": {mine, copied}}); w.Code != 303 {
			t.Errorf("%d", w.Code)
		}
		for who, want := range map[string]bool{"bakker": true, "it": true, "it-one": false} {
			if page := c.ask(who, "GET", x+"/"+copied, nil).Body.String(); strings.Contains(page, "Ook onze kassa") != want || !strings.Contains(page, "We willen hulp") {
				t.Errorf("%s reads what was said: %v", who, !want)
			}
		}
		r := httptest.NewRequest("POST", x+"/answers", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.AddCookie(&http.Cookie{Name: "as", Value: "bakker"})
		foreign := httptest.NewRecorder()
		if c.site.ServeHTTP(foreign, r); foreign.Code != http.StatusForbidden {
			t.Errorf("a form of another site: %d", foreign.Code)
		}
		// A GET with the words of a form changes nothing.
		c.ask("bakker", "GET", x+"/"+mine+"?answer=solved", nil)
		if w := c.ask("bakker", "GET", x+"/"+mine+"/answers?answer=solved", nil); w.Code != 404 && w.Code != 405 {
			t.Errorf("a GET of the form: %d", w.Code)
		}
		if !slices.Equal(c.states("bakker"), before) {
			t.Error("a GET changed something")
		}
	})
}

// The same answer by the mail's link, on the page, in bulk and by a program has the same effect.
func TestSameAnswerByEveryDoor(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		x := "/o/" + c.organisation("bakker").ID.String() + "/exposures"
		mail, page, bulk := c.one("bakker", "192.0.2.7"), c.one("bakker", "192.0.2.8"), c.one("bakker", "203.0.113.5")
		for _, a := range answersOf[Person] {
			note := "Woorden bij " + string(a)
			c.clock.Advance(time.Hour)
			if _, err := c.notify.Answer(c.ctx, c.token("bakker"), Feedback{Answer: a, Note: note, Chosen: []Fingerprint{mail.Fingerprint}}); err != nil {
				t.Fatal(err)
			}
			if w := c.ask("bakker", "POST", x+"/"+printText(page.Fingerprint)+"/answers", url.Values{"answer": {string(a)}, "note": {note}}); w.Code != 303 && (a != Forwarded || w.Code != 200 || !strings.Contains(w.Body.String(), "https://polder.example/f/")) {
				t.Fatalf("%s on the page: %d", a, w.Code)
			}
			if w := c.ask("it", "POST", x+"/answers?severity=critical", url.Values{"answer": {string(a)}, "note": {note}, "about": {printText(bulk.Fingerprint)}}); a == Forwarded && w.Code != 200 || a != Forwarded && (w.Code != 303 || !strings.Contains(w.Header().Get("Location"), "severity=critical")) {
				t.Fatalf("%s in bulk: %d", a, w.Code)
			}
			m, p, b := c.one("bakker", "192.0.2.7"), c.one("bakker", "192.0.2.8"), c.one("bakker", "203.0.113.5")
			if m.State != p.State || m.State != b.State || !m.StateAt.Equal(p.StateAt) || a != Help && m.State != leadsTo[a] {
				t.Errorf("%s: %s by mail, %s on the page, %s in bulk", a, m.State, p.State, b.State)
			}
			for holder, who := range map[string]db.ID{"recipient": {}, "person": c.people["bakker"].Account} {
				if n := c.count("notify_feedback", "holder = ?1 AND answer = ?2 AND note = ?3 AND exposures = 1 AND COALESCE(account_id, ?5) = ?4", holder, string(a), note, idOr(who), idOr(db.ID{})); n != 1 {
					t.Errorf("%s by %s is kept %d times", a, holder, n)
				}
			}
			if n := c.count("notify_feedback", "behalf = 'Visser IT' AND answer = ?1 AND account_id = ?2", string(a), c.people["it"].Account); n != 1 {
				t.Errorf("%s of the supplier is kept %d times", a, n)
			}
			if n := c.count("audit_event", "action = 'feedback' AND actor = ?1 AND detail = ?2", "account:"+c.people["bakker"].Account.String(), string(a)+" about 1"); n != 1 {
				t.Errorf("%s stands %d times in the record", a, n)
			}
		}
		if n := c.count("notify_notification", "kind = 'desk'"); n != 3 {
			t.Errorf("the desk was asked %d times, not 3", n)
		}
		if n := c.count("footprint_correction", ""); n != 3 { // of the network, once, of the domain, and of the network that is carried
			t.Errorf("%d corrections", n)
		}
		if n := c.count("audit_event", "detail LIKE '%Woorden%'"); n != 0 {
			t.Error("words stand in the record")
		}
		detail := c.ask("bakker", "GET", x+"/"+printText(page.Fingerprint)+"?done=answer", nil).Body.String()
		for _, want := range []string{"Woorden bij help", "Door jou", "outcome--ok", "PLD-"} {
			if !strings.Contains(detail, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if other := c.ask("bakker-member", "GET", x+"/"+printText(page.Fingerprint), nil).Body.String(); !strings.Contains(other, "Door iemand van jullie") || strings.Contains(other, "Door jou") {
			t.Error("a colleague reads something else")
		}
		// Pressed twice: kept once. Forgotten: the answer stays without the person.
		was := c.count("notify_feedback", "")
		c.ask("bakker", "POST", x+"/"+printText(page.Fingerprint)+"/answers", url.Values{"answer": {"help"}, "note": {"Woorden bij help"}})
		if n := c.count("notify_feedback", ""); n != was {
			t.Error("a button pressed twice is kept twice")
		}
		if err := c.db.Write(c.ctx, func(tx *db.Tx) error { return c.notify.ForgetPerson(c.ctx, tx, c.people["bakker"].Account) }); err != nil {
			t.Fatal(err)
		}
		if n := c.count("notify_feedback", "account_id = ?1", c.people["bakker"].Account); n != 0 || c.count("notify_feedback", "") != was {
			t.Error("a person who is forgotten stays, or the answer goes")
		}
		// Help about one thing and then another is heard; too often is told, not kept silent.
		c.clock.Advance(time.Hour)
		for i, e := range []Exposure{mail, page, bulk, mail} {
			w := c.ask("bakker", "POST", x+"/"+printText(e.Fingerprint)+"/answers", url.Values{"answer": {"help"}, "note": {fmt.Sprint("vraag ", i)}})
			if want := map[bool]int{true: 422, false: 303}[i == 3]; w.Code != want {
				t.Errorf("question %d: %d", i, w.Code)
			}
		}
	})
}

func idOr(id db.ID) []byte { return id[:] }

// What nobody was told of yet is there, can be answered, and is gone with its asset.
func TestAnswerBeforeTheMail(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		c.ingest("scan_rdp", rdp, rdpLine("192.0.2.9", ""), rdpLine("203.0.113.9", ""))
		bakker := c.organisation("bakker").ID
		x := "/o/" + bakker.String() + "/exposures"
		e, gone := c.one("bakker", "192.0.2.9"), c.one("bakker", "203.0.113.9")
		if w := c.ask("bakker", "POST", x+"/"+printText(e.Fingerprint)+"/answers", url.Values{"answer": {"solved"}}); w.Code != 303 || c.one("bakker", "192.0.2.9").State != StateSolved {
			t.Fatalf("%d %s", w.Code, c.one("bakker", "192.0.2.9").State)
		}
		c.withdraw("bakker,prefix,203.0.113.0/28,provider")
		if w := c.ask("bakker", "GET", x+"/"+printText(gone.Fingerprint), nil); w.Code != 404 {
			t.Errorf("what is no longer theirs, and was never told: %d", w.Code)
		}
		if page := c.ask("bakker", "GET", x+"?state=each", nil).Body.String(); strings.Contains(page, "203.0.113.9") || !strings.Contains(page, "203.0.113.5") {
			t.Error("the list shows what is no longer theirs, or hides what they were told")
		}
		if w := c.ask("bakker", "POST", x+"/"+printText(gone.Fingerprint)+"/answers", url.Values{"answer": {"solved"}}); w.Code != 404 {
			t.Errorf("answered: %d", w.Code)
		}
		if n := c.compose(); n != 0 {
			t.Errorf("%d mails about what is solved or gone", n)
		}
	})
}

// Every filter, the search and the pages of a list find exactly what is there, each thing once.
func TestSearchAndPages(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		var lines []string
		for i := range 14 {
			lines = append(lines, rdpLine(fmt.Sprintf("203.0.113.%d", i), fmt.Sprintf("h%d_a.klant.example", i)))
		}
		c.clock.Advance(48 * time.Hour)
		c.ingest("scan_rdp", rdp, lines...)
		c.ingest("scan_ssl", rdp, "NOW,low,192.0.2.1,tcp,443,100%.korst.example,ssl,64500", "NOW,medium,192.0.2.2,tcp,443,,ssl,64500")
		me := c.as("bakker")
		o := c.organisation("bakker").ID
		if _, err := me.notify.Respond(me.ctx, o, Feedback{Answer: IsSolved, Chosen: []Fingerprint{c.one("bakker", "192.0.2.7").Fingerprint}}); err != nil {
			t.Fatal(err)
		}
		all := c.exposures("bakker")
		fits := func(s Search, e Exposure) bool {
			open := slices.Contains(openStates, e.State)
			return (s.State == "" || open == (s.State == "open")) && (s.Severity == 0 || e.Severity == s.Severity) && (s.Type == "" || e.Type == s.Type) &&
				(s.Text == "" || strings.Contains(e.Address, strings.ToLower(s.Text)) || strings.Contains(e.Name, strings.ToLower(s.Text))) && !e.LastSeen.Before(s.Since)
		}
		for _, base := range []Search{{}, {State: "open"}, {State: "closed"}, {Severity: feeds.Critical}, {Severity: feeds.Low}, {Type: "scan_ssl"}, {Type: "none"}, {Text: "203.0.113.1"}, {Text: "KLANT.example"},
			{Text: "h1_a"}, {Text: "_"}, {Text: "%"}, {Text: `\`}, {Text: "'; --"}, {Since: c.clock.Now().Add(-time.Hour)}, {State: "open", Type: "scan_rdp", Text: "h"}} {
			for _, seen := range []bool{false, true} {
				s := base
				s.BySeen = seen
				want := 0
				for _, e := range all {
					if fits(s, e) {
						want++
					}
				}
				var got []Exposure
				for range 100 {
					l, err := me.notify.List(me.ctx, o, s, 3)
					if err != nil {
						t.Fatal(err)
					}
					if l.Total != want || len(l.Exposures) > 3 {
						t.Fatalf("%+v: counts %d, want %d", s, l.Total, want)
					}
					got = append(got, l.Exposures...)
					if s.After = l.Next; l.Next == nil {
						break
					}
				}
				once := map[Fingerprint]bool{}
				for i, e := range got {
					once[e.Fingerprint] = true
					if !fits(base, e) {
						t.Errorf("%+v finds %s", base, e.subject())
					}
					if i > 0 && (seen && e.LastSeen.After(got[i-1].LastSeen) || !seen && e.Severity > got[i-1].Severity) {
						t.Errorf("%+v: out of order at %d", base, i)
					}
				}
				if len(got) != want || len(once) != want {
					t.Errorf("%+v: %d of %d, %d different", base, len(got), want, len(once))
				}
			}
		}
		// A mandate for one asset counts and finds what is in it.
		one := c.as("it-one")
		l, err := one.notify.List(one.ctx, o, Search{}, 50)
		if err != nil || l.Total != 15 || len(l.Exposures) != 15 || l.Whole {
			t.Errorf("%d of %d %v", len(l.Exposures), l.Total, err)
		}
		// The list of one asset, for the organisation and for who may see that asset alone.
		for _, who := range []struct {
			who, asset string
			want       int
		}{{"bakker", "203.0.113.0/28", 15}, {"bakker", "192.0.2.0/28", 4}, {"bakker", "korst.example", 1}, {"it", "192.0.2.0/28", 4}, {"it-one", "203.0.113.0/28", 15}, {"it-one", "192.0.2.0/28", 0}, {"bakker", "198.51.100.0/28", 0}} {
			me := c.as(who.who)
			for _, limit := range []int{50, 1} {
				l, err := me.notify.List(me.ctx, o, Search{Asset: c.asset(who.asset)}, limit)
				if err != nil || l.Total != who.want || len(l.Exposures) != min(who.want, limit) {
					t.Errorf("%+v: %d of %d %v", who, len(l.Exposures), l.Total, err)
				}
			}
		}
		// The address of a page is read back as the same search, and nonsense in it means nothing.
		mark := &Mark{5, 12345, all[0].Fingerprint}
		s := Search{State: "", Severity: feeds.High, Type: "scan_rdp", Text: "a b&c", Since: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), BySeen: true, After: mark}
		if back, err := searchOf(s.query()); err != nil || *back.After != *mark || back.query().Encode() != s.query().Encode() {
			t.Errorf("%+v %v", back, err)
		}
		q, _ := url.ParseQuery("state=x&severity=worst&since=2026-13-01&sort=x&find=%00%ff&type=%ff")
		if s, err := searchOf(q); err != nil || s != (Search{State: "open"}) {
			t.Errorf("%+v %v", s, err)
		}
		if w := c.ask("bakker", "GET", "/o/"+o.String()+"/exposures?"+q.Encode(), nil); w.Code != 200 {
			t.Errorf("%d", w.Code)
		}
	})
}

// A message is shown as it was sent, but that its secret is not there.
func TestWarningAsItWasSent(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		bakker := c.organisation("bakker").ID
		for range 3 {
			c.clock.Advance(24 * time.Hour)
			c.ingest("scan_rdp", rdp, rdpLine(fmt.Sprintf("192.0.2.%d", 9+len(c.notifications("bakker"))), ""))
			c.compose()
			c.deliver()
		}
		c.ingest("scan_rdp", rdp, rdpLine("192.0.2.1", ""))
		c.compose() // waits to be sent
		list := c.notifications("bakker")
		page := c.ask("bakker", "GET", "/o/"+bakker.String()+"/warnings", nil).Body.String()
		at := -1
		for _, s := range slices.Backward(list) {
			next := strings.Index(page, s.Reference)
			if next <= at {
				t.Errorf("%s is not where it should be", s.Reference)
			}
			at = next
			path := "/o/" + bakker.String() + "/warnings/" + s.ID.String()
			w := c.ask("bakker", "GET", path, nil)
			if sent := s.State == Delivered; (w.Code == 200) != sent || strings.Contains(page, path) != sent {
				t.Errorf("%s, %s: %d", s.Reference, s.State, w.Code)
			}
			body := w.Body.String()
			if secret := c.notify.linkToken(s.ID); strings.Contains(body, secret) || strings.Contains(body, "/f/") || strings.Contains(body, "feedback-link") || strings.Contains(page, secret) {
				t.Error("the secret link is shown")
			}
			if w.Code == 200 && !strings.Contains(body, "https://polder.example/o/"+bakker.String()+"/exposures") {
				t.Error("it leads to no exposures")
			}
			if w.Code == 200 && strings.Contains(c.ask("bakker-member", "GET", path, nil).Body.String(), "info@korst.example") {
				t.Error("a member sees the address")
			}
		}
		var refs []string
		me := c.as("bakker")
		var before db.ID
		for range 10 {
			w, err := me.notify.Warnings(me.ctx, bakker, before, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range w.List {
				refs = append(refs, s.Reference)
				before = s.ID
			}
			if !w.More {
				break
			}
		}
		want := []string{}
		for _, s := range slices.Backward(list) {
			want = append(want, s.Reference)
		}
		if !slices.Equal(refs, want) {
			t.Errorf("%v, want %v", refs, want)
		}
		c.sql(`UPDATE notify_delivery SET state = 'withdrawn' WHERE notification_id = ?1`, list[0].ID)
		if w := c.ask("bakker", "GET", "/o/"+bakker.String()+"/warnings/"+list[0].ID.String(), nil); w.Code != 404 || strings.Contains(c.ask("bakker", "GET", "/o/"+bakker.String()+"/warnings", nil).Body.String(), list[0].Reference) {
			t.Error("what was taken back is shown")
		}
	})
}

// What is said on the first page of an organisation, and where the list is empty.
func TestHomeAndEmptyStates(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		line := func(who, reference string) string {
			t.Helper()
			me := c.as(who)
			var text string
			if err := c.db.Read(me.ctx, func(tx *db.Tx) error {
				in, err := directory.May(me.ctx, tx, c.organisation(reference).ID, actor.Anybody, false, c.clock.Now())
				if err != nil {
					return err
				}
				lines, err := c.notify.HomeLines(me.ctx, tx, in)
				if err != nil {
					return err
				}
				for _, l := range lines {
					text += fmt.Sprint(strings.TrimPrefix(l.Key, "notify.portal.home."), " ", l.Count, " ")
				}
				standing, err := c.notify.HomeStanding(me.ctx, tx, in)
				if err != nil {
					return err
				}
				s := standing(c.catalog.For("nl"))
				text += fmt.Sprint(s.Open, s.Empty != nil, s.Do != "", s.Trend.Empty(), len(s.Lines))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			return text
		}
		if _, err := c.notify.Trend(c.ctx); err != nil {
			t.Fatal(err)
		}
		for _, x := range [][3]string{{"bakker", "bakker", "critical 1 high 2 [{critical 1 /o/BAKKER/exposures?severity=critical} {high 2 /o/BAKKER/exposures?severity=high}] false false false 2"},
			{"it-one", "bakker", "critical 1 [{critical 1 /o/BAKKER/exposures?severity=critical}] false false true 1"},
			{"it-none", "bakker", "[] true false true 1"}, {"leeg", "leeg", "[] true true true 0"}} {
			if got := strings.ReplaceAll(line(x[0], x[1]), c.organisation("bakker").ID.String(), "BAKKER"); got != x[2] {
				t.Errorf("%s: %s, want %s", x[0], got, x[2])
			}
		}
		see := func(who, reference, query, want string) {
			t.Helper()
			if page := c.ask(who, "GET", "/o/"+c.organisation(reference).ID.String()+"/exposures"+query, nil).Body.String(); !strings.Contains(page, want) {
				t.Errorf("%s %s: no %q", who, query, want)
			}
		}
		see("leeg", "leeg", "", "We weten nog niet waar we op moeten letten")
		c.assets("leeg,domain,molen.example,owner", "leeg,domain,zwaan.example,owner")
		see("leeg", "leeg", "", "We letten op 2 adressen en domeinen van jullie")
		see("smid", "smid", "?find=zzz", "Niets gevonden")
		see("it-none", "bakker", "", "Er is niets gezien in jouw deel")
		see("bakker", "bakker", "", "Jullie zijn de leverancier")
		if w := c.ask("smid", "POST", "/o/"+c.organisation("smid").ID.String()+"/exposures/answers", url.Values{"answer": {"solved"}, "note": {"bewaar dit"}}); w.Code != 422 || !strings.Contains(w.Body.String(), "bewaar dit") || !strings.Contains(w.Body.String(), "Vink eerst aan") {
			t.Errorf("%d", w.Code)
		}
		c.ask("smid", "POST", "/o/"+c.organisation("smid").ID.String()+"/exposures/answers", url.Values{"answer": {"solved"}, "about": {printText(c.one("smid", "198.51.100.3").Fingerprint)}})
		see("smid", "smid", "?done=solved&n=1", "Genoteerd voor 1 systeem of account: Het is opgelost.")
		see("smid", "smid", "", "Er staat niets open")
		see("smid", "smid", "?state=closed", "198.51.100.3")
	})
}

// Without a script, a link ticks all on a page, within the same filters, and another takes the ticks off.
func TestTickAllOnThePage(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		x := "/o/" + c.organisation("bakker").ID.String() + "/exposures"
		ticks := func(who, query string) int {
			t.Helper()
			return strings.Count(c.ask(who, "GET", x+query, nil).Body.String(), " checked>")
		}
		if page := c.ask("bakker", "GET", x+"?severity=high", nil).Body.String(); !strings.Contains(page, "severity=high&amp;state=open&amp;tick=all#answers") && !strings.Contains(page, "severity=high&amp;tick=all#answers") {
			t.Error("no link that ticks all of the same filters")
		}
		for query, want := range map[string]int{"": 0, "?tick=all": 3, "?severity=high&tick=all": 2, "?tick=some": 0} {
			if got := ticks("bakker", query); got != want {
				t.Errorf("%q ticks %d, not %d", query, got, want)
			}
		}
		if got := ticks("bakker-member", "?tick=all"); got != 0 {
			t.Errorf("who only reads ticks %d", got)
		}
		if page := c.ask("bakker", "GET", x+"?severity=high&tick=all", nil).Body.String(); !strings.Contains(page, "Alle 2 op deze pagina zijn aangevinkt") || !strings.Contains(page, "Vink alles uit") {
			t.Error("it does not say that all are ticked, or not how to take it off")
		}
	})
}
