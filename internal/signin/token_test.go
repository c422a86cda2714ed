package signin

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
)

// bearer asks the API who it is.
func (h *programHouse) bearer(secret string, path string) heard {
	return h.guest().ask("GET", path, nil, "Authorization: Bearer "+secret)
}

func (h *programHouse) form(scopes ...string) url.Values {
	return url.Values{"name": {"Nightly export"}, "scope": scopes, "days": {"30"}}
}

var shown = regexp.MustCompile(`data-copy="(polder_[A-Z2-7]{59})"`)

// make makes a token on the page and returns its secret.
func (v *guest) make(form url.Values) string {
	v.h.t.Helper()
	w := v.ask("POST", "/account/tokens", form)
	m := shown.FindStringSubmatch(w.body)
	if w.status != 200 || m == nil {
		v.h.t.Fatalf("no token was made: %d %s", w.status, plain(w.body))
	}
	return m[1]
}

func TestTokenOfStaff(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		a := h.account("anna@centrum.example", actor.Analyst)
		v := h.guest().as(a)
		if w := v.ask("GET", "/account/tokens", nil); w.status != 200 || !strings.Contains(plain(w.body), "Er zijn nog geen tokens") {
			t.Fatalf("%d %s", w.status, plain(w.body))
		}
		secret := v.make(h.form("register:read"))
		w := h.bearer(secret, "/api/v1/me")
		var me apiMe
		if err := json.Unmarshal([]byte(w.body), &me.Body); err != nil || w.status != 200 || me.Body.Account != a.ID.String() || me.Body.Organisation != "" ||
			!slices.Equal(me.Body.Scopes, []string{"register:read"}) || me.Body.Name != "Nightly export" || !me.Body.EndsAt.Equal(h.clock.Now().Add(30*24*time.Hour)) {
			t.Errorf("%d %s %v", w.status, w.body, err)
		}
		page := v.ask("GET", "/account/tokens", nil)
		if strings.Contains(page.body, secret) || !strings.Contains(page.body, "Nightly export") || !strings.Contains(page.body, h.clock.Now().UTC().Truncate(time.Hour).Format(time.RFC3339)) {
			t.Errorf("the list shows the secret again, or not the token with its last use: %s", plain(page.body))
		}
		// Only its hash is kept.
		err := h.db.Read(t.Context(), func(tx *db.Tx) error {
			var hash []byte
			err := tx.One(t.Context(), `SELECT hash FROM signin_token`, nil, &hash)
			if len(hash) != 32 || strings.Contains(string(hash), secret[7:20]) {
				t.Errorf("what is kept is %q", hash)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		h.recorded("made: register:read, until ")
		if left := h.pages.templates.Unexecuted(); slices.Contains(left, "tokens/main") {
			t.Errorf("never shown: %v", left)
		}
	})
}

// Defect class 5 and 4: a token that may more than its maker, or its maker now.
func TestTokenScopeEscalation(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		analyst, editor, person := h.account("anna@centrum.example", actor.Analyst), h.account("ed@centrum.example", actor.Editor|actor.Administrator), h.account("piet@bakkerij.example", 0)
		for _, c := range []struct {
			who    Account
			scopes []string
			status int
		}{
			{editor, []string{"register:read"}, 403}, {analyst, []string{"register:read", "assets:read"}, 403}, {analyst, []string{"organisation:write"}, 403},
			{analyst, []string{"*"}, 403}, {analyst, []string{"register"}, 403}, {analyst, []string{"register:read assets:read"}, 403}, {analyst, []string{"register:read\nassets:read"}, 403},
			{analyst, nil, 422}, {analyst, []string{""}, 403}, {person, []string{"register:read"}, 404},
		} {
			if w := h.guest().as(c.who).ask("POST", "/account/tokens", h.form(c.scopes...)); w.status != c.status || shown.MatchString(w.body) {
				t.Errorf("%s gives %q: %d, want %d", c.who.Mail, c.scopes, w.status, c.status)
			}
		}
		// Fields of others change nothing: whose the token is, is not in the form.
		form := h.form("register:read")
		for _, name := range []string{"account", "account_id", "organisation", "organisation_id", "made_by", "staff", "ends_at"} {
			form.Set(name, person.ID.String())
		}
		secret := h.guest().as(analyst).make(form)
		var me apiMe
		if err := json.Unmarshal([]byte(h.bearer(secret, "/api/v1/me").body), &me.Body); err != nil || me.Body.Account != analyst.ID.String() {
			t.Errorf("%+v %v", me.Body, err)
		}
		// A role that was taken takes its scopes.
		if err := h.s.SetStaff(t.Context(), analyst.ID, actor.Editor); err != nil {
			t.Fatal(err)
		}
		me = apiMe{}
		if err := json.Unmarshal([]byte(h.bearer(secret, "/api/v1/me").body), &me.Body); err != nil || len(me.Body.Scopes) != 0 {
			t.Errorf("%+v %v", me.Body, err)
		}
		// A token makes no tokens, and opens no pages.
		for _, path := range []string{"/account", "/account/tokens", "/account/identities"} {
			if w := h.bearer(secret, path); w.status != 303 {
				t.Errorf("a token opens %s: %d", path, w.status)
			}
		}
		ctx := actor.With(t.Context(), actor.Actor{Account: analyst.ID, Token: db.ID{1}, Fresh: h.clock.Now()})
		if _, _, err := h.s.MakeOwnToken(ctx, "x", []string{"register:read"}, time.Hour); !isFault(err, fault.Denied, "") {
			t.Errorf("a token makes a token: %v", err)
		}
	})
}

func TestTokenEnds(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		works := func(secret string) bool { return h.bearer(secret, "/api/v1/me").status == 200 }
		a := h.account("anna@centrum.example", actor.Analyst)
		v := h.guest().as(a)
		expires, revoked, disabled := v.make(h.form("register:read")), v.make(h.form("register:read")), v.make(url.Values{"name": {"b"}, "scope": {"register:read"}, "days": {"365"}})
		list, err := h.s.OwnTokens(actor.With(t.Context(), actor.Actor{Account: a.ID}))
		if err != nil || len(list) != 3 {
			t.Fatal(list, err)
		}
		other := h.account("bram@centrum.example", actor.Analyst)
		revoke := "/account/tokens/" + list[1].ID.String() + "/revoke"
		if w := h.guest().as(other).ask("POST", revoke, url.Values{}); w.status != 404 || !works(revoked) {
			t.Errorf("another revokes it: %d", w.status)
		}
		if w := h.guest().ask("POST", revoke, url.Values{}); w.status != 404 {
			t.Errorf("nobody revokes it: %d", w.status)
		}
		if w := v.ask("GET", revoke, nil); w.status == 303 || !works(revoked) {
			t.Errorf("a link revokes it: %d", w.status)
		}
		if w := v.ask("POST", revoke, url.Values{}); w.status != 303 || works(revoked) || !works(expires) {
			t.Errorf("after revoking: %d, it works: %v", w.status, works(revoked))
		}
		w := h.bearer(revoked, "/api/v1/me")
		if w.status != 401 || !strings.Contains(w.header.Get("WWW-Authenticate"), "invalid_token") || w.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%d %v", w.status, w.header)
		}
		h.clock.Advance(30*24*time.Hour - time.Second)
		if !works(expires) {
			t.Error("a second before its end it does not work")
		}
		h.clock.Advance(time.Second)
		if w := h.bearer(expires, "/api/v1/me"); w.status != 401 {
			t.Errorf("past its end: %d", w.status)
		}
		if !works(disabled) {
			t.Fatal("the third does not work")
		}
		for _, state := range []string{"disabled", "forgotten"} {
			err := h.db.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), `UPDATE signin_account SET state = ?2 WHERE id = ?1`, a.ID, state)
				return err
			})
			if err != nil || works(disabled) {
				t.Errorf("works while the account is %s, %v", state, err)
			}
		}
		err = h.db.Write(t.Context(), func(tx *db.Tx) error { return h.s.forgetPrograms(t.Context(), tx, a.ID) })
		if list, err2 := h.s.OwnTokens(actor.With(t.Context(), actor.Actor{Account: a.ID})); err != nil || err2 != nil || len(list) != 0 {
			t.Errorf("%v %v: a forgotten person's tokens are kept: %+v", err, err2, list)
		}
	})
}

// A year after a token stopped working nothing is kept of it but the record.
func TestEndedTokensAreNotKept(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		a := h.account("anna@centrum.example", actor.Analyst)
		h.guest().as(a).make(h.form("register:read"))
		h.clock.Advance(30*24*time.Hour + LongestToken)
		h.guest().as(a).make(h.form("register:read"))
		mine := actor.With(t.Context(), actor.Actor{Account: a.ID})
		if list, err := h.s.OwnTokens(mine); err != nil || len(list) != 2 {
			t.Errorf("%d, %v: gone before its time", len(list), err)
		}
		h.clock.Advance(time.Second)
		h.guest().as(a).make(h.form("register:read"))
		if list, err := h.s.OwnTokens(mine); err != nil || len(list) != 2 {
			t.Errorf("%d, %v", len(list), err)
		}
	})
}

func TestTokenRules(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		a := h.account("anna@centrum.example", actor.Analyst)
		v := h.guest().as(a)
		for name, c := range map[string]struct{ field, value, says string }{
			"no name":       {"name", " ", "Geef het token een naam"},
			"a long name":   {"name", strings.Repeat("x", 101), "Geef het token een naam"},
			"for ever":      {"days", "367", "hoogstens een jaar"},
			"no term":       {"days", "", "hoogstens een jaar"},
			"a minus":       {"days", "-1", "hoogstens een jaar"},
			"no scope":      {"scope", "", "meer rechten"},
			"other control": {"name", "a\x00b", "Geef het token een naam"},
		} {
			form := h.form("register:read")
			form.Set(c.field, c.value)
			if w := v.ask("POST", "/account/tokens", form); !strings.Contains(plain(w.body), c.says) || shown.MatchString(w.body) || w.status < 400 {
				t.Errorf("%s: %d %s", name, w.status, plain(w.body))
			}
		}
		for range mostTokens {
			v.make(h.form("register:read"))
		}
		if w := v.ask("POST", "/account/tokens", h.form("register:read")); w.status != 422 || !strings.Contains(plain(w.body), "20 tokens") {
			t.Errorf("%d %s", w.status, plain(w.body))
		}
		// A fresh factor is asked, for making.
		h.clock.Advance(11 * time.Minute)
		if w := v.ask("POST", "/account/tokens", h.form("register:read")); w.status != 303 || !strings.HasPrefix(w.header.Get("Location"), "/sign-in/confirm") {
			t.Errorf("without a fresh factor: %d", w.status)
		}
		ctx := actor.With(t.Context(), actor.Actor{Account: a.ID, Fresh: h.clock.Now().Add(-11 * time.Minute)})
		if _, _, err := h.s.MakeOwnToken(ctx, "x", []string{"register:read"}, time.Hour); !isFault(err, fault.Denied, "") {
			t.Errorf("the verb trusts its caller: %v", err)
		}
	})
}

// A token is read from one Authorization header, and from nowhere else.
func TestTokenOnlyInItsHeader(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *programHouse) {
		a := h.account("anna@centrum.example", actor.Analyst)
		v := h.guest().as(a)
		secret := v.make(h.form("register:read"))
		for _, c := range []struct {
			path, header string
			status       int
		}{
			{"/api/v1/me", "Authorization: Bearer " + secret, 200}, {"/api/v1/me", "Authorization: bearer " + secret, 200},
			{"/api/v1/me", "Authorization: Basic " + secret, 401}, {"/api/v1/me", "Authorization: " + secret, 401}, {"/api/v1/me", "X-Api-Key: " + secret, 401},
			{"/api/v1/me", "Cookie: " + h.s.cookie + "=" + secret, 401}, {"/api/v1/me?access_token=" + secret, "X: y", 401},
			{"/api/v1/me", "Authorization: Bearer " + strings.ToLower(secret), 401}, {"/api/v1/me", "Authorization: Bearer " + secret[:len(secret)-1], 401},
			{"/api/v1/me", "Authorization: Bearer " + secret + "," + secret, 401}, {"/api/v1/me", "Authorization: Bearer", 401},
		} {
			if w := h.guest().ask("GET", c.path, nil, c.header); w.status != c.status {
				t.Errorf("%.30s %.30s: %d, want %d", c.path, c.header, w.status, c.status)
			}
		}
		// The browser of the maker is nobody here: its cookie counts for nothing.
		if w := v.ask("GET", "/api/v1/me", nil); w.status != 401 {
			t.Errorf("a cookie opens the API: %d", w.status)
		}
		if everything := h.log.String() + strings.Join(h.record(), "\n"); strings.Contains(everything, secret) || strings.Contains(everything, secret[7:30]) {
			t.Error("the secret is in the log or the record")
		}
	})
}

func TestSecretsAreRecognised(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		s := newTokenSecret()
		if !regexp.MustCompile(`^polder_[A-Z2-7]{59}$`).MatchString(s) || !isSecret(s) || seen[s] {
			t.Fatal(s)
		}
		seen[s] = true
		b := []byte(s)
		b[20] = 'A' + (b[20]-'A'+1)%26
		if string(b) != s && isSecret(string(b)) {
			t.Errorf("a changed secret passes: %s", b)
		}
	}
}

// The texts of all scopes are there in both languages, and each scope belongs to one kind of owner.
func TestScopes(t *testing.T) {
	kit.Each(t, programSchemas, func(t *testing.T, d *db.DB) {
		h := openProgramHouse(t, d)
		for _, s := range Scopes {
			if !h.s.catalog.Has(s.Key()) || s.Since.IsZero() || (s.Place == 0) == (s.Staff == 0) {
				t.Errorf("%+v", s)
			}
		}
		if names := ScopesOfPlace(actor.SecurityContact); slices.ContainsFunc(names, func(s Scope) bool { return s.Name == "organisation:write" }) || len(names) != 5 {
			t.Errorf("%+v", names)
		}
		if ScopesOfPlace(actor.Member) != nil || ScopesOfPlace(actor.Delegate) != nil || ScopesOfStaff(actor.Auditor) != nil {
			t.Error("members, delegates or auditors give scopes")
		}
	})
}
