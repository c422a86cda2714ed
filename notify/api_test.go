package notify

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/web"
)

func (c *company) program(who, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://polder.example"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+who)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	c.site.ServeHTTP(w, r)
	return w
}

// all walks a list to its end and returns the addresses.
func (c *company) all(who, query string) (list []string) {
	c.t.Helper()
	cursor := ""
	for range 100 {
		w := c.program(who, "GET", "/api/v1/exposures?limit=2"+query+cursor, "")
		var piece web.Piece[apiExposure]
		if err := json.Unmarshal(w.Body.Bytes(), &piece); err != nil || w.Code != 200 || len(piece.Items) > 2 {
			c.t.Fatalf("%d %s", w.Code, w.Body)
		}
		for _, e := range piece.Items {
			list = append(list, e.Address)
		}
		if piece.Next == "" {
			slices.Sort(list)
			return list
		}
		cursor = "&cursor=" + url.QueryEscape(piece.Next)
	}
	c.t.Fatal("the list has no end")
	return nil
}

// A program lists what its organisation has, learns what changed, and answers; by the same rules as a
// person, and nothing of anybody else.
func TestProgramWorksOffExposures(t *testing.T) {
	eachCompany(t, func(t *testing.T, c *company) {
		const who = "program-bakker"
		if got := c.all(who, ""); !slices.Equal(got, []string{"192.0.2.7", "192.0.2.8", "203.0.113.5"}) {
			t.Errorf("%v", got)
		}
		for query, want := range map[string]int{"&state=open": 3, "&state=closed": 0, "&severity=critical": 1, "&type=scan_rdp": 2, "&type=x": 0} {
			if got := c.all(who, query); len(got) != want {
				t.Errorf("%s: %v", query, got)
			}
		}
		since := func() string { return "&changed_since=" + url.QueryEscape(c.clock.Now().UTC().Format(time.RFC3339)) }
		c.clock.Advance(time.Hour)
		mark := since()
		if got := c.all(who, mark); len(got) != 0 {
			t.Errorf("nothing changed, and yet %v", got)
		}
		id := printText(c.one("bakker", "192.0.2.7").Fingerprint)
		w := c.program(who, "POST", "/api/v1/exposures/"+id+"/answers", `{"answer":"on_it","note":"ticket 7"}`)
		var e apiExposure
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || w.Code != 200 || e.State != "acknowledged" || e.ID != id || c.one("bakker", "192.0.2.7").State != StateAcknowledged {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if n := c.count("notify_feedback", "holder = 'program' AND token_id = ?1 AND account_id IS NULL AND note = 'ticket 7'", c.people[who].Token); n != 1 {
			t.Errorf("kept %d times", n)
		}
		if got := c.all(who, mark); !slices.Equal(got, []string{"192.0.2.7"}) {
			t.Errorf("%v", got)
		}
		// A report that speaks of yesterday counts from when it was read.
		c.clock.Advance(time.Hour)
		mark = since()
		c.ingest("scan_rdp", rdp, strings.ReplaceAll(rdpLine("192.0.2.8", ""), "NOW", c.clock.Now().Add(-20*time.Hour).Format("2006-01-02 15:04:05")))
		if got := c.all(who, mark); !slices.Equal(got, []string{"192.0.2.8"}) {
			t.Errorf("%v", got)
		}
		w = c.program(who, "GET", "/api/v1/exposures/"+id+"?language=en", "")
		var d apiExposureDetail
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != 200 || d.ID != id || d.Title != adviceText("scan_rdp", "", "en").Title || len(d.Steps) == 0 || d.Source == "" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		// What may not be.
		theirs := printText(c.one("smid", "198.51.100.3").Fingerprint)
		before := c.states("smid")
		for _, x := range []struct {
			who, method, path, body string
			status                  int
		}{
			{who, "GET", "/api/v1/exposures/" + theirs, "", 404}, {who, "GET", "/api/v1/exposures/" + strings.Repeat("0", 32), "", 404}, {who, "GET", "/api/v1/exposures/x", "", 404},
			{who, "POST", "/api/v1/exposures/" + theirs + "/answers", `{"answer":"solved"}`, 404}, {"program-smid", "GET", "/api/v1/exposures/" + id, "", 404},
			{"program-reads", "POST", "/api/v1/exposures/" + id + "/answers", `{"answer":"solved"}`, 403}, {"", "GET", "/api/v1/exposures", "", 401}, {"nonsense", "GET", "/api/v1/exposures", "", 401},
			{who, "POST", "/api/v1/exposures/" + id + "/answers", `{"answer":"forwarded"}`, 422}, {who, "POST", "/api/v1/exposures/" + id + "/answers", `{"answer":"solved","state":"open"}`, 422},
			{who, "GET", "/api/v1/exposures?organisation=" + c.organisation("smid").ID.String(), "", 422}, {who, "GET", "/api/v1/exposures?cursor=x", "", 422}, {who, "GET", "/api/v1/exposures?changed_since=x", "", 422},
		} {
			if w := c.program(x.who, x.method, x.path, x.body); w.Code != x.status || strings.Contains(w.Body.String(), "198.51.100.3") {
				t.Errorf("%q %s %s %s: %d, want %d", x.who, x.method, x.path, x.body, w.Code, x.status)
			}
		}
		if !slices.Equal(before, c.states("smid")) || c.one("bakker", "192.0.2.7").State != StateAcknowledged {
			t.Error("something changed")
		}
		if got := c.all("program-smid", ""); !slices.Equal(got, []string{"198.51.100.3"}) {
			t.Errorf("%v", got)
		}
		c.sql(`UPDATE directory_organisation SET state = 'closed' WHERE id = ?1`, c.organisation("bakker").ID)
		if w := c.program(who, "GET", "/api/v1/exposures", ""); w.Code != 404 {
			t.Errorf("a closed organisation: %d", w.Code)
		}
	})
}

var (
	example   = regexp.MustCompile("(?s)```\n(curl .*?)\n```\n```json\n(.*?)\n```")
	address   = regexp.MustCompile(`https://polder\.example([^" \n]*)`)
	sentBody  = regexp.MustCompile(`(?s) -d '(.*?)'`)
	timeLike  = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"`)
	reference = regexp.MustCompile(`PLD-[0-9A-Z]{5}-[0-9A-Z]{5}`)
	idLike    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// The examples about exposures in docs/api.md answer as it says there, one after the other.
func TestExamplesOfExposures(t *testing.T) {
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	eachCompany(t, func(t *testing.T, c *company) {
		ran := 0
		all := c.people["program-bakker"]
		all.Scopes = append(all.Scopes, "organisation:read", "organisation:write")
		c.people["program-bakker"] = all
		for _, e := range example.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(e[1], "/exposures") && !strings.Contains(e[1], "/notifications") && !strings.Contains(e[1], "/preferences") {
				continue
			}
			ran++
			method, body := "GET", ""
			if m := sentBody.FindStringSubmatch(e[1]); m != nil {
				method, body = "POST", m[1]
				if strings.Contains(e[1], " -X PUT ") {
					method = "PUT"
				}
			}
			w := c.program("program-bakker", method, address.FindStringSubmatch(e[1])[1], body)
			got := idLike.ReplaceAll(timeLike.ReplaceAll(reference.ReplaceAll(w.Body.Bytes(), []byte("PLD-REFERENCE")), []byte(`"TIME"`)), []byte("ID"))
			var want, have any
			if err := json.Unmarshal([]byte(e[2]), &want); err != nil {
				t.Fatalf("%s: %v", e[2], err)
			}
			if err := json.Unmarshal(got, &have); err != nil {
				t.Fatalf("%s: %v", got, err)
			}
			if m, ok := have.(map[string]any); ok && m["steps"] != nil && len(m["steps"].([]any)) > 1 {
				m["steps"] = []any{"..."} // the advice is edited more often than this page
			}
			if !reflect.DeepEqual(want, have) {
				var pretty bytes.Buffer
				if err := json.Indent(&pretty, got, "", " "); err != nil {
					t.Fatal(err)
				}
				t.Errorf("%s\n answers %s", e[1], pretty.String())
			}
		}
		if ran < 3 {
			t.Errorf("only %d examples", ran)
		}
	})
}
