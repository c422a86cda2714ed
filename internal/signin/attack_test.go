package signin

import (
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit"
)

// A link that somebody else opened is worth nothing once the person signs in after all, also when its
// button was pressed before that and the enrolment is kept open.
func TestUsedLinkEndsWhenThePersonSignsIn(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		p := f.person("anna@people.example", "Anna", 0)
		var path string
		f.write(func(tx *db.Tx) (err error) { path, err = f.s.newLink(f.ctx, tx, p.ID, "lost"); return err })
		thief := f.visitor()
		thief.leads(thief.post(path), "/register/factor")
		thief.leads(thief.post("/register/password", "password", "heel andere zin 9"), "/register/app")
		f.clock.Advance(8 * time.Minute)
		thief.leads(thief.post("/register/password", "password", "heel andere zin 9"), "/register/app")
		owner := f.visitor()
		owner.signIn(p)
		a := thief.get("/register/app")
		if a.Status != 410 {
			t.Errorf("the enrolment goes on: %d", a.Status)
		}
		secret := f.secretIn(thief)
		if secret != nil {
			thief.post("/register/app", "code", f.appOf(secret))
		}
		if a := owner.get("/home"); a.Status != 200 || !strings.Contains(a.Body, "Anna") {
			t.Errorf("the person was thrown out: %d", a.Status)
		}
		if n := f.count("signin_totp", "account_id = ?1", p.ID); n != 1 {
			t.Errorf("%d apps", n)
		}
	})
}

// secretIn is the app's secret of the enrolment of a visitor; nil when there is none.
func (f *town) secretIn(v *visitor) []byte {
	e, err := f.s.enrolment(f.ctx, v.cookie(f.s.way))
	if err != nil {
		return nil
	}
	return e.Secret
}

// Nobody fills the room for visits to providers by asking again and again: single sign-on goes on for
// others.
func TestOIDCVisitsAreRationed(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		v := h.guest()
		refused := 0
		for range rations["provider"].network + 5 {
			if w := v.ask("POST", "/sign-in/with/rijk", nil); w.status == 429 {
				refused++
			}
		}
		if refused != 5 {
			t.Errorf("%d were refused", refused)
		}
	})
}

// Recovery codes that nobody has said to have saved are shown to who has just shown a factor: a session
// that was left or stolen gives none of them.
func TestRecoveryCodesAskForAFreshFactor(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		p := f.person("anna@people.example", "Anna", 0)
		v := f.as(p)
		v.leads(v.post("/account/codes"), "/account/codes")
		if a := v.get("/account/codes"); a.Status != 200 || strings.Count(a.Body, "-") < 50 {
			t.Fatalf("%d", a.Status)
		}
		f.clock.Advance(11 * time.Minute)
		if a := v.get("/account/codes"); a.Status != 303 || !strings.HasPrefix(a.Location, "/sign-in/confirm") {
			t.Errorf("shown to a session that is not fresh: %d %s", a.Status, a.Location)
		}
		v.leads(v.post("/sign-in/confirm", "code", f.app(p), "to", "/account/codes"), "/account/codes")
		if a := v.get("/account/codes"); a.Status != 200 {
			t.Errorf("%d", a.Status)
		}
	})
}

// Hashing is what one small machine has little of: whoever may choose a password cannot have it hashed
// without end, or nobody else signs in.
func TestNewPasswordsAreRationed(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		f := open(t, d)
		v := f.visitor()
		v.post("/register", "name", "Mallory", "mail", "mallory@people.example")
		v.leads(v.post("/register/code", "code", f.code("mallory@people.example")), "/register/factor")
		before := f.s.hashed.Load()
		for range 60 {
			v.post("/register/password", "password", goodPassword)
		}
		if n := f.s.hashed.Load() - before; n > mostNewPasswords {
			t.Errorf("%d passwords hashed in one enrolment", n)
		}
		s := f.as(f.person("anna@people.example", "Anna", 0))
		before = f.s.hashed.Load()
		for range 60 {
			s.post("/account/password", "password", goodPassword)
		}
		if n := f.s.hashed.Load() - before; n > mostNewPasswords {
			t.Errorf("%d passwords hashed for one person", n)
		}
	})
}

// A name that turns text around, or holds what cannot be seen, is somebody else's to whoever reads it: it
// stands in invitations and in the lists of administrators.
func TestNamesThatDeceive(t *testing.T) {
	for _, s := range []string{"Anna \u202egro.knab", "Anna\u200b", "Anna\u2066x\u2069", "\ufeffAnna", "Anna\U000e0041"} {
		if name, err := PersonName(s); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
	for _, s := range []string{"Anna van 't Hof", "محمد\u200cرضا", "Zoë", "José María"} {
		if _, err := PersonName(s); err != nil {
			t.Errorf("%q is no name", s)
		}
	}
}

// Whoever took an account over may have made tokens of its organisations: closing the account, and new
// access for its person, end those too.
func TestTokensOfATakenAccountEnd(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		for _, what := range []string{"closed", "new access"} {
			f := open(t, d)
			p := f.person(strings.ReplaceAll(what, " ", "")+"@people.example", "Anna", 0)
			admin := f.as(f.person("els"+strings.ReplaceAll(what, " ", "")+"@people.example", "Els", actor.Administrator))
			secret := ""
			f.write(func(tx *db.Tx) (err error) {
				ctx := actor.With(f.ctx, actor.Actor{Account: p.ID, Session: db.NewID(), Fresh: f.clock.Now()})
				_, secret, err = f.s.MakeToken(ctx, tx, NewToken{Name: "x", Organisation: db.NewID(), Scopes: []string{"assets:read"}, Lasts: 24 * time.Hour}, ScopesOfPlace(actor.Owner))
				return err
			})
			if a, err := f.s.BySecret(f.ctx, secret); err != nil || !a.Known() {
				t.Fatal(err)
			}
			if what == "closed" {
				admin.leads(admin.post("/desk/people/"+p.ID.String()+"/disable"), "/desk/people/"+p.ID.String()+"?done=disabled")
			} else {
				f.write(func(tx *db.Tx) error { return f.s.dropAllFactors(f.ctx, tx, p.ID) })
			}
			if a, err := f.s.BySecret(f.ctx, secret); err != nil || a.Known() {
				t.Errorf("%s: the token works, %v", what, err)
			}
		}
	})
}
