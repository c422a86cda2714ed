package kvk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The answers have the shape of the API "basisprofielen" v1, with the example of its documentation.
const profile = `{"kvkNummer":"69599084","indNonMailing":"Nee","naam":"Test EMZ\u0000 Dagobert","formeleRegistratiedatum":"20161108",
"materieleRegistratie":{"datumAanvang":"20161101"},"statutaireNaam":"","handelsnamen":[{"naam":"Test EMZ Dagobert","volgorde":0}],
"sbiActiviteiten":[{"sbiCode":"47241","sbiOmschrijving":"Winkels in brood en banket","indHoofdactiviteit":"Nee"},
{"sbiCode":"86101","sbiOmschrijving":"Universitair medische centra","indHoofdactiviteit":"Ja"}],
"links":[{"rel":"self","href":"https://api.kvk.nl/test/api/v1/basisprofielen/69599084"}],"_embedded":{"hoofdvestiging":{"vestigingsnummer":"000037178598"}}}`

func TestCompany(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the key went elsewhere: %s", r.Header.Get("apikey"))
	}))
	defer elsewhere.Close()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("apikey") != "secret" || strings.Contains(r.URL.String(), "secret") {
			http.Error(w, `{"fout":[{"code":"IPD9999"}]}`, http.StatusUnauthorized)
			return
		}
		switch strings.TrimPrefix(r.URL.Path, "/api/v1/basisprofielen/") {
		case "69599084":
			fmt.Fprint(w, profile)
		case "00000001":
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"fout":[{"code":"IPD0005","omschrijving":"Het KVK-nummer 00000001 bestaat niet."}]}`)
		case "00000002":
			fmt.Fprint(w, profile) // of another number
		case "00000003":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case "00000004":
			fmt.Fprintf(w, `{"kvkNummer":"00000004","naam":"%s"}`, strings.Repeat("x", 300<<10))
		case "00000005":
			fmt.Fprint(w, `<html>`)
		case "00000006":
			<-hang
		case "00000007":
			http.Error(w, "", http.StatusServiceUnavailable)
		default:
			t.Errorf("asked for %s", r.URL)
		}
	}))
	defer server.Close()
	defer close(hang)
	c, err := New(server.URL+"/api/", "secret")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Company(t.Context(), "69599084")
	if err != nil || got != (Company{Number: "69599084", Name: "Test EMZ Dagobert", SBI: "86101"}) {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, number := range []string{"00000001", "1234567", "123456789", "../../x", "0000000a"} {
		if _, err := c.Company(t.Context(), number); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", number, err)
		}
	}
	for _, number := range []string{"00000002", "00000003", "00000004", "00000005", "00000007"} {
		if got, err := c.Company(t.Context(), number); err == nil || errors.Is(err, ErrUnknown) || got != (Company{}) {
			t.Errorf("%s: %+v, %v", number, got, err)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := c.Company(ctx, "00000006"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that hangs: %v", err)
	}
	wrong, err := New(server.URL+"/api", "guess")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.Company(t.Context(), "69599084"); err == nil || strings.Contains(err.Error(), "guess") {
		t.Errorf("a wrong key: %v", err)
	}
}

func TestNew(t *testing.T) {
	if c, err := New("https://api.kvk.nl/api", ""); c != nil || err != nil {
		t.Errorf("without a key: %v, %v", c, err)
	}
	for _, base := range []string{"", "api.kvk.nl", "ftp://api.kvk.nl", "https://user:pass@api.kvk.nl/api"} {
		if _, err := New(base, "k"); err == nil {
			t.Errorf("%q is taken", base)
		}
	}
}
