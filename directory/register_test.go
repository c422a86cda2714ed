package directory

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/kvk"
)

func TestNumbers(t *testing.T) {
	for in, want := range map[string]string{"12345678": "12345678", " 1234 5678 ": "12345678", "12.34.56.78": "12345678", "00123456": "00123456"} {
		if got, err := number("kvk", in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "1234567", "123456789", "1234567a", "00000000", "１２３４５６７８", "-1234567"} {
		if got, err := number("kvk", in); err == nil {
			t.Errorf("%q is taken as %q", in, got)
		}
	}
	if got, err := number("none", "whatever"); err != nil || got != "" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := number("", "12345678"); err == nil {
		t.Error("a register that is not known is taken")
	}
}

func TestDomains(t *testing.T) {
	for in, want := range map[string]string{"": "", "Korst.example": "korst.example", "https://www.korst.co.uk/brood?x=1": "korst.co.uk", "info@korst.example": "korst.example",
		"münchen.example": "xn--mnchen-3ya.example", "www.korst.example.": "korst.example", "korst.example/winkel": "korst.example"} {
		if got, err := domain(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"korst", "localhost", "127.0.0.1", "http://[::1]/", "co.uk", "gmail.com", "me@hotmail.com", "a b.example", strings.Repeat("a", 400) + ".example", "-.example"} {
		if got, err := domain(in); err == nil {
			t.Errorf("%q is taken as %q", in, got)
		}
	}
}

func TestWhatAPersonSays(t *testing.T) {
	now := kit.Start
	good := registration("Bakkerij", "12345678")
	for field, change := range map[string]func(*Registration){
		"number":   func(r *Registration) { r.Number = "1" },
		"scheme":   func(r *Registration) { r.Scheme = "x" },
		"name":     func(r *Registration) { r.Name = " " },
		"sector":   func(r *Registration) { r.Sector = "" },
		"size":     func(r *Registration) { r.Size = "3" },
		"area":     func(r *Registration) { r.Area = "Atlantis" },
		"language": func(r *Registration) { r.Language = "fr" },
		"domain":   func(r *Registration) { r.Domain = "x" },
	} {
		r := good
		change(&r)
		_, err := r.check(now, Organisation{})
		var bad Wrongs
		if !errors.As(err, &bad) || len(bad) != 1 || bad[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, name := range []string{"a\u202eb", "a\x00b", "a\u200bb", strings.Repeat("x", 201), "\xff"} {
		r := good
		r.Name = name
		if _, err := r.check(now, Organisation{}); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
	var all Wrongs
	if _, err := (Registration{}).check(now, Organisation{}); !errors.As(err, &all) || len(all) != 5 {
		t.Errorf("nothing filled in: %v", err)
	}
}

func TestChoices(t *testing.T) {
	if n := len(Sectors.At(kit.Start)); n != 21 {
		t.Errorf("%d sectors", n)
	}
	if n := len(Areas.At(kit.Start)); n != 12 {
		t.Errorf("%d provinces", n)
	}
	for employees, want := range map[int]string{-1: "", 0: "", 1: "1", 9: "2", 10: "10", 49: "10", 250: "250", 5000: "250"} {
		if got := sizeOf(employees); got != want {
			t.Errorf("%d people: %q", employees, got)
		}
	}
	for code, want := range map[string]string{"47241": "G", "86101": "Q", "0111": "A", "": "", "x": "", "04": ""} {
		if got := sectionOf(code); got != want {
			t.Errorf("%q: %q", code, got)
		}
	}
	for _, x := range append(append(append(Choices{}, Sectors...), Areas...), Sizes...) {
		if x.Value == "" || x.NL == "" || x.EN == "" || x.From.IsZero() {
			t.Errorf("%+v lacks something", x)
		}
	}
}

// Every reference is its own, and no letter is more likely than another.
func TestReferences(t *testing.T) {
	seen := map[int]int{}
	for range 28 * 1000 {
		seen[below(28)]++
	}
	for i := range 28 {
		if seen[i] < 800 || seen[i] > 1200 {
			t.Errorf("%d comes %d times in 28,000", i, seen[i])
		}
	}
}

// The name that the trade register has is filled in, and staff see when it differs; a register that
// does not answer keeps nobody from registering.
func TestTradeRegister(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		down := false
		register := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if down {
				http.Error(w, "", http.StatusInternalServerError)
				return
			}
			fmt.Fprint(w, `{"kvkNummer":"12345678","naam":"Bakkerij De Korst B.V.","sbiActiviteiten":[{"sbiCode":"1071","indHoofdactiviteit":"Ja"}]}`)
		}))
		defer register.Close()
		client, err := kvk.New(register.URL, "key")
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, d, client)
		w.person("anna")
		w.person("adviser", actor.Adviser)
		f := url.Values{"scheme": {"kvk"}, "number": {"1234 5678"}, "fill": {"1"}}
		page := w.ask("anna", "POST", "/organisations/new", f).Body.String()
		for _, want := range []string{`value="Bakkerij De Korst B.V."`, `<option value="C" selected>`, "The trade register says"} {
			if !strings.Contains(page, want) {
				t.Errorf("the form lacks %s", want)
			}
		}
		x := registration("De Broodjesman", "12345678")
		done, err := w.dir.Register(w.as("anna"), x)
		if err != nil {
			t.Fatal(err)
		}
		page = w.ask("adviser", "GET", "/desk/organisations/"+done.Organisation.String(), nil).Body.String()
		if !strings.Contains(page, "differs from the trade register") || !strings.Contains(page, "Bakkerij De Korst B.V.") {
			t.Error("staff do not see that the name differs")
		}
		down = true
		if page = w.ask("anna", "POST", "/organisations/new", f).Body.String(); !strings.Contains(page, "could not fetch the name") {
			t.Errorf("%s", page)
		}
		x.Number = "87654321"
		if done, err = w.dir.Register(w.as("anna"), x); err != nil || done.Organisation.IsZero() {
			t.Errorf("%+v, %v", done, err)
		}
	})
}

// The form begins with the domain of the person's own mail address, unless that is everybody's.
func TestOwnDomainIsSuggested(t *testing.T) {
	kit.Each(t, schemas(), func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("anna")
		if page := w.ask("anna", "GET", "/organisations/new", nil).Body.String(); !strings.Contains(page, `value="people.example"`) {
			t.Error("the domain of the person's mail address is not in the form")
		}
		w.write(func(tx *db.Tx) error {
			_, err := tx.Exec(w.ctx, `UPDATE signin_account SET mail = 'anna@gmail.com' WHERE id = ?1`, w.accounts["anna"])
			return err
		})
		if name, err := w.dir.OwnDomain(w.as("anna")); name != "" || err != nil {
			t.Errorf("a domain of everybody is suggested: %q, %v", name, err)
		}
	})
}
