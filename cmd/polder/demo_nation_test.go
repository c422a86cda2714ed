package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"polder/internal/config"
	"polder/internal/kit"
)

// A nation, at a thousandth of its size, is made, shows its pages to its people, and is used again.
func TestNation(t *testing.T) {
	each := func(t *testing.T, database string) {
		set := &config.Settings{TimeZone: "Europe/Amsterdam", Database: database}
		folder := t.TempDir()
		var said bytes.Buffer
		open := func() (*world, error) {
			return newNation(t.Context(), set, folder, "http://localhost:8080", 0.001, streams{out: &said, err: t.Output()})
		}
		w, err := open()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(said.String(), "making 300 organisations") || !strings.Contains(said.String(), "ready") {
			t.Errorf("said %q", said.String())
		}
		university, err := w.app.directory.ByReference(t.Context(), "Z003")
		if err != nil {
			t.Fatal(err)
		}
		see := func(w *world, persona, path, want string) {
			t.Helper()
			site, err := w.site()
			if err != nil {
				t.Fatal(err)
			}
			token, err := w.session(t.Context(), persona)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", path, nil)
			r.AddCookie(&http.Cookie{Name: "polder_session", Value: token})
			got := httptest.NewRecorder()
			site.ServeHTTP(got, r)
			if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), want) {
				t.Errorf("%s asks %s: %d, without %q", persona, path, got.Code, want)
			}
		}
		list := "/o/" + university.ID.String() + "/exposures"
		see(w, "university", list+"?state=each", "1000")
		see(w, "supplier", list+"?state=each", "2001:db8:3003:")
		see(w, "auditor", "/desk/record", "")
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		said.Reset()
		again, err := open()
		if err != nil {
			t.Fatal(err)
		}
		defer again.close()
		if !strings.Contains(said.String(), "used again") {
			t.Errorf("after %s: %q", time.Since(start), said.String())
		}
		see(again, "university", list, "")
	}
	t.Run("sqlite", func(t *testing.T) { each(t, "sqlite") })
	t.Run("postgres", func(t *testing.T) { each(t, kit.Address(kit.Postgres(t, nil))) })
}
