package signin

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/kit"
	"polder/internal/seal"
	"polder/internal/web"
)

// Whoever lost everything comes back by the mailbox, two people of staff and a day; none of these
// alone is enough, and whoever can still sign in stops it.
func TestLostEverything(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		anna := f.person("anna@bakkerij.example", "Anna", 0)
		els, ab, ed := f.person("els@centrum.example", "Els", actor.Administrator), f.person("ab@centrum.example", "Ab", actor.Adviser), f.person("ed@centrum.example", "Ed", actor.Editor)
		inside := f.as(anna)
		const statement = "Mijn collega Piet Jansen, hoofd ICT, 010 000 0000"
		ask := func() string {
			v := f.visitor()
			v.leads(v.post("/sign-in/lost", "mail", anna.Mail), "/sign-in/lost/code")
			code := f.code(anna.Mail)
			if a := v.post("/sign-in/lost/code", "code", code, "statement", "kort"); a.Status != 422 {
				t.Errorf("without a word of who vouches: %d", a.Status)
			}
			v.leads(v.post("/sign-in/lost/code", "code", code, "statement", statement), "/sign-in/lost/asked")
			var id db.ID
			f.write(func(tx *db.Tx) error {
				l, err := openLost(f.ctx, tx, anna.ID)
				id = l.ID
				return err
			})
			return "/desk/recovery/" + id.String()
		}
		request := ask()
		if got := f.letter(anna.Mail).Subject; got != "Er is nieuwe toegang tot je account gevraagd" {
			t.Errorf("the person is told %q", got)
		}
		if n := f.count("signin_link", ""); n != 0 {
			t.Error("a mailbox alone gives a link")
		}
		again := f.visitor()
		again.leads(again.post("/sign-in/lost", "mail", anna.Mail), "/sign-in/lost/code")
		again.leads(again.post("/sign-in/lost/code", "code", f.code(anna.Mail), "statement", statement), "/sign-in/lost/asked")
		if n := f.count("signin_lost", ""); n != 1 {
			t.Errorf("%d requests, want one", n)
		}
		one, two := f.as(els), f.as(ab)
		for _, v := range []*visitor{f.as(ed), inside, f.visitor()} {
			if a := v.post(request + "/approve"); a.Status != http.StatusNotFound {
				t.Errorf("somebody without the role approves: %d", a.Status)
			}
		}
		one.leads(one.post(request+"/approve"), "/desk/recovery?done=vouched")
		if a := one.post(request + "/approve"); a.Status != http.StatusForbidden {
			t.Errorf("the same person twice: %d", a.Status)
		}
		if a := two.get("/desk/recovery"); !strings.Contains(a.Body, statement) || !strings.Contains(a.Body, "Els") {
			t.Error("the second does not see what the first saw")
		}
		two.leads(two.post(request+"/approve"), "/desk/recovery?done=vouched")
		if a := two.post(request + "/approve"); a.Status != http.StatusConflict {
			t.Errorf("a third yes: %d", a.Status)
		}
		f.clock.Advance(lostWait - time.Minute)
		if err := f.s.restore(f.ctx); err != nil {
			t.Fatal(err)
		}
		if n := f.count("signin_link", ""); n != 0 {
			t.Fatal("the link went out before the day had passed")
		}

		// The person is still signed in somewhere, and stops it.
		inside = f.as(anna)
		if a := inside.get("/account"); !strings.Contains(a.Body, "nieuwe toegang tot jouw account") {
			t.Error("the person is not told in the account")
		}
		inside.leads(inside.post("/account/recovery/cancel"), "/account/sign-in?done=cancelled")
		f.clock.Advance(time.Hour)
		if err := f.s.restore(f.ctx); err != nil {
			t.Fatal(err)
		}
		if n := f.count("signin_link", "") + f.count("signin_lost", "statement <> ''"); n != 0 {
			t.Error("a request that was stopped goes on, or is kept")
		}

		request = ask()
		one, two = f.as(els), f.as(ab)
		two.leads(two.post(request+"/refuse"), "/desk/recovery?done=refused")
		request = ask()
		one.leads(one.post(request+"/approve"), "/desk/recovery?done=vouched")
		two.leads(two.post(request+"/approve"), "/desk/recovery?done=vouched")
		f.clock.Advance(lostWait)
		inside = f.as(anna)
		f.deliver()
		for range 2 { // twice does it once
			if err := f.s.restore(f.ctx); err != nil {
				t.Fatal(err)
			}
		}
		letter := f.letter(anna.Mail)
		link := letter.Text[strings.Index(letter.Text, f.base+"/enrol/"):]
		link, _, _ = strings.Cut(link, "\n")
		v := f.visitor()
		old := link
		f.as(anna) // signs in all the same: then nobody needs a link
		if a := f.visitor().get(strings.TrimPrefix(old, f.base)); a.Status != http.StatusNotFound {
			t.Errorf("the link of somebody who can sign in: %d", a.Status)
		}
		f.write(func(tx *db.Tx) (err error) {
			link, err = f.s.newLink(f.ctx, tx, anna.ID, "lost")
			return err
		})
		v.leads(v.post(link), "/register/factor")
		if a := inside.get("/account"); a.Status != 200 {
			t.Errorf("before something new is set: %d", a.Status)
		}
		const other = "acht blauwe paraplu's"
		v.leads(v.post("/register/password", "password", other), "/register/app")
		secret := f.secretOf(v)
		v.leads(v.post("/register/app", "code", f.appOf(secret)), "/account/codes")
		if a := inside.get("/account"); a.Status != 303 {
			t.Errorf("an old session goes on: %d", a.Status)
		}
		if a := f.visitor().post("/sign-in", "mail", anna.Mail, "password", goodPassword); a.Status != 422 {
			t.Errorf("the old password: %d", a.Status)
		}
		if a := f.visitor().post("/sign-in/recovery", "mail", anna.Mail, "code", anna.codes[5]); a.Status != 422 {
			t.Errorf("an old recovery code: %d", a.Status)
		}
		v.leads(f.visitor().post("/sign-in", "mail", anna.Mail, "password", other), "/sign-in/code")
		var told []string
		for _, m := range f.deliver() {
			if m.EnvelopeTo[0] == anna.Mail {
				told = append(told, m.Subject)
			}
		}
		for _, want := range []string{"De aanvraag voor nieuwe toegang loopt", "Over een dag krijg je nieuwe toegang", "De aanvraag voor nieuwe toegang is gestopt", "De aanvraag voor nieuwe toegang is geweigerd", "Stel opnieuw in hoe je inlogt"} {
			if !slices.Contains(told, want) {
				t.Errorf("the person was not mailed %q", want)
			}
		}
	})
}

// The table of states is what the statements do: no other move happens.
func TestLostMoves(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	anna, els, ab := f.person("anna@bakkerij.example", "Anna", 0), f.person("els@centrum.example", "Els", 0), f.person("ab@centrum.example", "Ab", 0)
	all := []LostState{LostAsked, LostSeconded, LostWaiting, LostDone, LostRefused, LostCancelled}
	for _, start := range all {
		for _, end := range all {
			l := Lost{ID: db.NewID(), Account: anna.ID, Statement: "x", AskedAt: f.clock.Now()}
			var n int64
			f.write(func(tx *db.Tx) (err error) {
				if err := dropLost(f.ctx, tx, anna.ID); err != nil {
					return err
				}
				if err := insertLost(f.ctx, tx, l); err != nil {
					return err
				}
				if _, err := tx.Exec(f.ctx, `UPDATE signin_lost SET state = ?2, first_by = ?3 WHERE id = ?1`, l.ID, string(start), els.ID); err != nil {
					return err
				}
				now := f.clock.Now()
				switch end {
				case LostAsked:
				case LostSeconded:
					n, err = secondLost(f.ctx, tx, l.ID, from(end, "staff"), els.ID, now)
				case LostWaiting:
					n, err = waitLost(f.ctx, tx, l.ID, from(end, "staff"), ab.ID, now, now)
				default:
					who := map[LostState]string{LostDone: "clock", LostRefused: "staff", LostCancelled: "person"}[end]
					n, err = endLost(f.ctx, tx, l.ID, from(end, who), end, now)
				}
				return err
			})
			if _, allowed := lostMoves[[2]LostState{start, end}]; (n == 1) != allowed {
				t.Errorf("from %s to %s: %d rows, allowed %v", start, end, n, allowed)
			}
		}
	}
}

// A person sees all that is kept, takes it along, and is forgotten: an id without a person stays.
func TestExportAndForget(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		p := f.person("anna@bakkerij.example", "Anna Jansen", 0)
		f.passkey(p, "Telefoon")
		var told []db.ID
		refuse := true
		f.s.OnForget(func(_ context.Context, _ *db.Tx, account db.ID) error {
			if refuse {
				return fault.New(fault.Conflict, "signin.wrong.last_way")
			}
			told = append(told, account)
			return nil
		})
		f.s.OnExport("organisations", func(_ context.Context, _ *db.Tx, account db.ID) (any, error) {
			return []string{"eigenaar van Bakkerij"}, nil
		})
		v := f.as(p)
		a := v.get("/account/export")
		var x map[string]any
		if err := json.Unmarshal([]byte(a.Body), &x); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"anna@bakkerij.example", "Anna Jansen", "Telefoon", "eigenaar van Bakkerij", "Firefox Linux"} {
			if !strings.Contains(a.Body, want) {
				t.Errorf("the export lacks %q", want)
			}
		}
		for _, not := range []string{"argon2id", base32Plain.EncodeToString(p.secret), v.cookie("polder_session")} {
			if strings.Contains(a.Body, not) {
				t.Errorf("the export has %q", not)
			}
		}
		if got := slices.Sorted(maps.Keys(x)); len(got) != 9 || a.Header.Get("Content-Disposition") == "" {
			t.Errorf("the export has %q", got)
		}
		if a := v.post("/account/forget"); a.Status != http.StatusConflict || f.count("signin_account", "mail = 'anna@bakkerij.example'") != 1 {
			t.Errorf("one who still needs the person refuses: %d", a.Status)
		}
		refuse = false
		v.leads(v.post("/account/forget"), "/sign-in?done=forgotten")
		if !slices.Equal(told, []db.ID{p.ID}) {
			t.Errorf("told of %v", told)
		}
		if got := f.letter("anna@bakkerij.example").Subject; got != "We zijn je vergeten" {
			t.Errorf("the last mail is %q", got)
		}
		for table, want := range map[string]int{"signin_passkey": 0, "signin_password": 0, "signin_totp": 0, "signin_recovery": 0, "signin_session": 0, "signin_lost": 0, "signin_account": 1} {
			if n := f.count(table, ""); n != want {
				t.Errorf("%d rows in %s, want %d", n, table, want)
			}
		}
		if n := f.count("signin_account", "state = 'forgotten' AND mail = '' AND name = '' AND id = ?1", p.ID); n != 1 {
			t.Error("the person is still there")
		}
		again := f.person("anna@bakkerij.example", "Anna", 0) // the address is free
		v.leads(f.visitor().signIn(again), "/home")
	})
}

// The only administrator stays.
func TestLastAdministratorStays(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	p := f.person("els@centrum.example", "Els", actor.Administrator)
	if a := f.as(p).post("/account/forget"); a.Status != http.StatusConflict {
		t.Errorf("the only administrator is forgotten: %d", a.Status)
	}
	f.person("ab@centrum.example", "Ab", actor.Administrator)
	v := f.as(p)
	v.leads(v.post("/account/forget"), "/sign-in?done=forgotten")
}

// The mail address moves by a code to the new one; one that somebody has answers the same; the old
// one is told.
func TestMove(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		p, other := f.person("anna@bakkerij.example", "Anna", 0), f.person("bob@smederij.example", "Bob", 0)
		v := f.as(p)
		taken := v.post("/account/mail", "mail", other.Mail)
		v.leads(taken, "/account/mail/code")
		if got := f.letter(other.Mail).Subject; got != "Je hebt al een account bij "+centre {
			t.Errorf("the other is told %q", got)
		}
		one := alike(v.post("/account/mail/code", "code", "000000"), other.Mail)
		free := v.post("/account/mail", "mail", "anna@elders.example")
		v.leads(free, "/account/mail/code")
		if two := alike(v.post("/account/mail/code", "code", "000000"), "anna@elders.example"); one != two {
			t.Errorf("an address that is taken shows:\n%s\n%s", one, two)
		}
		code := f.code("anna@elders.example")
		if a := f.as(other).post("/account/mail/code", "code", code); a.Status != http.StatusGone {
			t.Errorf("in another session: %d", a.Status)
		}
		v.leads(v.post("/account/mail/code", "code", code), "/account?done=moved")
		if f.count("signin_account", "mail = 'anna@elders.example' AND id = ?1", p.ID) != 1 || f.letter(p.Mail).Subject != "Je mailadres is gewijzigd" {
			t.Error("the address did not move, or the old one was not told")
		}
		if a := v.post("/account/mail/code", "code", code); a.Status != http.StatusGone {
			t.Errorf("a code twice: %d", a.Status)
		}
	})
}

// Every change of a way to sign in is mailed, needs a fresh factor, and stands in the record.
func TestFactorChanges(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		p := f.person("anna@bakkerij.example", "Anna Jansen", 0)
		v := f.as(p)
		if a := v.post("/account/password", "password", "AnnaJansen123"); a.Status != 422 {
			t.Errorf("a password of one's own name: %d", a.Status)
		}
		v.leads(v.post("/account/password", "password", "acht blauwe paraplu's"), "/account/sign-in?done=password")
		v.leads(v.post("/account/app/new"), "/account/app")
		m := secretText.FindStringSubmatch(v.get("/account/app").Body)
		secret, err := base32Plain.DecodeString(strings.ReplaceAll(m[1], " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if a := v.get("/account/app.svg"); a.Status != 200 || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Content-Type") != "image/svg+xml" {
			t.Errorf("the picture: %d %v", a.Status, a.Header)
		}
		if a := f.visitor().get("/account/app.svg"); a.Status == 200 {
			t.Error("the picture is for everybody")
		}
		if a := v.post("/account/app", "code", f.app(p)); a.Status != 422 {
			t.Errorf("a code of the old app: %d", a.Status)
		}
		v.leads(v.post("/account/app", "code", f.appOf(secret)), "/account/sign-in?done=app")
		if a := v.post("/account/password/remove"); a.Status != 422 || f.count("signin_password", "") != 1 {
			t.Errorf("the last way in is taken away: %d", a.Status)
		}
		f.passkey(p, "Telefoon")
		v.leads(v.post("/account/password/remove"), "/account/sign-in?done=removed")
		if f.count("signin_password", "")+f.count("signin_totp", "") != 0 {
			t.Error("password or app is still there")
		}
		v.leads(v.post("/account/codes"), "/account/codes")
		v.leads(v.post("/account/codes/saved"), "/home")
		if a := v.get("/account/codes"); a.Status != http.StatusGone {
			t.Errorf("the codes are shown again: %d", a.Status)
		}
		var told []string
		for _, m := range f.deliver() {
			told = append(told, m.Subject)
		}
		if want := []string{"Je wachtwoord is gewijzigd", "Er is een app voor codes gekoppeld", "Je wachtwoord is weggehaald", "Je herstelcodes zijn vernieuwd"}; !slices.Equal(slices.Sorted(slices.Values(told)), slices.Sorted(slices.Values(want))) {
			t.Errorf("mailed %q", told)
		}
		if n := f.count("audit_event", "action = 'factor' AND actor = ?1", "account:"+p.ID.String()); n != 4 {
			t.Errorf("%d events in the record", n)
		}
		f.clock.Advance(actor.StepUp)
		for _, path := range []string{"/account/password", "/account/app/new", "/account/password/remove", "/account/codes", "/account/mail", "/account/forget"} {
			if a := v.post(path); a.Status != 303 || !strings.HasPrefix(a.Location, "/sign-in/confirm") {
				t.Errorf("%s without a fresh factor: %d %s", path, a.Status, a.Location)
			}
		}
		who, _ := f.s.ByToken(f.ctx, v.cookie("polder_session"))
		ctx := actor.With(f.ctx, who)
		_, add := f.s.AddPasskey(ctx)
		_, set := f.s.SetPassword(ctx, goodPassword)
		_, export := f.s.Export(ctx)
		for name, err := range map[string]error{"add": add, "set": set, "export": export, "codes": f.s.NewCodes(ctx), "forget": f.s.Forget(ctx), "move": f.s.AskMove(ctx, "x", "a@b.example"), "remove": f.s.RemovePassword(ctx)} {
			if fault.KindOf(err) != fault.Denied {
				t.Errorf("the verb %s trusts its caller: %v", name, err)
			}
		}
	})
}

// Two that each take away one of the last two ways in leave one.
func TestLastTwoAtOnce(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		for range 5 {
			p := f.person(db.NewID().String()[24:]+"@bakkerij.example", "Anna", 0)
			f.passkey(p, "Telefoon")
			who, _ := f.s.ByToken(f.ctx, f.as(p).cookie("polder_session"))
			ctx := actor.With(f.ctx, who)
			var key db.ID
			f.write(func(tx *db.Tx) error {
				return tx.One(f.ctx, `SELECT id FROM signin_passkey WHERE account_id = ?1`, []any{p.ID}, &key)
			})
			done := make(chan error, 2)
			go func() { done <- f.s.RemovePasskey(ctx, key.String()) }()
			go func() { done <- f.s.RemovePassword(ctx) }()
			a, b := <-done, <-done
			if (a == nil) == (b == nil) || f.count("signin_passkey", "account_id = ?1", p.ID)+f.count("signin_password", "account_id = ?1", p.ID) != 1 {
				t.Errorf("both went: %v, %v", a, b)
			}
		}
	})
}

// The list of sessions is one's own; ending one or all others holds at once.
func TestSessions(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	p := f.person("anna@bakkerij.example", "Anna", 0)
	here, there, third := f.as(p), f.as(p), f.as(p)
	other, _ := f.s.ByToken(f.ctx, there.cookie("polder_session"))
	here.leads(here.post("/account/sessions/"+other.Session.String()+"/end"), "/account/sessions?done=ended")
	if a := there.get("/account"); a.Status != 303 {
		t.Errorf("the ended session: %d", a.Status)
	}
	here.leads(here.post("/account/sessions/others"), "/account/sessions?done=ended")
	if a := third.get("/account"); a.Status != 303 {
		t.Errorf("the other session: %d", a.Status)
	}
	if a := here.get("/account/sessions"); a.Status != 200 || !strings.Contains(a.Body, "op één plek") {
		t.Errorf("here: %d", a.Status)
	}
	f.clock.Advance(2*time.Hour + time.Second) // idle
	if a := here.get("/account"); a.Status != 303 {
		t.Errorf("an idle session: %d", a.Status)
	}
	busy := f.as(p)
	for range 13 {
		f.clock.Advance(time.Hour)
		busy.get("/account")
	}
	if a := busy.get("/account"); a.Status != 303 {
		t.Errorf("a session at its limit: %d", a.Status)
	}
}

// Who comes by single sign-on: the buttons are there, that way counts as one, a first way in of our own
// brings recovery codes, and new access takes what was linked away.
func TestSingleSignOnBesideFactors(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.s.set.Providers = []Provider{{Key: "rijk", Issuer: "https://rijk.example", Name: map[string]string{"nl": "Rijk", "en": "Rijk"}}}
		p := &person{}
		f.write(func(tx *db.Tx) (err error) {
			if p.Account, err = f.s.add(f.ctx, tx, "anna@bakkerij.example", "Anna", "nl", 0); err != nil {
				return err
			}
			return insertIdentity(f.ctx, tx, Identity{ID: db.NewID(), Account: p.ID, Issuer: "https://rijk.example", Subject: "1", Made: true, LinkedAt: f.clock.Now(), SeenAt: f.clock.Now()})
		})
		if a := f.visitor().get("/sign-in?to=%2Faccount"); !strings.Contains(a.Body, `action="/sign-in/with/rijk"`) || !strings.Contains(a.Body, `name="to" value="/account"`) {
			t.Error("the page to sign in has no button for the provider")
		}
		v := f.as(p)
		if a := v.get("/sign-in/confirm"); !strings.Contains(a.Body, `action="/sign-in/with/rijk"`) {
			t.Error("the page to confirm has no button for the provider")
		}
		if a := v.get("/account"); strings.Contains(a.Body, "herstelcodes") {
			t.Error("somebody without a way in of our own is told to make recovery codes")
		}
		v.leads(v.post("/account/password", "password", goodPassword), "/account/app")
		m := secretText.FindStringSubmatch(v.get("/account/app").Body)
		p.secret, _ = base32Plain.DecodeString(strings.ReplaceAll(m[1], " ", ""))
		v.leads(v.post("/account/app", "code", f.app(p)), "/account/codes")
		if n := f.count("signin_recovery", "account_id = ?1", p.ID); n != recoveryCodes {
			t.Errorf("%d recovery codes came with the first way in", n)
		}
		v.leads(v.post("/account/codes/saved"), "/account/sign-in")
		v.leads(v.post("/account/password/remove"), "/account/sign-in?done=removed") // the provider is left
		var link string
		f.write(func(tx *db.Tx) (err error) { link, err = f.s.newLink(f.ctx, tx, p.ID, "lost"); return err })
		w := f.visitor()
		w.leads(w.post(link), "/register/factor")
		w.leads(w.post("/register/password", "password", goodPassword), "/register/app")
		w.leads(w.post("/register/app", "code", f.appOf(f.secretOf(w))), "/account/codes")
		if n := f.count("signin_identity", ""); n != 0 {
			t.Error("what was linked before still opens the account")
		}
	})
}

// BenchmarkSessionCheck is what every page of a signed-in person pays.
func BenchmarkSessionCheck(b *testing.B) {
	clock := &kit.Clock{}
	s := New(kit.SQLite(b, schemas()), nil, nil, clock.Now, kit.Log(b), Settings{BaseURL: "https://polder.example", Centre: centre, Key: []byte(strings.Repeat("k", 32)), Idle: time.Hour, Longest: time.Hour})
	var token string
	err := s.db.Write(b.Context(), func(tx *db.Tx) error {
		for range 2000 {
			a, err := s.add(b.Context(), tx, db.NewID().String()+"@b.example", "Anna", "nl", 0)
			if err != nil {
				return err
			}
			for range 3 {
				if token, err = s.Begin(b.Context(), tx, a.ID, "password", ""); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	if a, _ := s.ByToken(b.Context(), token); !a.Known() || len(seal.Hash(token)) != 32 {
		b.Fatal("nobody")
	}
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := s.ByToken(b.Context(), token); err != nil {
				b.Error(err)
			}
		}
	})
}

// Every template is shown, in both languages; a value that a message lacks would panic here.
func TestEveryTemplate(t *testing.T) {
	f := open(t, kit.SQLite(t, schemas()))
	p, other := f.person("els@centrum.example", "Els", actor.Administrator|actor.Adviser), f.person("anna@bakkerij.example", "Anna", 0)
	f.passkey(p, "Telefoon")
	lost := f.visitor()
	lost.leads(lost.post("/sign-in/lost", "mail", other.Mail), "/sign-in/lost/code")
	lost.leads(lost.post("/sign-in/lost/code", "code", f.code(other.Mail), "statement", "Mijn collega Piet, 010 000 0000"), "/sign-in/lost/asked")
	v, w := f.as(p), f.as(other)
	new := f.visitor()
	new.leads(new.post("/register", "mail", "eva@bedrijf.example", "name", "Eva"), "/register/code")
	new.leads(new.post("/register/code", "code", f.code("eva@bedrijf.example")), "/register/factor")
	new.leads(new.post("/register/password", "password", goodPassword), "/register/app")
	for _, lang := range []string{"nl", "en"} {
		for _, path := range []string{"/register/factor", "/register/password", "/register/app"} {
			if a := new.get(path + "?lang=" + lang); a.Status != 200 {
				t.Errorf("%s: %d", path, a.Status)
			}
		}
		v.leads(v.post("/account/codes"), "/account/codes")
		for _, path := range []string{"/account", "/account/sign-in", "/account/sessions", "/account/data", "/account/forget", "/account/mail", "/account/password", "/account/codes", "/sign-in/confirm",
			"/desk/people", "/desk/people/" + other.ID.String(), "/desk/recovery"} {
			if a := v.get(path + "?lang=" + lang); a.Status != 200 {
				t.Errorf("%s: %d", path, a.Status)
			}
		}
		for _, path := range []string{"/register", "/sign-in", "/sign-in/recovery", "/sign-in/lost", "/sign-in/lost/asked"} {
			if a := f.visitor().get(path + "?lang=" + lang); a.Status != 200 || !strings.Contains(a.Header.Get("Content-Security-Policy"), "script-src 'self'") {
				t.Errorf("%s: %d", path, a.Status)
			}
		}
		if a := w.get("/account?lang=" + lang); a.Status != 200 {
			t.Errorf("the account of who is looked after: %d", a.Status)
		}
	}
	if left := f.pages.templates.Unexecuted(); len(left) > 0 {
		t.Errorf("templates that no page shows: %q", left)
	}
}

// BenchmarkSignedInPage is a page of a signed-in person as a whole: session, access, queries, template.
func BenchmarkSignedInPage(b *testing.B) {
	clock := &kit.Clock{}
	catalog, err := i18n.New(web.Messages, Locales())
	if err != nil {
		b.Fatal(err)
	}
	d := kit.SQLite(b, schemas())
	s := New(d, nil, catalog, clock.Now, kit.Log(b), Settings{BaseURL: "https://polder.example", Centre: centre, Key: []byte(strings.Repeat("k", 32)), Idle: time.Hour, Longest: time.Hour})
	site, err := web.New(web.Options{Name: centre, BaseURL: "https://polder.example", Catalog: catalog, People: s.People(), Now: clock.Now})
	if err != nil {
		b.Fatal(err)
	}
	s.Routes(site)
	var token string
	err = d.Write(b.Context(), func(tx *db.Tx) error {
		a, err := s.add(b.Context(), tx, "anna@b.example", "Anna", "nl", 0)
		if err == nil {
			token, err = s.Begin(b.Context(), tx, a.ID, "password", "")
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			r := httptest.NewRequestWithContext(b.Context(), "GET", "/account/sign-in", nil)
			r.AddCookie(&http.Cookie{Name: "__Host-polder_session", Value: token})
			w := httptest.NewRecorder()
			if site.ServeHTTP(w, r); w.Code != 200 {
				b.Errorf("%d", w.Code)
			}
		}
	})
}

// In a demo our clock is not that of the person's app.
func TestAppsMayRunByAnotherClock(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		anna := f.person("anna@bakkerij.example", "Anna", 0)
		theirs := f.clock.Now().Add(5 * 24 * time.Hour)
		f.s.AppsRunBy(func() time.Time { return theirs })
		code, err := totp.GenerateCode(base32Plain.EncodeToString(anna.secret), theirs)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			code string
			want bool
		}{{f.app(anna), false}, {code, true}, {code, false}} {
			f.write(func(tx *db.Tx) error {
				right, err := f.s.acceptCode(f.ctx, tx, anna.ID, c.code)
				if right != c.want {
					t.Errorf("code %s of %s: %v", c.code, theirs, right)
				}
				return err
			})
		}
	})
}

// The page that asks for the code says where it was mailed, so that a slip is seen; alike with and without an account.
func TestCodePageSaysWhereTheCodeWent(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.person("anna@bakkerij.example", "Anna", 0)
		for _, address := range []string{"anna@bakkerij.example", "nieuw@bakkerij.example"} {
			v := f.visitor()
			v.leads(v.post("/register", "name", "Anna", "mail", address), "/register/code")
			if page := v.get("/register/code").Body; !strings.Contains(page, "We hebben gemaild naar "+address) {
				t.Errorf("the page does not say that the code went to %s", address)
			}
		}
		if page := f.visitor().get("/register/code").Body; strings.Contains(page, "@bakkerij.example") {
			t.Error("somebody else's browser is told an address")
		}
	})
}
