package signin

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
	"polder/internal/kit/provider"
)

func eachHouse(t *testing.T, fn func(t *testing.T, h *programHouse)) {
	kit.Each(t, programSchemas, func(t *testing.T, d *db.DB) { fn(t, openProgramHouse(t, d)) })
}

// anna is a person at the staff provider, jan one at the broker.
func (h *programHouse) anna() provider.Person {
	return provider.Person{Subject: "anna-7", Level: twoFactors, Mail: "anna@centrum.example", MailVerified: true, Name: "Anna", At: h.clock.Now().Add(-20 * time.Minute)}
}

func (h *programHouse) jan() provider.Person {
	return provider.Person{Subject: "jan-9", Level: substantial, Mail: "Jan@Bakkerij.example", MailVerified: true, Name: "Jan de Bakker", Number: "12345678", At: h.clock.Now().Add(-time.Minute)}
}

// linked makes an account that is linked to anna, as its owner would on the page.
func (h *programHouse) linked() (Account, *guest) {
	h.t.Helper()
	a := h.account("anna@centrum.example", actor.Analyst)
	v := h.guest().as(a)
	p := h.anna()
	p.At = h.clock.Now()
	h.staff.As(p)
	w := v.ask("GET", v.through(v.led(v.ask("POST", "/account/identities", url.Values{"provider": {"rijk"}}))), nil)
	if w.status != 303 || w.header.Get("Location") != "/account/identities" {
		h.t.Fatalf("not linked: %d %s", w.status, plain(w.body))
	}
	return a, v
}

func TestOIDCSignIn(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		a, _ := h.linked()
		h.staff.As(h.anna())
		v := h.guest()
		w := v.signIn("rijk")
		if w.status != 303 || w.header.Get("Location") != "/account" || v.who() != a.ID.String() {
			t.Fatalf("%d %s %s", w.status, w.header.Get("Location"), plain(w.body))
		}
		asked := h.staff.Asked()
		for name, want := range map[string]string{"response_type": "code", "code_challenge_method": "S256", "acr_values": twoFactors, "max_age": "3600", "scope": "openid email profile"} {
			if asked.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, asked.Get(name), want)
			}
		}
		if len(asked.Get("state")) != 43 || len(asked.Get("nonce")) != 43 || len(asked.Get("code_challenge")) != 43 {
			t.Errorf("state, nonce or challenge is too short: %v", asked)
		}
		// The session is as fresh as the factor that the provider saw, and no fresher: a step up is asked.
		if w := v.ask("POST", "/account/identities", url.Values{"provider": {"rijk"}}); w.status != 303 || !strings.HasPrefix(w.header.Get("Location"), "/sign-in/confirm?") {
			t.Errorf("a factor of twenty minutes ago counts as fresh: %d %v", w.status, w.header)
		}
		h.recorded("sign-in session")
		h.recorded("begun: oidc")
	})
}

func TestOIDCStepUp(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		a, v := h.linked()
		if b, err := h.s.ConfirmWith(actor.With(t.Context(), actor.Actor{Account: a.ID}), "nl", "/account"); err != nil || len(b.List) != 1 || b.List[0].Key != "rijk" {
			t.Errorf("%+v %v", b, err)
		}
		h.clock.Advance(15 * time.Minute)
		confirm := url.Values{"purpose": {"confirm"}, "to": {"/account"}}
		// Who is still signed in there but did not sign in anew has confirmed nothing.
		p := h.anna()
		p.At = h.clock.Now().Add(-5 * time.Minute)
		h.staff.As(p)
		v.isRefused(v.ask("GET", v.through(v.leave("rijk", confirm)), nil), "old")
		if h.staff.Asked().Get("prompt") != "login" {
			t.Error("the provider is not told to ask the person anew")
		}
		before := v.client.Jar.Cookies(mustURL(h.base))
		p.At = h.clock.Now()
		h.staff.As(p)
		if w := v.ask("GET", v.through(v.leave("rijk", confirm)), nil); w.status != 303 {
			t.Fatalf("%d %s", w.status, plain(w.body))
		}
		after := v.client.Jar.Cookies(mustURL(h.base))
		if before[0].Value == after[0].Value {
			t.Error("the session kept its token at a step up")
		}
		if w := v.ask("POST", "/account/identities", url.Values{"provider": {"bedrijf"}}); w.status != 200 {
			t.Errorf("after the step up: %d", w.status)
		}
		// Somebody else's identity confirms nothing.
		p.Subject = "other"
		h.staff.As(p)
		v.isRefused(v.ask("GET", v.through(v.leave("rijk", confirm)), nil), "other")
		// And whoever is not signed in has nothing to confirm.
		if w := h.guest().ask("POST", "/sign-in/with/rijk", confirm); w.status != 404 {
			t.Errorf("nobody confirms: %d", w.status)
		}
	})
}

func mustURL(s string) *url.URL { u, _ := url.Parse(s); return u }

func TestOIDCCompanySignIn(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		h.broker.As(h.jan())
		v := h.guest()
		if w := v.signIn("bedrijf"); w.status != 303 || v.who() == "" {
			t.Fatalf("%d %s", w.status, plain(w.body))
		}
		var a Account
		var numbers []string
		err := h.db.Read(t.Context(), func(tx *db.Tx) (err error) {
			if a, err = accountByMail(t.Context(), tx, "jan@bakkerij.example"); err == nil {
				numbers, err = RegistrationNumbers(t.Context(), tx, a.ID)
			}
			return err
		})
		if err != nil || a.Name != "Jan de Bakker" || a.Staff != 0 || !slices.Equal(numbers, []string{"12345678"}) {
			t.Fatalf("%+v %v %v", a, numbers, err)
		}
		// Another person of the same company is another account: the number is not who somebody is.
		p := h.jan()
		p.Subject, p.Mail = "piet-3", "piet@bakkerij.example"
		h.broker.As(p)
		other := h.guest()
		if other.signIn("bedrijf"); other.who() == "" || other.who() == v.who() {
			t.Errorf("two people of one company are %q and %q", v.who(), other.who())
		}
		// The same person later, for another company: the same account.
		p = h.jan()
		p.Number, p.Mail = "87654321", "elders@elders.example"
		h.broker.As(p)
		again := h.guest()
		if again.signIn("bedrijf"); again.who() != v.who() || h.accounts() != 2 {
			t.Errorf("the person is not known again: %q %q, %d accounts", again.who(), v.who(), h.accounts())
		}
		if err := h.db.Read(t.Context(), func(tx *db.Tx) (err error) { numbers, err = RegistrationNumbers(t.Context(), tx, a.ID); return err }); err != nil || !slices.Equal(numbers, []string{"87654321"}) {
			t.Errorf("%v %v", numbers, err)
		}
	})
}

// Defect class 8: taking an account over by a claim of its mail address.
func TestOIDCNeverLinksByMail(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		h.account("jan@bakkerij.example", 0)
		h.broker.As(h.jan())
		v := h.guest()
		v.isRefused(v.signIn("bedrijf"), "mail_taken")
		if v.who() != "" || h.accounts() != 1 {
			t.Errorf("%q, %d accounts", v.who(), h.accounts())
		}
		// Nor for staff, where nobody gets an account by coming in.
		h.account("anna@centrum.example", actor.Administrator)
		h.staff.As(h.anna())
		v.isRefused(v.signIn("rijk"), "unknown")
		// An address that the provider did not check makes no account.
		p := h.jan()
		p.Mail, p.MailVerified = "nieuw@bakkerij.example", false
		h.broker.As(p)
		v.isRefused(v.signIn("bedrijf"), "no_mail")
		p.Mail, p.MailVerified = "", true
		h.broker.As(p)
		v.isRefused(v.signIn("bedrijf"), "no_mail")
		if h.accounts() != 2 || v.who() != "" {
			t.Errorf("%d accounts", h.accounts())
		}
		h.recorded("sign-in provider bedrijf refused: mail_taken")
	})
}

func TestOIDCLevelTooLow(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		h.linked()
		for _, level := range []string{"", "urn:example:one-factor", twoFactors + "x", strings.ToUpper(twoFactors), substantial} {
			p := h.anna()
			p.Level = level
			h.staff.As(p)
			v := h.guest()
			v.isRefused(v.signIn("rijk"), "level")
		}
	})
}

func TestOIDCSignedInTooLongAgo(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		h.linked()
		for _, c := range []struct {
			at     time.Time
			reason string
		}{{h.clock.Now().Add(-62 * time.Minute), "old"}, {time.Unix(0, 0), "old"}, {h.clock.Now().Add(5 * time.Minute), "mismatch"}} {
			p := h.anna()
			p.At = c.at
			h.staff.As(p)
			v := h.guest()
			v.isRefused(v.signIn("rijk"), c.reason)
		}
	})
}

func TestOIDCStateIsOfUseOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		h.linked()
		h.staff.As(h.anna())
		v := h.guest()
		back := v.through(v.leave("rijk", url.Values{}))
		// In another browser it is worth nothing, and does not use it up.
		stranger := h.guest()
		stranger.isRefused(stranger.ask("GET", back, nil), "stale")
		stranger.leave("rijk", url.Values{}) // also not with a visit of its own
		stranger.isRefused(stranger.ask("GET", back, nil), "stale")
		cookies := v.client.Jar.Cookies(mustURL(h.base))
		if w := v.ask("GET", back, nil); w.status != 303 {
			t.Fatalf("%d %s", w.status, plain(w.body))
		}
		again := h.guest()
		again.client.Jar.SetCookies(mustURL(h.base), cookies)
		again.isRefused(again.ask("GET", back, nil), "stale") // replayed, with the cookie it had
		for _, change := range []func(q url.Values){func(q url.Values) { q.Del("state") }, func(q url.Values) { q.Set("state", strings.Repeat("x", 43)) }} {
			v := h.guest()
			u := mustURL(v.through(v.leave("rijk", url.Values{})))
			q := u.Query()
			change(q)
			u.RawQuery = q.Encode()
			v.isRefused(v.ask("GET", u.String(), nil), "stale")
		}
		// And only for ten minutes.
		late := h.guest()
		back = late.through(late.leave("rijk", url.Values{}))
		h.clock.Advance(visitLasts)
		late.isRefused(late.ask("GET", back, nil), "stale")
	})
}

func TestOIDCNonceMismatch(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		h.linked()
		p := h.anna()
		p.Nonce = strings.Repeat("n", 43)
		h.staff.As(p)
		v := h.guest()
		v.isRefused(v.signIn("rijk"), "mismatch")
	})
}

// A provider that answers for another, and an answer of one that is brought to the way back of the
// other.
func TestOIDCIssuerMixUp(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		h.linked()
		h.staff.As(h.anna())
		h.broker.As(h.jan())
		v := h.guest()
		back := v.through(v.leave("rijk", url.Values{}))
		v.isRefused(v.ask("GET", strings.Replace(back, "/with/rijk/", "/with/bedrijf/", 1), nil), "stale")
		v = h.guest()
		back = v.through(v.leave("rijk", url.Values{}))
		v.isRefused(v.ask("GET", back+"&iss="+url.QueryEscape(h.broker.Issuer), nil), "mismatch")
		// A code of the one, redeemed at the other.
		w := h.guest()
		code := mustURL(w.through(w.leave("bedrijf", url.Values{}))).Query().Get("code")
		v = h.guest()
		u := mustURL(v.through(v.leave("rijk", url.Values{})))
		q := u.Query()
		q.Set("code", code)
		u.RawQuery = q.Encode()
		v.isRefused(v.ask("GET", u.String(), nil), "mismatch")
	})
}

// forger is a provider that signs whatever it is told to.
type forger struct {
	issuer string
	key    *rsa.PrivateKey
	claims func(nonce string) map[string]any
	nonce  string
}

func startForger(t *testing.T) *forger {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	f := &forger{key: key}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": f.issuer, "authorization_endpoint": f.issuer + "/authorize", "token_endpoint": f.issuer + "/token",
			"jwks_uri": f.issuer + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		f.nonce = q.Get("nonce")
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {"c"}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "k"))
		if err != nil {
			t.Error(err)
			return
		}
		payload, _ := json.Marshal(f.claims(f.nonce))
		signed, err := signer.Sign(payload)
		if err != nil {
			t.Error(err)
			return
		}
		token, _ := signed.CompactSerialize()
		answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": token})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	f.issuer = server.URL
	return f
}

func TestOIDCForgedTokens(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		victim, _ := h.linked()
		f := startForger(t)
		h.s.set.Providers = append(h.s.set.Providers, Provider{Key: "vals", Name: map[string]string{"nl": "Bedrijf", "en": "Bedrijf"}, Issuer: f.issuer, ClientID: "polder", Secret: "x", Levels: []string{"high"}, MaxAge: time.Hour, Create: true})
		now := h.clock.Now()
		good := func(nonce string) map[string]any {
			return map[string]any{"iss": f.issuer, "sub": "anna-7", "aud": "polder", "nonce": nonce, "acr": "high", "auth_time": now.Unix(),
				"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "email": "nieuw@vals.example", "email_verified": true}
		}
		for name, c := range map[string]struct {
			change func(m map[string]any)
			reason string
		}{
			"issuer of another":           {func(m map[string]any) { m["iss"] = h.staff.Issuer }, "mismatch"},
			"no issuer":                   {func(m map[string]any) { delete(m, "iss") }, "mismatch"},
			"for somebody else":           {func(m map[string]any) { m["aud"] = "other" }, "mismatch"},
			"for several, given to other": {func(m map[string]any) { m["aud"], m["azp"] = []string{"polder", "other"}, "other" }, "mismatch"},
			"for several, given to none":  {func(m map[string]any) { m["aud"] = []string{"polder", "other"} }, "mismatch"},
			"given to another":            {func(m map[string]any) { m["azp"] = "other" }, "mismatch"},
			"no nonce":                    {func(m map[string]any) { delete(m, "nonce") }, "mismatch"},
			"past its end":                {func(m map[string]any) { m["exp"] = now.Add(-time.Minute).Unix() }, "mismatch"},
			"no subject":                  {func(m map[string]any) { delete(m, "sub") }, "mismatch"},
			"no level":                    {func(m map[string]any) { delete(m, "acr") }, "level"},
			"a list of levels":            {func(m map[string]any) { m["acr"] = []string{"high"} }, "level"},
			"no time":                     {func(m map[string]any) { delete(m, "auth_time") }, "old"},
			"time as text":                {func(m map[string]any) { m["auth_time"] = "now" }, "old"},
			"the address of the victim":   {func(m map[string]any) { m["email"] = victim.Mail }, "mail_taken"},
		} {
			f.claims = func(nonce string) map[string]any { m := good(nonce); c.change(m); return m }
			v := h.guest()
			w := v.signIn("vals")
			v.isRefused(w, c.reason)
			if v.who() != "" {
				t.Errorf("%s: let in", name)
			}
		}
		// The victim's subject at another issuer is somebody else.
		f.claims = good
		v := h.guest()
		if w := v.signIn("vals"); w.status != 303 || v.who() == "" || v.who() == victim.ID.String() {
			t.Errorf("%d %q", w.status, v.who())
		}
	})
}

func TestOIDCProviderOutage(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		h.linked()
		h.broker.Stop() // before anybody came
		v := h.guest()
		v.isRefused(v.ask("POST", "/sign-in/with/bedrijf", url.Values{}), "unreachable")
		v.isRefused(v.ask("POST", "/sign-in/with/bedrijf", url.Values{}), "unreachable") // at once, as it was asked a moment ago
		if !strings.Contains(h.log.String(), "a moment ago") {
			t.Error("a provider that is down is asked for every person")
		}
		if got := h.s.Providers("nl", "/"); len(got.List) != 2 || v.ask("GET", "/sign-in", nil).status != 200 {
			t.Errorf("the page to sign in misses its buttons: %+v", got)
		}
		h.staff.As(h.anna())
		back := v.through(v.leave("rijk", url.Values{}))
		h.staff.Stop() // between there and back
		v.isRefused(v.ask("GET", back, nil), "unreachable")
		if v.ask("POST", "/sign-in/with/nobody", url.Values{}).status != 404 || v.ask("GET", "/sign-in/with/nobody/callback", nil).status != 404 {
			t.Error("a provider that is not there")
		}
	})
}

func TestOIDCCancelled(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		h.staff.As(provider.Person{Refuses: true})
		v := h.guest()
		v.isRefused(v.signIn("rijk"), "cancelled")
		u := mustURL(v.leave("rijk", url.Values{}))
		v.isRefused(v.ask("GET", h.base+"/sign-in/with/rijk/callback?error=server_error&state="+u.Query().Get("state"), nil), "provider")
	})
}

// Nobody is sent to a provider, and so signed in as somebody else, by another site or a mail.
func TestOIDCStartsOnlyHere(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		v := h.guest()
		if w := v.ask("GET", "/sign-in/with/rijk", nil); w.status != 405 && w.status != 404 {
			t.Errorf("a link starts it: %d", w.status)
		}
		if w := v.ask("POST", "/sign-in/with/rijk", url.Values{}, "Sec-Fetch-Site: cross-site"); w.status != 403 {
			t.Errorf("another site starts it: %d", w.status)
		}
		for _, to := range []string{"https://evil.example/", "//evil.example", "/\\evil.example"} {
			h.broker.As(h.jan())
			v := h.guest()
			if w := v.ask("GET", v.through(v.leave("bedrijf", url.Values{"to": {to}})), nil); w.header.Get("Location") != "/" {
				t.Errorf("%q leads to %q", to, w.header.Get("Location"))
			}
		}
	})
}

func TestOIDCLinkAndUnlink(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		a, v := h.linked()
		if err := h.queue.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if mails := h.box.Mails(); len(mails) != 1 || mails[0].EnvelopeTo[0] != a.Mail {
			t.Errorf("%d mails about the link", len(mails))
		}
		page := v.ask("GET", "/account/identities", nil)
		if page.status != 200 || !strings.Contains(page.body, "Rijk") || !strings.Contains(page.body, `value="bedrijf"`) || strings.Contains(page.body, `value="rijk"`) {
			t.Errorf("%d %s", page.status, plain(page.body))
		}
		// Another account cannot take it over, nor see or remove it.
		b := h.account("bram@centrum.example", 0)
		other := h.guest().as(b)
		other.isRefused(other.ask("GET", other.through(other.led(other.ask("POST", "/account/identities", url.Values{"provider": {"rijk"}}))), nil), "taken")
		list, err := h.s.Identities(actor.With(t.Context(), actor.Actor{Account: a.ID}))
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		remove := "/account/identities/" + list[0].ID.String() + "/remove"
		if w := other.ask("POST", remove, url.Values{}); w.status != 404 {
			t.Errorf("another removes it: %d", w.status)
		}
		if w := h.guest().ask("POST", remove, url.Values{}); w.status != 404 {
			t.Errorf("nobody removes it: %d", w.status)
		}
		if w := v.ask("POST", "/account/identities/x/remove", url.Values{}); w.status != 404 {
			t.Errorf("no id: %d", w.status)
		}
		// The visit of one session does not link to another.
		address := v.led(v.ask("POST", "/account/identities", url.Values{"provider": {"bedrijf"}}))
		p := h.jan()
		p.At = h.clock.Now()
		h.broker.As(p)
		back := v.through(address)
		v.as(b)
		v.isRefused(v.ask("GET", back, nil), "stale")
		v.as(a)
		// The last way in stays; with another it goes.
		if w := v.ask("POST", remove, url.Values{}); w.status != 409 {
			t.Errorf("the last way in is taken away: %d", w.status)
		}
		if w := v.ask("GET", v.through(v.led(v.ask("POST", "/account/identities", url.Values{"provider": {"bedrijf"}}))), nil); w.status != 303 {
			t.Fatalf("%d %s", w.status, plain(w.body))
		}
		if w := v.ask("POST", remove, url.Values{}); w.status != 303 {
			t.Errorf("%d %s", w.status, plain(w.body))
		}
		h.staff.As(h.anna())
		out := h.guest()
		out.isRefused(out.signIn("rijk"), "unknown")
		// Without a fresh factor nothing changes.
		h.clock.Advance(11 * time.Minute)
		for _, path := range []string{"/account/identities", remove} {
			if w := v.ask("POST", path, url.Values{"provider": {"rijk"}}); w.status != 303 || !strings.HasPrefix(w.header.Get("Location"), "/sign-in/confirm") {
				t.Errorf("%s without a fresh factor: %d", path, w.status)
			}
		}
		h.recorded("linked to provider rijk")
		h.recorded("unlinked from a provider")
		if left := h.pages.templates.Unexecuted(); slices.Contains(left, "identities/main") || slices.Contains(left, "with_go/main") {
			t.Errorf("never shown: %v", left)
		}
	})
}

func TestOIDCDisabledAccount(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		a, _ := h.linked()
		err := h.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE signin_account SET state = 'disabled' WHERE id = ?1`, a.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		h.staff.As(h.anna())
		v := h.guest()
		v.isRefused(v.signIn("rijk"), "disabled")
	})
}

// Signing in ends what was signed in in this browser: no session is fixed on somebody.
func TestOIDCSignInEndsTheSessionBefore(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		b := h.account("bram@centrum.example", 0)
		v := h.guest().as(b)
		old := v.client.Jar.Cookies(mustURL(h.base))
		h.broker.As(h.jan())
		if v.signIn("bedrijf"); v.who() == "" || v.who() == b.ID.String() {
			t.Fatalf("signed in as %q", v.who())
		}
		before := h.guest()
		before.client.Jar.SetCookies(mustURL(h.base), old)
		if before.who() != "" {
			t.Error("the session before goes on")
		}
	})
}

// Defect class 26: nothing of what passes is in the log or the record.
func TestOIDCSecretsAreNotLogged(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		h.linked()
		h.staff.As(h.anna())
		v := h.guest()
		back := v.through(v.leave("rijk", url.Values{}))
		asked, came := h.staff.Asked(), mustURL(back).Query()
		v.ask("GET", back, nil)
		w := h.guest()
		w.leave("rijk", url.Values{})
		w.ask("GET", back, nil) // refused
		bad := h.guest()
		u := mustURL(bad.through(bad.leave("rijk", url.Values{})))
		q := u.Query()
		q.Set("code", "wrong-code-of-a-stranger")
		u.RawQuery = q.Encode()
		bad.isRefused(bad.ask("GET", u.String(), nil), "mismatch")
		everything := h.log.String() + strings.Join(h.record(), "\n")
		for _, secret := range []string{came.Get("code"), came.Get("state"), asked.Get("nonce"), asked.Get("code_challenge"), provider.Secret, "anna-7", "anna@centrum.example", "wrong-code-of-a-stranger"} {
			if strings.Contains(everything, secret) {
				t.Errorf("%q is in the log or the record", secret)
			}
		}
		if !strings.Contains(h.log.String(), "single sign-on was refused") {
			t.Error("refusals are not in the log")
		}
	})
}

// What a provider signs is still what others wrote.
func FuzzClaims(f *testing.F) {
	f.Add([]byte(`{"iss":"a","sub":"b","aud":["c"],"nonce":"n","acr":"l","auth_time":1,"email":"a@b.example","email_verified":"true","kvk":"12345678"}`))
	f.Add([]byte(`{"aud":[1,null],"auth_time":1e300,"email_verified":3}`))
	f.Add([]byte(`[]`))
	p := Provider{Issuer: "a", ClientID: "c", Levels: []string{"l"}, MaxAge: time.Hour, Number: "kvk"}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := readClaims(raw, p)
		if err != nil {
			return
		}
		if len(c.Number) > 32 {
			t.Errorf("a number of %d characters", len(c.Number))
		}
		now := time.Unix(1000, 0)
		if c.check(p, visit{Nonce: "n", Purpose: forSignIn, Begun: now}, now) == nil && (c.Issuer != "a" || c.Subject == "" || c.Nonce != "n" || c.Level != "l" || !slices.Contains(c.Audience, "c")) {
			t.Errorf("passes: %+v", c)
		}
	})
}

func TestProvidersFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("POLDER_TEST_OIDC_SECRET", "other")
	whole := `
- key: rijk
  name: {nl: Rijk, en: State}
  kind: staff
  issuer: https://sso.rijk.example
  client_id: polder
  client_secret_file: ` + secret + `
  acr: [high]
- key: herkenning
  name: {nl: eHerkenning, en: eHerkenning}
  kind: company
  issuer: https://broker.example/realms/a
  client_id: polder
  client_secret_env: POLDER_TEST_OIDC_SECRET
  acr: [loa3, loa4]
  max_age: 10m
  registration_claim: kvk
  scopes: [email]
  mail_is_verified: true
`
	list, err := readProviders(strings.NewReader(whole))
	if err != nil || len(list) != 2 || list[0].Secret != "s3cret" || list[0].Create || !list[1].Create || !list[1].Company || list[1].MaxAge != 10*time.Minute || list[1].Secret != "other" || list[1].Number != "kvk" || !list[1].Vouched {
		t.Fatalf("%+v %v", list, err)
	}
	if list, err := LoadProviders(""); err != nil || list != nil {
		t.Error(list, err)
	}
	for change, want := range map[string]string{
		"acr: [high]=>acr: []": "acr must list", "acr: [high]=>": "acr must list", "kind: staff=>kind: boss": "kind", "key: rijk=>key: a/b": "key must be",
		"https://sso.rijk.example=>http://sso.rijk.example": "https", "client_id: polder\n  client_secret_file=>client_secret_file": "client_id",
		"{nl: Rijk, en: State}=>{nl: Rijk}": "name lacks", "key: herkenning=>key: rijk": "two providers", "max_age: 10m=>max_age: 10": "max_age",
		"kind: staff=>kindd: staff": "kindd", "POLDER_TEST_OIDC_SECRET=>POLDER_NOT_SET": "no client secret", secret + "=>/nowhere": "cannot be read",
	} {
		from, to, _ := strings.Cut(change, "=>")
		_, err := readProviders(strings.NewReader(strings.Replace(whole, from, to, 1)))
		if !isFault(err, fault.Invalid, "") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", change, err)
		}
	}
	if _, err := LoadProviders(filepath.Join(t.TempDir(), "none")); !isFault(err, fault.Invalid, "") || !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
