package directory

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit"
)

// town is a world with two organisations that have all there is to name by an id.
type town struct {
	*world
	a, b db.ID
	ids  map[string]string // by the name in the path: things of a
}

func newTown(t *testing.T, d *db.DB) *town {
	w := newWorld(t, d)
	for _, name := range []string{"owner", "security", "member", "delegate", "boris", "nina"} {
		w.person(name)
	}
	w.person("administrator", actor.Administrator, actor.Auditor)
	w.person("analyst", actor.Analyst, actor.Editor, actor.Moderator, actor.CaseHandler)
	x := &town{world: w, ids: map[string]string{}}
	x.a = w.organisation("owner", "Bakkerij De Korst", "12345678")
	x.b = w.organisation("boris", "Smederij Vonk", "87654321")
	supplier := w.organisation("delegate", "Leverancier", "11112222")
	w.member(x.a, "security", actor.SecurityContact)
	w.member(x.a, "member", actor.Member)
	given := w.mandate("owner", x.a, supplier, true)
	held := w.mandate("boris", x.b, x.a, true) // so that boris has one that a could lay down
	if err := w.dir.AddContact(w.as("owner"), x.a, "warnings", "ict@korst.example"); err != nil {
		t.Fatal(err)
	}
	contacts, err := w.dir.Contacts(w.as("owner"), x.a)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.dir.Invite(w.as("owner"), x.a, "iemand@people.example", actor.Member); err != nil {
		t.Fatal(err)
	}
	if err := w.dir.AskIn(w.as("nina"), "kvk", "12345678", ""); err != nil {
		t.Fatal(err)
	}
	people, err := w.dir.People(w.as("owner"), x.a)
	if err != nil {
		t.Fatal(err)
	}
	x.ids = map[string]string{"organisation": x.a.String(), "id": x.a.String(), "account": w.accounts["member"].String(), "contact": contacts[0].ID.String(),
		"invitation": people.Invitations[0].ID.String(), "request": people.Joins[0].ID.String(), "mandate": given.String(), "held": held.String()}
	return x
}

var inPath = regexp.MustCompile(`\{([a-z]+)\}`)

// path fills the pattern with the ids.
func path(pattern string, ids map[string]string) string {
	return inPath.ReplaceAllStringFunc(pattern, func(s string) string { return ids[s[1:len(s)-1]] })
}

func (x *town) with(name, value string) map[string]string {
	ids := map[string]string{}
	for k, v := range x.ids {
		ids[k] = v
	}
	ids[name] = value
	return ids
}

// filled is a form that every route takes as far as its rights let it come.
func (x *town) filled() url.Values {
	f := url.Values{"mail": {"x@people.example"}, "place": {"owner"}, "email": {"x@y.example"}, "purpose": {"warnings"}, "text": {"x"}, "reason": {"x"},
		"decision": {"accept"}, "last": {"1"}, "sure": {"1"}, "holder": {"Leverancier"}, "may": {"act"}, "scope": {"all"}, "confirm": {"1"},
		"ends": {x.clock.Now().AddDate(0, 6, 0).Format(time.DateOnly)}, "scheme": {"kvk"}, "number": {"12345678"}, "name": {"X"}, "sector": {"C"}, "size": {"10"}, "language": {"nl"}}
	for _, id := range x.ids {
		f.Set("place-"+id, "owner")
		f.Set("code-"+id, "123456")
	}
	return f
}

// TestEveryRouteWithAnID walks all routes that name something by an id: for nobody, for another
// organisation, for every lesser place, for staff of another role, below a wrong parent, and with ids
// that are none, each answers 404, as it does for ids that nothing has.
func TestEveryRouteWithAnID(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		x := newTown(t, d)
		none := map[string]string{}
		nothing := map[string]string{}
		for name := range x.ids {
			nothing[name] = db.NewID().String()
		}
		hidden := func(who, method, pattern string, ids map[string]string, why string) {
			t.Helper()
			var form url.Values
			if method == http.MethodPost {
				form = x.filled()
			}
			got := x.ask(who, method, path(pattern, ids), form)
			if got.Code != http.StatusNotFound || got.Header().Get("Location") != "" || got.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s: %q asks %s %s: %d %s", why, who, method, pattern, got.Code, got.Header().Get("Location"))
				return
			}
			body := strings.ReplaceAll(strings.ReplaceAll(got.Body.String(), got.Header().Get("X-Request-Id"), ""), url.QueryEscape(path(pattern, ids)), "")
			key := who + method + pattern
			if none[key] == "" {
				nowhere := path(pattern, nothing)
				there := x.ask(who, method, nowhere, form)
				none[key] = strings.ReplaceAll(strings.ReplaceAll(there.Body.String(), there.Header().Get("X-Request-Id"), ""), url.QueryEscape(nowhere), "")
			}
			// What stands around a page of one's own organisation, whose child does not exist, is left out.
			if cutSide(body) != cutSide(none[key]) {
				t.Errorf("%s: %q asks %s %s: it answers otherwise than what does not exist", why, who, method, pattern)
			}
		}
		walked := 0
		for _, r := range x.site.Routes() {
			method, pattern, _ := strings.Cut(r.Pattern, " ")
			access := strings.TrimSuffix(r.Access.String(), " fresh")
			switch {
			case strings.HasPrefix(access, "organisation:"):
				walked++
				ids := x.ids
				if strings.Contains(pattern, "/clients/") {
					ids = x.with("mandate", x.ids["held"])
				}
				for _, who := range []string{"", "boris", "nina", "adviser", "administrator", "analyst"} {
					if who == "boris" && strings.HasSuffix(pattern, "{organisation}") {
						continue
					}
					hidden(who, method, pattern, ids, "not theirs")
				}
				allowed := strings.Split(strings.TrimPrefix(access, "organisation:"), ",")
				for _, p := range [][2]string{{"owner", "owner"}, {"security", "security-contact"}, {"member", "member"}, {"delegate", "delegate"}} {
					if !strings.Contains(","+strings.Join(allowed, ",")+",", ","+p[1]+",") {
						hidden(p[0], method, pattern, ids, "another place")
					}
				}
				for _, bad := range []string{"x", db.ID{}.String(), db.NewID().String(), "%00", "1%27--"} {
					hidden("owner", method, pattern, x.with("organisation", bad), "no organisation")
				}
				for _, m := range inPath.FindAllStringSubmatch(pattern, -1)[1:] {
					child := x.with("organisation", x.b.String())
					if strings.Contains(pattern, "/clients/") {
						child["mandate"] = x.ids["mandate"] // held by another than boris
					}
					hidden("boris", method, pattern, child, "wrong parent")
					for _, bad := range []string{"x", db.ID{}.String(), db.NewID().String()} {
						hidden("owner", method, pattern, x.with(m[1], bad), "no such child")
					}
				}
			case strings.HasPrefix(access, "staff:") && strings.Contains(pattern, "{"):
				walked++
				for _, who := range []string{"", "owner", "boris", "administrator", "analyst"} {
					hidden(who, method, pattern, x.ids, "another role")
				}
				for _, bad := range []string{"x", db.ID{}.String(), db.NewID().String()} {
					hidden("adviser", method, pattern, x.with("id", bad), "no organisation")
				}
			}
		}
		if walked < 34 {
			t.Errorf("only %d routes were walked", walked)
		}
		// Nothing came of all that.
		p, err := x.dir.People(x.as("owner"), x.a)
		if err != nil || len(p.Members) != 3 || len(p.Invitations) != 1 || len(p.Joins) != 1 {
			t.Errorf("%+v, %v", p, err)
		}
		for _, who := range []string{"owner", "boris"} {
			id := map[string]db.ID{"owner": x.a, "boris": x.b}[who]
			list, _, err := x.dir.Mandates(x.as(who), id, db.ID{})
			if err != nil || len(list) != 1 || !list[0].Open(x.clock.Now()) {
				t.Errorf("%s: %+v, %v", who, list, err)
			}
		}
		if o := x.state(x.a); o.State != Accepted || o.Name != "Bakkerij De Korst" {
			t.Errorf("%+v", o)
		}
	})
}

var sideNav = regexp.MustCompile(`(?s)<nav class="side".*?</nav>|<span class="site-header__context">.*?</span>| site-body--side| aria-current="page"|\s+`)

func cutSide(body string) string { return strings.TrimSpace(sideNav.ReplaceAllString(body, "")) }

// A delegate may only read, whatever the form says; a file of staff is closed to the organisation.
// Every way up that a lesser place could try is tried.
func TestVerticalEscalation(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		x := newTown(t, d)
		for _, who := range []string{"security", "member", "delegate", "boris", "administrator", "analyst", "adviser", "nina"} {
			self := x.accounts[who]
			request, _ := db.ParseID(x.ids["request"])
			contact, _ := db.ParseID(x.ids["contact"])
			for name, err := range map[string]error{
				"invite itself as owner": x.dir.Invite(x.as(who), x.a, who+"@people.example", actor.Owner),
				"become owner":           x.dir.SetPlace(x.as(who), x.a, self, actor.Owner),
				"remove the owner":       x.dir.Remove(x.as(who), x.a, x.accounts["owner"]),
				"let somebody in":        x.dir.AnswerJoin(x.as(who), x.a, request, actor.Owner),
				"give a mandate":         x.dir.Give(x.as(who), x.a, Wish{Holder: "Smederij Vonk", Acting: true, EveryAsset: true, Ends: x.clock.Now().AddDate(1, 0, 0)}),
				"close it":               x.dir.Close(x.as(who), x.a),
				"answer for it":          x.dir.Reply(x.as(who), x.a, "x"),
			} {
				if err == nil {
					t.Errorf("%s may %s", who, name)
				}
			}
			if who != "security" {
				if err := x.dir.MakeMain(x.as(who), x.a, contact); err == nil {
					t.Errorf("%s changes contacts", who)
				}
				if err := x.dir.AddContact(x.as(who), x.a, "warnings", who+"@people.example"); err == nil {
					t.Errorf("%s adds a contact", who)
				}
			}
			if who != "adviser" {
				if err := x.dir.Decide(x.as(who), x.a, Accepted, "", ""); err == nil {
					t.Errorf("%s decides", who)
				}
				if _, err := x.dir.Search(x.as(who), "", Cursor{}, 10); err == nil {
					t.Errorf("%s searches as staff", who)
				}
			}
		}
		// An adviser does not decide about an organisation of its own.
		mine, err := x.dir.Register(x.as("adviser"), registration("Adviesbureau", "99998888"))
		if err != nil {
			t.Fatal(err)
		}
		if got := x.ask("adviser", "POST", "/desk/organisations/"+mine.Organisation.String()+"/decide", url.Values{"decision": {"accept"}}); got.Code != http.StatusForbidden {
			t.Errorf("an adviser accepts itself: %d", got.Code)
		}
		if x.state(mine.Organisation).State != Requested {
			t.Error("and it worked")
		}
	})
}

// What a form names besides its own fields changes nothing.
func TestMassAssignment(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		x := newTown(t, d)
		extra := func(f url.Values) url.Values {
			for k, v := range map[string]string{"id": db.NewID().String(), "organisation": x.b.String(), "organisation_id": x.b.String(), "state": "accepted", "State": "accepted", "kind": "partnership",
				"reference": "MINE", "main": "1", "verified": "1", "verified_at": "1", "waits_at": "", "account_id": x.accounts["boris"].String(), "staff": "255", "email_main": "1", "register_name": "X", "employees": "9999"} {
				f.Set(k, v)
			}
			return f
		}
		f := extra(url.Values{"scheme": {"kvk"}, "number": {"55556666"}, "name": {"Nieuw"}, "sector": {"C"}, "size": {"2"}, "area": {""}, "language": {"nl"}, "domain": {""}})
		got := x.ask("nina", "POST", "/organisations/new", f)
		made, err := db.ParseID(strings.TrimSuffix(strings.TrimPrefix(got.Header().Get("Location"), "/o/"), "?done=registered"))
		if err != nil {
			t.Fatalf("%d %s", got.Code, got.Header().Get("Location"))
		}
		if o := x.state(made); o.State != Requested || o.Kind != "company" || o.Reference == "MINE" || o.Employees != 2 || o.RegisterName != "" || o.WaitsAt.IsZero() {
			t.Errorf("%+v", o)
		}
		before := x.state(x.a)
		f.Set("name", before.Name)
		f.Set("number", before.RegistrationNumber)
		f.Set("state", "closed")
		if got := x.ask("owner", "POST", "/o/"+x.a.String()+"/settings", f); got.Code != http.StatusSeeOther {
			t.Fatalf("%d", got.Code)
		}
		if o := x.state(x.a); o.State != Accepted || o.Reference != before.Reference || o.Kind != "company" || o.ID != x.a {
			t.Errorf("%+v", o)
		}
		x.ask("owner", "POST", "/o/"+x.a.String()+"/contacts", extra(url.Values{"email": {"nieuw@korst.example"}, "purpose": {"warnings"}}))
		if x.state(x.a).Email != "" || x.state(x.b).Email != "" {
			t.Error("a form verifies a contact")
		}
		list, err := x.dir.Contacts(x.as("owner"), x.a)
		if err != nil || len(list) != 2 || list[1].Main || !list[1].VerifiedAt.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
		x.ask("owner", "POST", "/o/"+x.a.String()+"/people", extra(url.Values{"mail": {"z@people.example"}, "place": {"member"}, "place-x": {"owner"}}))
		p, err := x.dir.People(x.as("boris"), x.b)
		if err != nil || len(p.Invitations) != 0 {
			t.Errorf("invited elsewhere: %+v, %v", p, err)
		}
	})
}

// Which organisations are here, and who is in them, shows neither in registering nor in the search
// for who holds a mandate, and nobody can try for long.
func TestEnumerationOfOrganisations(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		x := newTown(t, d)
		// Asking to be let in answers alike, whatever is there.
		for _, number := range []string{"12345678", "00000001"} {
			got := x.ask("boris", "POST", "/organisations/join", url.Values{"scheme": {"kvk"}, "number": {number}})
			if got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/organisations?done=asked" {
				t.Errorf("%s: %d %s", number, got.Code, got.Header().Get("Location"))
			}
		}
		f := url.Values{"scheme": {"kvk"}, "number": {"12345678"}, "name": {"Mijn Zaak"}, "sector": {"C"}, "size": {"2"}, "language": {"nl"}}
		taken := x.ask("boris", "POST", "/organisations/new", f).Body.String()
		if !strings.Contains(taken, "seems to be here already") {
			t.Fatalf("%s", taken)
		}
		for _, secret := range []string{"De Korst", "Owner", "owner@", "ORG-", x.a.String(), "korst.example"} {
			if strings.Contains(taken, secret) {
				t.Errorf("who is taken is told: %s", secret)
			}
		}
		// One that waits, one that was refused, one that is closed and one that never was: the same.
		states := map[string]State{"31000001": Requested, "31000002": Refused, "31000003": Closed, "31000004": ""}
		for number, s := range states {
			if s == "" {
				continue
			}
			done, err := x.dir.Register(x.as("nina"), registration("Zaak "+number, number))
			if err != nil {
				t.Fatal(err)
			}
			if s == Refused {
				if err := x.dir.Decide(x.as("adviser"), done.Organisation, Refused, "x", ""); err != nil {
					t.Fatal(err)
				}
			}
			if s == Closed {
				if err := x.dir.Close(x.as("nina"), done.Organisation); err != nil {
					t.Fatal(err)
				}
			}
		}
		answers := map[string]bool{}
		ends := x.clock.Now().AddDate(0, 6, 0).Format(time.DateOnly)
		find := func(text string) (int, string) {
			got := x.ask("owner", "POST", "/o/"+x.a.String()+"/mandates/new", url.Values{"holder": {text}, "may": {"read"}, "scope": {"all"}, "ends": {ends}})
			return got.Code, strings.ReplaceAll(strings.ReplaceAll(got.Body.String(), got.Header().Get("X-Request-Id"), ""), text, "")
		}
		for number := range states {
			code, body := find(number)
			answers[fmt.Sprint(code, body)] = true
		}
		if len(answers) != 1 {
			t.Errorf("there are %d different answers", len(answers))
		}
		if code, body := find("87654321"); code != 200 || !strings.Contains(body, "Smederij Vonk") {
			t.Errorf("a real one: %d", code)
		}
		for _, part := range []string{"Smederij", "smed%", "Vonk", "_______ ____", "' OR '1'='1"} {
			if code, _ := find(part); code != http.StatusUnprocessableEntity {
				t.Errorf("%q: %d", part, code)
			}
		}
		codes := map[int]int{}
		for i := range mostFinds {
			code, _ := find(fmt.Sprint(40000000 + i))
			codes[code]++
		}
		if codes[http.StatusTooManyRequests] == 0 {
			t.Errorf("one may search without end: %v", codes)
		}
		codes = map[int]int{}
		for i := range mostRegistrations + 1 {
			f.Set("number", "12345678")
			f.Set("name", fmt.Sprint("Zaak ", i))
			codes[x.ask("boris", "POST", "/organisations/new", f).Code]++
		}
		if codes[http.StatusTooManyRequests] == 0 {
			t.Errorf("one may register without end: %v", codes)
		}
		// No page lists organisations to whom they are not: only one's own.
		if body := x.ask("boris", "GET", "/organisations?q=", nil).Body.String(); !strings.Contains(body, "Smederij Vonk") || strings.Contains(body, "De Korst") || strings.Contains(body, "Leverancier") {
			t.Errorf("boris sees: %s", body)
		}
	})
}

// The link of an invitation is opened by scanners of mail: only a form that is sent uses it up, and
// its secret stands in no other address.
func TestInvitationIsConsumedByPostOnly(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		x := newTown(t, d)
		token := x.invitation("iemand@people.example")
		link := "/invitation/" + token
		for _, who := range []string{"", "nina", "boris", "owner"} {
			for _, method := range []string{"GET", "HEAD"} {
				got := x.ask(who, method, link, nil)
				if got.Code != 200 || got.Header().Get("Cache-Control") != "no-store" || got.Header().Get("Referrer-Policy") != "strict-origin" {
					t.Errorf("%s %q: %d %v", method, who, got.Code, got.Header())
				}
			}
		}
		got := x.ask("", "POST", link, url.Values{})
		if got.Code != http.StatusSeeOther || strings.Contains(got.Header().Get("Location"), token) || got.Header().Get("Location") != "/sign-in?to=%2Finvitation" {
			t.Fatalf("%d %s", got.Code, got.Header().Get("Location"))
		}
		cookie := got.Result().Cookies()[0]
		if !cookie.HttpOnly || cookie.Path != "/invitation" || cookie.SameSite != http.SameSiteLaxMode {
			t.Errorf("%+v", cookie)
		}
		if got := x.ask("nina", "POST", link, url.Values{}); got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/o/"+x.a.String()+"?done=joined" {
			t.Fatalf("%d %s", got.Code, got.Header().Get("Location"))
		}
		used, unknown := x.ask("boris", "GET", link, nil), x.ask("boris", "GET", "/invitation/"+strings.Repeat("A", 43), nil)
		same := func(rec interface{ String() string }, id string) string {
			return strings.ReplaceAll(rec.String(), id, "")
		}
		if used.Code != http.StatusGone || unknown.Code != used.Code ||
			same(used.Body, used.Header().Get("X-Request-Id")) != same(unknown.Body, unknown.Header().Get("X-Request-Id")) {
			t.Errorf("used %d, unknown %d", used.Code, unknown.Code)
		}
		if got := x.ask("boris", "POST", link, url.Values{}); got.Code != http.StatusGone {
			t.Errorf("used again: %d", got.Code)
		}
		if got := x.ask("boris", "GET", "/invitation", nil); got.Code != http.StatusNotFound {
			t.Errorf("without a cookie: %d", got.Code)
		}
	})
}

// Where who is signed in is led.
func TestHomeLeadsTheWay(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		x := newTown(t, d)
		for who, want := range map[string]string{"owner": "/organisations", "member": "/organisations", "boris": "/o/" + x.b.String(), "nina": "/organisations/new", "analyst": "/desk", "": "/sign-in?to=%2Fhome"} {
			if got := x.ask(who, "GET", "/home", nil); got.Code != http.StatusSeeOther || got.Header().Get("Location") != want {
				t.Errorf("%q: %d %s, want %s", who, got.Code, got.Header().Get("Location"), want)
			}
		}
	})
}

// Who may not change anything is not told to, but who can.
func TestHomeAsksWhoCan(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		x := newTown(t, d)
		for who, reads := range map[string]bool{"owner": false, "member": true} {
			page := x.ask(who, "GET", "/o/"+x.a.String(), nil).Body.String()
			if strings.Contains(page, "An owner or security contact can do this") != reads || strings.Contains(page, "What you can do now") == reads {
				t.Errorf("the home of %s: told what others have to do: %v", who, !reads)
			}
			if strings.Contains(page, "Invite a second owner") == reads {
				t.Errorf("%s is asked to invite an owner, or not, where the other is so", who)
			}
		}
	})
}

// Staff find organisations by what people say on the telephone, and page through all of them.
func TestDeskFinds(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("adviser", actor.Adviser)
		var file strings.Builder
		file.WriteString(header)
		for i := range 130 {
			fmt.Fprintf(&file, "R%03d,%s Zaak %03d,2%07d,C,Utrecht,12,nl,\n", i, []string{"alfa", "Beta", "Ångström", "beta"}[i%4], i, i)
		}
		if _, err := w.dir.Import(w.ctx, strings.NewReader(file.String())); err != nil {
			t.Fatal(err)
		}
		for q, want := range map[string]int{"R007": 1, "r007": 1, "2 0000007": 1, "20000.007": 1, "beta": 50, "BETA zaak 00": 5, "Zaak": 0, "%": 0, "nergens.example": 0} {
			f, err := w.dir.Search(w.as("adviser"), q, Cursor{}, 50)
			if err != nil || len(f.List) != want {
				t.Errorf("%q: %d, %v", q, len(f.List), err)
			}
		}
		seen, after, pages := map[db.ID]bool{}, Cursor{}, 0
		for {
			f, err := w.dir.Search(w.as("adviser"), "", after, 20)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range f.List {
				if seen[o.ID] {
					t.Fatalf("%s comes twice", o.Name)
				}
				seen[o.ID] = true
			}
			if pages++; f.Next == (Cursor{}) {
				break
			}
			after = readCursor(f.Next.String())
		}
		if len(seen) != 130 || pages != 7 {
			t.Errorf("%d organisations on %d pages", len(seen), pages)
		}
	})
}
