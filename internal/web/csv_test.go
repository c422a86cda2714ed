package web

import (
	"encoding/csv"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"polder/internal/fault"
)

// A download comes in pieces, no value of it can be taken for a formula, and a list that breaks off is never taken for whole.
func TestCSV(t *testing.T) {
	s, _ := open(t, Options{})
	list := func(rows int, end error) func(w http.ResponseWriter, r *http.Request) error {
		return func(w http.ResponseWriter, r *http.Request) error {
			return CSV(w, "list.csv", []string{"number", "text"}, func(row func(...string) error) error {
				for i := range rows {
					if err := row(strconv.Itoa(i), "=HYPERLINK(1)"); err != nil {
						return err
					}
				}
				return end
			})
		}
	}
	s.Handle("GET /whole", Public, list(2500, nil))
	s.Handle("GET /early", Public, list(3, fault.Hidden()))
	s.Handle("GET /late", Public, list(2500, errors.New("the database went away")))
	server := httptest.NewServer(s)
	defer server.Close()

	a, err := http.Get(server.URL + "/whole")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	rows, err := csv.NewReader(a.Body).ReadAll()
	if err != nil || len(rows) != 2501 || rows[2500][0] != "2499" || rows[7][1] != "'=HYPERLINK(1)" {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if a.Header.Get("Content-Disposition") != `attachment; filename="list.csv"` || a.Header.Get("Cache-Control") != "no-store" || a.ContentLength != -1 {
		t.Errorf("%v, length %d", a.Header, a.ContentLength)
	}

	a, err = http.Get(server.URL + "/early")
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	if a.StatusCode != http.StatusNotFound || a.Header.Get("Content-Disposition") != "" {
		t.Errorf("a download that fails before its first piece: %d %v", a.StatusCode, a.Header)
	}

	a, err = http.Get(server.URL + "/late")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if _, err := csv.NewReader(a.Body).ReadAll(); err == nil {
		t.Error("half a list looks whole")
	}
}
