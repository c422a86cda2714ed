package collect

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

var (
	example  = regexp.MustCompile("(?s)```\n(curl .*?)\n```\n```json\n(.*?)\n```")
	address  = regexp.MustCompile(`https://polder\.example([^" \n]*)`)
	sentFile = regexp.MustCompile(`-X POST -T (\S+)`)
	timeLike = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"`)
	idLike   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	shaLike  = regexp.MustCompile(`[0-9a-f]{64}`)
)

// The examples about reports in docs/api.md answer as it says there, one after the other.
func TestExamplesOfReports(t *testing.T) {
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	eachDesk(t, func(k *desk) {
		s := k.site("https://polder.example")
		ran, id := 0, ""
		for _, e := range example.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(e[1], "/reports") {
				continue
			}
			ran++
			method, body := "GET", ""
			if m := sentFile.FindStringSubmatch(e[1]); m != nil {
				if m[1] != k.fileName() {
					t.Fatalf("the example sends %s", m[1])
				}
				method, body = "POST", report(k.clock, 2)
			}
			r := httptest.NewRequest(method, strings.ReplaceAll(address.FindString(e[1]), "/ID", "/"+id), strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer analyst")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if method == "POST" {
				id = strings.TrimPrefix(w.Header().Get("Location"), "/api/v1/reports/")
				if err := k.queue.Drain(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			got := shaLike.ReplaceAllString(idLike.ReplaceAllString(timeLike.ReplaceAllString(w.Body.String(), `"TIME"`), "ID"), "SHA256")
			var want, have any
			if err := json.Unmarshal([]byte(e[2]), &want); err != nil {
				t.Fatalf("%s: %v", e[2], err)
			}
			if err := json.Unmarshal([]byte(got), &have); err != nil {
				t.Fatalf("%s: %v", got, err)
			}
			if !reflect.DeepEqual(want, have) {
				t.Errorf("%s\n answers %s", e[1], fmt.Sprint(got))
			}
		}
		if ran != 2 {
			t.Errorf("%d examples", ran)
		}
	})
}
