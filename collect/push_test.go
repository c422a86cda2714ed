package collect

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/kit"
	"polder/internal/web"
)

// site is the room's pages and API; who asks is the persona that the cookie "as" or the bearer names.
func (k *desk) site(base string) *web.Site {
	k.Helper()
	who := func(name string) (actor.Actor, error) { return k.people[name], nil }
	s, err := web.New(web.Options{Name: "Meldpunt Polder", BaseURL: base, Catalog: k.catalog, Now: k.clock.Now, People: web.People{
		Session: func(_ http.ResponseWriter, r *http.Request) (actor.Actor, error) {
			c, err := r.Cookie("as")
			if err != nil {
				return actor.Actor{}, nil
			}
			a, err := who(c.Value)
			a.Fresh = k.clock.Now()
			return a, err
		},
		Token: func(r *http.Request) (actor.Actor, error) {
			return who("token " + strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		},
	}})
	if err != nil {
		k.Fatal(err)
	}
	token := func(name string, staff actor.Roles, bound db.ID, scopes ...string) {
		a := actor.Actor{Account: db.NewID(), Token: db.NewID(), Scopes: scopes, Staff: staff, Bound: bound}
		k.people["token "+name] = a
	}
	token("analyst", actor.Analyst, db.ID{}, PushScope)
	token("colleague", actor.Analyst, db.ID{}, PushScope)
	token("reader", actor.Analyst, db.ID{}, "register:read")
	token("withdrawn", 0, db.ID{}, PushScope)
	token("organisation", 0, db.NewID(), PushScope)
	k.collect.Routes(s)
	k.collect.API(web.NewAPI(s, 1000, 1000))
	return s
}

func (k *desk) push(s http.Handler, who, query string, body io.Reader) (*httptest.ResponseRecorder, apiReport) {
	k.Helper()
	r := httptest.NewRequest("POST", "https://polder.example/api/v1/reports"+query, body)
	r.Header.Set("Authorization", "Bearer "+who)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var a apiReport
	if w.Code < 300 {
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			k.Fatal(err)
		}
	}
	return w, a
}

func (k *desk) askPush(s http.Handler, who, path string) (int, apiReport) {
	k.Helper()
	r := httptest.NewRequest("GET", "https://polder.example"+path, http.NoBody)
	r.Header.Set("Authorization", "Bearer "+who)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var a apiReport
	if w.Code == 200 {
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			k.Fatal(err)
		}
	}
	return w.Code, a
}

// kept are the files in the folder for what is pushed.
func (k *desk) kept() (names []string) {
	list, err := os.ReadDir(filepath.Join(k.db.Dir(), "pushed"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		k.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestPush(t *testing.T) {
	eachDesk(t, func(k *desk) {
		s := k.site("https://polder.example")
		text := report(k.clock, 3)
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		io.WriteString(z, text) //nolint:errcheck
		z.Close()
		w, a := k.push(s, "analyst", "?name=../../"+k.fileName()+".gz&source=eigen", bytes.NewReader(packed.Bytes()))
		at := w.Header().Get("Location")
		if w.Code != 202 || a.State != "waiting" || a.Size != int64(packed.Len()) || a.Name != k.fileName()+".gz" || at != "/api/v1/reports/"+a.ID {
			t.Fatalf("%d %s %q", w.Code, w.Body, at)
		}
		if code, a := k.askPush(s, "analyst", at); code != 200 || a.State != "waiting" || a.Summary != nil {
			t.Errorf("%d %+v", code, a)
		}
		if err := k.queue.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		code, a := k.askPush(s, "analyst", at)
		if code != 200 || a.State != "read" || a.Summary.Rows != 3 || a.Summary.Matched != 3 || a.Summary.Source != "eigen" || a.Summary.AlreadySeen || a.EndedAt == nil {
			t.Fatalf("%d %+v %+v", code, a, a.Summary)
		}
		if kept := k.kept(); len(kept) != 0 {
			t.Errorf("left: %v", kept)
		}
		// The same file again.
		w, a = k.push(s, "colleague", "?name=x.csv", bytes.NewReader(packed.Bytes()))
		if w.Code != 200 || a.State != "read" || !a.Summary.AlreadySeen || a.Summary.Rows != 3 || len(k.kept()) != 0 {
			t.Errorf("again: %d %s", w.Code, w.Body)
		}
		// Any CSV with a mapping.
		mapping := "source=&mapping=source:%20politie%0Atype:%20scan_rdp%0Acolumns:%0A%20%20ip:%20source.ip%0A"
		w, _ = k.push(s, "analyst", "?name=lijst.csv&"+mapping, strings.NewReader("ip\n192.0.2.7\n"))
		t.Logf("mapping: %d %s", w.Code, w.Body)
		// What somebody else pushed does not exist.
		for _, who := range []string{"colleague", "reader", "withdrawn", "organisation", "nobody"} {
			if code, _ := k.askPush(s, who, at); code == 200 || who == "colleague" && code != 404 {
				t.Errorf("%s may ask: %d", who, code)
			}
			if w, _ := k.push(s, who, "?name="+k.fileName(), strings.NewReader(report(k.clock, 9))); who != "colleague" && (w.Code < 400 || w.Code >= 500) {
				t.Errorf("%s may push: %d", who, w.Code)
			}
		}
	})
}

func TestPushRefusals(t *testing.T) {
	k := newDesk(t, kit.SQLite(t, schemas()))
	s := k.site("https://polder.example")
	for name, c := range map[string]struct {
		query, body string
		code        int
		say         string
	}{
		"empty":     {"?name=a.csv", "", 422, "empty"},
		"page":      {"?name=a.csv", "<html><p>x", 422, "cannot be read"},
		"large":     {"?name=" + k.fileName(), strings.Repeat("x", 1<<20+1), 413, "larger"},
		"source":    {"?source=../x", "a,b\n", 422, "name"},
		"type":      {"?type=a%20b", "a,b\n", 422, "type"},
		"mapping":   {"?mapping=%3A%3A", "a,b\n", 422, "YAML"},
		"parameter": {"?nme=a.csv", "a,b\n", 422, ""},
	} {
		r := httptest.NewRequest("POST", "https://polder.example/api/v1/reports"+c.query, strings.NewReader(c.body))
		r.Header.Set("Authorization", "Bearer analyst")
		r.Header.Set("Accept-Language", "en")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.say) || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if kept := k.kept(); len(kept) != 0 {
			t.Errorf("%s: left behind %v", name, kept)
		}
	}
	// So many may wait, and no more.
	for i := range mostWaiting + 1 {
		w, _ := k.push(s, "analyst", "?name="+k.fileName(), strings.NewReader(report(k.clock, i+1)))
		if want := map[bool]int{true: 202, false: 429}[i < mostWaiting]; w.Code != want {
			t.Fatalf("file %d: %d %s", i, w.Code, w.Body)
		}
	}
}

// A connection that breaks off leaves nothing behind; a slow one is not in a hurry.
func TestPushOverTheWire(t *testing.T) {
	k := newDesk(t, kit.SQLite(t, schemas()))
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	site := k.site(base)
	ended := make(chan struct{}, 10)
	server.Config = site.Server(server.Listener.Addr().String())
	server.Config.ReadTimeout, server.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { site.ServeHTTP(w, r); ended <- struct{}{} })
	server.Start()
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /api/v1/reports?name=%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer analyst\r\nContent-Length: 100000\r\n\r\n%s", k.fileName(), report(k.clock, 3))
	conn.Close()
	<-ended
	if kept := k.kept(); len(kept) != 0 {
		t.Errorf("left behind: %v", kept)
	}
	// Larger than what fits in memory would be is streamed: the body is made as it is sent, with pauses longer than the
	// server's usual patience for a whole request.
	r, w := io.Pipe()
	text := report(k.clock, 400)
	go func() {
		half := len(text) / 2
		io.WriteString(w, text[:half]) //nolint:errcheck
		<-time.After(500 * time.Millisecond)
		io.WriteString(w, text[half:]) //nolint:errcheck
		w.Close()
	}()
	q, err := http.NewRequestWithContext(t.Context(), "POST", base+"/api/v1/reports?name="+k.fileName(), r)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer analyst")
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 202 {
		t.Errorf("slow: %d", resp.StatusCode)
	}
}

// Whoever loses the right while the file is on its way has sent nothing.
func TestPushOfALostRight(t *testing.T) {
	k := newDesk(t, kit.SQLite(t, schemas()))
	k.site("https://polder.example")
	ctx := actor.With(t.Context(), k.people["token analyst"])
	_, err := k.collect.Take(ctx, Push{Name: k.fileName()}, strings.NewReader(report(k.clock, 3)), func() error { return fault.Hidden() })
	if fault.KindOf(err) != fault.NotFound || len(k.kept()) != 0 {
		t.Errorf("%v, %v", err, k.kept())
	}
}

// Killed after the file was kept, before or after it was read: it is read once, and nothing stays.
func TestPushKilled(t *testing.T) {
	eachDesk(t, func(k *desk) {
		k.site("https://polder.example")
		ctx := actor.With(t.Context(), k.people["token analyst"])
		still := func() error { return nil }
		p, err := k.collect.Take(ctx, Push{Name: k.fileName()}, strings.NewReader(report(k.clock, 3)), still)
		if err != nil {
			t.Fatal(err)
		}
		cut, stop := context.WithCancel(t.Context())
		stop()
		if err := k.collect.read(cut, p.ID); err == nil {
			t.Error("read with a context that ended")
		}
		for range 2 {
			if err := k.collect.read(t.Context(), p.ID); err != nil {
				t.Fatal(err)
			}
		}
		if p, err = k.collect.Pushed(ctx, p.ID); err != nil || p.State != "read" || p.Summary.Rows != 3 {
			t.Errorf("%+v %v", p, err)
		}
		// What a killed process left is removed after a day, and what waits is not.
		dir := k.collect.pushed(db.ID{})
		old := k.clock.Now().Add(-48 * time.Hour)
		waits, err := k.collect.Take(ctx, Push{Name: k.fileName()}, strings.NewReader(report(k.clock, 5)), still)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"incoming-x", db.NewID().String()} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range k.kept() {
			os.Chtimes(filepath.Join(dir, name), old, old) //nolint:errcheck
		}
		if err := k.collect.tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if kept := k.kept(); len(kept) != 1 || kept[0] != waits.ID.String() {
			t.Errorf("%v", kept)
		}
	})
}
