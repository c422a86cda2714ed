package collect

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/fetch"
	"polder/internal/kit"
)

func TestHTTPS(t *testing.T) {
	eachDesk(t, func(k *desk) {
		name, text := k.fileName(), report(k.clock, 3)
		full, unchanged := 0, 0
		etag := `"v1"`
		k.out.answer(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer tok-geheim-1" {
				w.WriteHeader(403)
				return
			}
			w.Header().Set("ETag", etag)
			if r.Header.Get("If-None-Match") == etag {
				unchanged++
				w.WriteHeader(304)
				return
			}
			full++
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, text) //nolint:errcheck
			z.Close()
		})
		id := k.add(Source{Key: "feed", Kind: HTTPS, Address: "https://feed.example/" + name, Every: time.Hour, TLP: "GREEN", Ways: Ways{Auth: "bearer"}}, Secret{Secret: "tok-geheim-1"})
		if r := k.pull(id); r.Outcome != Delivered || r.Reports != 1 || r.Lines != 3 || r.Bytes != int64(len(text)) || r.Report.IsZero() {
			t.Fatalf("%+v", r)
		}
		list, err := k.notify.Reports(k.Context(), 10)
		if err != nil || len(list) != 1 || list[0].Source != "feed" || list[0].TLP != "GREEN" || list[0].Type != "scan_rdp" || list[0].Matched != 3 {
			t.Fatalf("%+v, %v", list, err)
		}
		if r := k.pull(id); r.Outcome != Nothing || unchanged != 1 || full != 1 {
			t.Fatalf("unchanged: %+v, %d full, %d unchanged", r, full, unchanged)
		}
		etag = `"v2"` // the same file under another name of its state
		if r := k.pull(id); r.Outcome != Nothing || r.Again != 1 || full != 2 {
			t.Fatalf("the same again: %+v", r)
		}
		if s := k.find("feed"); !s.NextAt.After(k.clock.Now().Add(59*time.Minute)) || s.Failures != 0 {
			t.Errorf("next at %s", s.NextAt)
		}
	})
}

func TestWaysIn(t *testing.T) {
	k := newDesk(t, kit.SQLite(t, schemas()))
	var got http.Header
	k.out.answer(func(w http.ResponseWriter, r *http.Request) { got = r.Header.Clone(); w.WriteHeader(404) })
	basic := k.add(Source{Key: "a", Kind: HTTPS, Address: "https://feed.example/x", Ways: Ways{Auth: "basic", User: "jan"}}, Secret{Secret: "pw"})
	header := k.add(Source{Key: "b", Kind: HTTPS, Address: "https://feed.example/x", Ways: Ways{Auth: "header", Header: "X-Api-Key"}}, Secret{Secret: "pw2"})
	if r := k.pull(basic); r.Reason != Gone || got.Get("Authorization") != "Basic amFuOnB3" {
		t.Errorf("%+v %v", r, got)
	}
	if r := k.pull(header); r.Reason != Gone || got.Get("X-Api-Key") != "pw2" || got.Get("Authorization") != "" {
		t.Errorf("%+v %v", r, got)
	}
}

// What a server can do to us, and what the analyst reads of it.
func TestHostileServers(t *testing.T) {
	k := newDesk(t, kit.SQLite(t, schemas()))
	inner := 0
	k.out.a["inner.example."] = []string{"10.0.0.1"}
	k.out.a["turns.example."] = []string{"rebind", "192.0.2.7", "10.0.0.53"}
	k.out.a["mixed.example."] = []string{"192.0.2.7", "169.254.169.254"}
	stop := make(chan struct{})
	defer close(stop)
	var secretSeen []string
	k.out.answer(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != "" {
			secretSeen = append(secretSeen, r.Host)
		}
		switch r.URL.Path {
		case "/inner", "/literal", "/plain", "/port", "/loop", "/elsewhere":
			to := map[string]string{"/inner": "https://inner.example/x", "/literal": "https://169.254.169.254/latest/meta-data/", "/plain": "http://feed.example/y",
				"/port": "https://other.example:8443/x", "/loop": "https://feed.example/loop", "/elsewhere": "https://other.example/moved"}[r.URL.Path]
			http.Redirect(w, r, to, http.StatusFound)
		case "/endless":
			for {
				if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 200 {
				z.Write(make([]byte, 1<<20)) //nolint:errcheck
			}
			z.Close()
		case "/cut":
			w.Header().Set("Content-Length", "5000")
			io.WriteString(w, report(k.clock, 3)) //nolint:errcheck
		case "/odd":
			w.Header().Set("Content-Encoding", "br")
			io.WriteString(w, "x") //nolint:errcheck
		case "/page":
			io.WriteString(w, "<!doctype html><title>Log in</title>") //nolint:errcheck
		case "/busy":
			w.WriteHeader(503)
		case "/forbidden":
			w.WriteHeader(401)
		case "/moved":
			io.WriteString(w, report(k.clock, 1)) //nolint:errcheck
		default:
			inner++
		}
	})
	for path, want := range map[string]Reason{"/inner": Forbidden, "/literal": Forbidden, "/plain": Odd, "/port": Forbidden, "/loop": Odd, "/endless": TooLarge, "/cut": Unreachable,
		"/odd": Odd, "/page": Unreadable, "/busy": Busy, "/forbidden": Refused, "/bomb": TooLarge} {
		id := k.add(Source{Key: strings.Trim(path, "/"), Kind: HTTPS, Address: "https://feed.example" + path, Ways: Ways{Auth: "header", Header: "X-Api-Key"}}, Secret{Secret: "sleutel-9"})
		r := k.pull(id)
		if r.Outcome != Failed || r.Reason != want || strings.Contains(r.Detail, "sleutel-9") {
			t.Errorf("%s: %+v", path, r)
		}
	}
	for host, want := range map[string]Reason{"inner": Forbidden, "mixed": Forbidden, "nowhere": Gone} {
		id := k.add(Source{Key: "host-" + host, Kind: HTTPS, Address: "https://" + host + ".example/x"}, Secret{})
		if r := k.pull(id); r.Outcome != Failed || r.Reason != want {
			t.Errorf("%s: %+v", host, r)
		}
	}
	// An answer that turns inward between two runs leads nowhere.
	id := k.add(Source{Key: "turns", Kind: HTTPS, Address: "https://turns.example/busy"}, Secret{})
	if r := k.pull(id); r.Reason != Busy {
		t.Errorf("at first: %+v", r)
	}
	if r := k.pull(id); r.Reason != Forbidden {
		t.Errorf("turned: %+v", r)
	}
	// A public host that it redirects to is asked, without the secret.
	id = k.add(Source{Key: "scan_rdp", Kind: HTTPS, Type: "scan_rdp", Address: "https://feed.example/elsewhere", Ways: Ways{Auth: "header", Header: "X-Api-Key"}}, Secret{Secret: "sleutel-9"})
	if r := k.pull(id); r.Outcome != Delivered {
		t.Errorf("elsewhere: %+v", r)
	}
	if slices.Contains(secretSeen, "other.example") || !slices.Contains(secretSeen, "feed.example") || inner != 0 {
		t.Errorf("the secret went to %v; inner hosts were asked %d times", secretSeen, inner)
	}
	if left, err := filepath.Glob(filepath.Join(k.db.Dir(), "reports", "incoming-*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	// What cannot be an address is refused before anybody is asked.
	for _, address := range []string{"http://feed.example/", "https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://feed.example:8443/", "https://u:p@feed.example/", "file:///etc/passwd", "https://2130706433/", ""} {
		if _, err := k.collect.Add(k.ctx, Source{Key: "bad", Kind: HTTPS, Address: address}, Secret{}); !wrongIn(err, "address") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// A server that stops talking ends the run.
func TestSlowServer(t *testing.T) {
	k := newDesk(t, kit.SQLite(t, schemas()))
	stop := make(chan struct{})
	k.out.answer(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "timestamp,") //nolint:errcheck
		w.(http.Flusher).Flush()
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	defer close(stop)
	s, err := k.collect.client.Stream(t.Context(), fetch.Question{URL: "https://feed.example/", Size: 100, Idle: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if text, err := io.ReadAll(s); !errors.Is(err, fetch.ErrSlow) {
		t.Errorf("%d %q %v", s.Status, text, err)
	}
}

func TestShadowserver(t *testing.T) {
	eachDesk(t, func(k *desk) {
		day := func(n int) string { return k.clock.Now().AddDate(0, 0, n).Format(time.DateOnly) }
		s := &shadowserver{key: "api-sleutel-3", secret: "hmac-geheim-4", files: map[string]string{}, broken: map[string]bool{}}
		put := func(id, day, kind string, n int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.reports = append(s.reports, listed{ID: id, File: day + "-" + kind + "-example-nl.csv", Type: kind, Report: "example", Timestamp: day})
			s.files[id] = report(k.clock, n)
		}
		put("AAAAAAAAAAAA1", day(-1), "scan_rdp", 2)
		put("AAAAAAAAAAAA2", day(0), "scan_rdp", 3)
		put("AAAAAAAAAAAA0", day(-60), "scan_rdp", 4)
		s.reports = append(s.reports, listed{ID: "../../etc/passwd", File: "x.csv", Type: "scan_rdp", Timestamp: day(0)})
		k.out.answer(s.ServeHTTP)
		id := k.add(Source{Key: "shadowserver", Kind: Shadowserver, Address: "https://api.example/api2/", Every: time.Hour, Ways: Ways{Files: "https://files.example/"}}, Secret{Key: "api-sleutel-3", Secret: "hmac-geheim-4"})
		if r := k.pull(id); r.Outcome != Delivered || r.Reports != 2 || r.Lines != 5 {
			t.Fatalf("%+v", r)
		}
		if s.downloads != 2 {
			t.Errorf("%d downloads", s.downloads)
		}
		if r := k.pull(id); r.Outcome != Nothing || s.downloads != 2 {
			t.Errorf("again: %+v, %d downloads", r, s.downloads)
		}
		// One that fails keeps no other back, and is tried again.
		put("AAAAAAAAAAAA3", day(0), "scan_telnet", 5)
		put("AAAAAAAAAAAA4", day(0), "scan_ftp", 6)
		s.broken["AAAAAAAAAAAA3"] = true
		if r := k.pull(id); r.Outcome != Failed || r.Reason != Busy || r.Reports != 1 {
			t.Errorf("one fails: %+v", r)
		}
		s.broken["AAAAAAAAAAAA3"] = false
		if r := k.pull(id); r.Outcome != Delivered || r.Reports != 1 || s.downloads != 5 {
			t.Errorf("then: %+v, %d downloads", r, s.downloads)
		}
		// After a long silence it asks from then on, within reason.
		k.clock.Advance(10 * 24 * time.Hour)
		k.pull(id)
		if q := s.questions[len(s.questions)-1]; q["date"] != day(-12)+":"+day(0) {
			t.Errorf("asks for %v on %s", q["date"], day(0))
		}
		// The wrong secret, and an answer that gives it back.
		if err := k.collect.Change(k.ctx, id, k.find("shadowserver"), Secret{Key: "api-verkeerd-5"}); err != nil {
			t.Fatal(err)
		}
		if r := k.pull(id); r.Reason != Refused || strings.Contains(r.Detail, "api-verkeerd-5") || !strings.Contains(r.Detail, "Unknown API key ***") {
			t.Errorf("%+v", r)
		}
		if err := k.collect.Change(k.ctx, id, k.find("shadowserver"), Secret{Secret: "hmac-verkeerd"}); err != nil {
			t.Fatal(err)
		}
		if r := k.pull(id); r.Reason != Refused || !strings.Contains(r.Detail, "HMAC mismatch") {
			t.Errorf("%+v", r)
		}
	})
}

func TestMail(t *testing.T) {
	eachDesk(t, func(k *desk) {
		dir := k.maildir()
		n := 0
		put := func(message string) {
			n++
			if err := os.WriteFile(filepath.Join(dir, "new", fmt.Sprintf("17000000%02d.M1.host", n)), []byte(message), 0o600); err != nil {
				t.Fatal(err)
			}
			k.out.append(t, message)
		}
		put(letter("reports@feed.example", "../../../"+k.fileName(), report(k.clock, 2), "logo.png", "not a report"))
		put(letter("evil@other.example", k.fileName(), report(k.clock, 5)))
		put(letter("reports@feed.example\r\nFrom: evil@other.example", k.fileName(), report(k.clock, 6)))
		put(letter("reports@feed.example", "leeg.txt", "nothing here"))
		put(letter("reports@feed.example", k.fileName(), report(k.clock, 3), "2026-01-05-scan_ftp-example-nl.csv", report(k.clock, 4)))
		folder := k.add(Source{Key: "mailed", Kind: Maildir, Address: dir, Every: time.Hour, Ways: Ways{Senders: []string{"@feed.example"}}}, Secret{})
		r := k.pull(folder)
		if r.Outcome != Failed || r.Reason != Unreadable || r.Reports != 3 || r.Lines != 9 || !strings.Contains(r.Detail, "3 messages were set aside") {
			t.Fatalf("maildir: %+v", r)
		}
		if r := k.pull(folder); r.Outcome != Nothing {
			t.Errorf("maildir again: %+v", r)
		}
		box := k.add(Source{Key: "boxed", Kind: IMAP, Address: "mail.example", Every: time.Hour, Ways: Ways{User: "reports", Senders: []string{"reports@feed.example"}}}, Secret{Secret: "imap-geheim-7"})
		if r := k.pull(box); r.Reason != Unreadable || r.Again != 3 || r.Reports != 0 { // the same files as above
			t.Errorf("imap: %+v", r)
		}
		if k.out.unseen(t) != 0 {
			t.Errorf("%d are left", k.out.unseen(t))
		}
		put(letter("reports@feed.example", k.fileName(), report(k.clock, 7)))
		if r := k.pull(box); r.Outcome != Delivered || r.Reports != 1 || r.Lines != 7 {
			t.Errorf("imap: %+v", r)
		}
		if err := k.collect.Change(k.ctx, box, k.find("boxed"), Secret{Secret: "imap-verkeerd"}); err != nil {
			t.Fatal(err)
		}
		if r := k.pull(box); r.Reason != Refused || strings.Contains(r.Detail, "imap-verkeerd") {
			t.Errorf("wrong password: %+v", r)
		}
	})
}

// A folder of this machine is read only where the operator allows it, also by way of a link.
func TestMaildirStaysWhereItMay(t *testing.T) {
	other := t.TempDir()
	for _, sub := range []string{"new", "cur"} {
		os.Mkdir(filepath.Join(other, sub), 0o700) //nolint:errcheck
	}
	k := newDesk(t, kit.SQLite(t, schemas()))
	dir := k.maildir()
	mail := Ways{Senders: []string{"@feed.example"}}
	link := filepath.Join(filepath.Dir(dir), "link")
	if err := os.Symlink(other, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{other, link, "/", "/var/mail", "mail/reports", dir + "/../../..", filepath.Dir(filepath.Dir(dir)), ""} {
		if _, err := k.collect.Add(k.ctx, Source{Key: "m", Kind: Maildir, Address: path, Ways: mail}, Secret{}); !wrongIn(err, "address") {
			t.Errorf("%q: %v", path, err)
		}
	}
	id := k.add(Source{Key: "m", Kind: Maildir, Address: dir, Ways: mail}, Secret{})
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, dir); err != nil {
		t.Fatal(err)
	}
	if r := k.pull(id); r.Reason != NoFolder {
		t.Errorf("%+v", r)
	}
	k.collect.set.Folders = []string{other}
	if r := k.pull(id); r.Outcome != Nothing {
		t.Errorf("allowed: %+v", r)
	}
}

func TestSchedule(t *testing.T) {
	eachDesk(t, func(k *desk) {
		fails := true
		k.out.answer(func(w http.ResponseWriter, r *http.Request) {
			if fails {
				w.WriteHeader(503)
				return
			}
			io.WriteString(w, report(k.clock, 1)) //nolint:errcheck
		})
		id := k.add(Source{Key: "feed", Kind: HTTPS, Type: "scan_rdp", Address: "https://feed.example/x", Every: time.Hour}, Secret{})
		drain := func() {
			t.Helper()
			if err := k.queue.Drain(k.Context()); err != nil {
				t.Fatal(err)
			}
		}
		drain()
		asked := func() int { return k.out.count("feed.example/x") }
		if asked() != 1 {
			t.Fatalf("asked %d times after it was added", asked())
		}
		for i, wait := range []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute} {
			k.clock.Advance(wait - time.Second)
			drain()
			if asked() != i+1 {
				t.Fatalf("asked %d times just before attempt %d", asked(), i+2)
			}
			k.clock.Advance(time.Second)
			drain()
			if asked() != i+2 {
				t.Fatalf("asked %d times at attempt %d", asked(), i+2)
			}
		}
		fails = false
		k.clock.Advance(6 * time.Hour)
		drain()
		if s := k.find("feed"); s.Failures != 0 || !s.NextAt.Equal(k.clock.Now().Add(time.Hour)) || s.Memory.Good.IsZero() {
			t.Errorf("%+v", s)
		}
		if err := k.collect.Switch(k.ctx, id, false); err != nil {
			t.Fatal(err)
		}
		n := asked()
		k.clock.Advance(24 * time.Hour)
		drain()
		if asked() != n {
			t.Errorf("asked while it is off")
		}
		if err := k.collect.Try(k.ctx, id); err != nil {
			t.Fatal(err)
		}
		drain()
		if asked() != n+1 || k.find("feed").On() {
			t.Errorf("tried: asked %d times", asked()-n)
		}
	})
	zone := time.FixedZone("x", 3600)
	s := Source{Hour: 6}
	if at := s.next(time.Date(2026, 1, 5, 5, 0, 0, 0, time.UTC), zone); !at.Equal(time.Date(2026, 1, 6, 5, 0, 0, 0, time.UTC)) {
		t.Errorf("daily: %s", at)
	}
}

// Never two runs of one source at once; and a run whose process was killed is closed by the next.
func TestOneAtATimeAndKilled(t *testing.T) {
	eachDesk(t, func(k *desk) {
		within := make(chan struct{})
		release := make(chan struct{})
		k.out.answer(func(w http.ResponseWriter, r *http.Request) {
			close(within)
			<-release
			io.WriteString(w, report(k.clock, 1)) //nolint:errcheck
		})
		id := k.add(Source{Key: "feed", Kind: HTTPS, Type: "scan_rdp", Address: "https://feed.example/x", Every: time.Hour}, Secret{})
		ended := make(chan error, 1)
		go func() { ended <- k.collect.Pull(k.Context(), id, true) }()
		<-within
		if err := k.collect.Pull(k.Context(), id, true); err != nil { // would hang if it asked
			t.Fatal(err)
		}
		close(release)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if n := k.out.count("feed.example/x"); n != 1 {
			t.Errorf("asked %d times", n)
		}
		k.last(id)
		// As a process leaves it that is killed half-way.
		err := k.db.Write(k.Context(), func(tx *db.Tx) error {
			return beginRun(k.Context(), tx, Run{ID: db.NewID(), Source: id, StartedAt: k.clock.Now()})
		})
		if err != nil {
			t.Fatal(err)
		}
		k.last(id)
		k.out.answer(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, report(k.clock, 2)) }) //nolint:errcheck
		if r := k.pull(id); r.Outcome != Delivered {
			t.Errorf("%+v", r)
		}
		err = k.db.Read(k.Context(), func(tx *db.Tx) error {
			list, err := latestRuns(k.Context(), tx, id, 10)
			if len(list) != 3 || list[1].Outcome != Failed || list[1].Reason != Killed || list[1].EndedAt.IsZero() {
				t.Errorf("%+v", list)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Stopped half-way, a run says so and the source is asked again at once.
func TestStopped(t *testing.T) {
	k := newDesk(t, kit.SQLite(t, schemas()))
	ctx, stop := context.WithCancel(t.Context())
	k.out.answer(func(w http.ResponseWriter, r *http.Request) {
		stop()
		<-r.Context().Done()
	})
	id := k.add(Source{Key: "feed", Kind: HTTPS, Type: "scan_rdp", Address: "https://feed.example/x", Every: time.Hour}, Secret{})
	if err := k.collect.Pull(ctx, id, true); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if r, s := k.last(id), k.find("feed"); r.Reason != Stopped || s.Failures != 0 || s.NextAt.After(k.clock.Now()) {
		t.Errorf("%+v %+v", r, s)
	}
}

func TestWhoMay(t *testing.T) {
	k := newDesk(t, kit.SQLite(t, schemas()))
	good := Source{Key: "feed", Kind: HTTPS, Address: "https://feed.example/x"}
	id := k.add(good, Secret{})
	token := k.people["analyst"]
	token.Token, token.Scopes = db.NewID(), []string{PushScope}
	k.people["token of the analyst"] = token
	for _, who := range []string{"adviser", "administrator", "auditor", "person", "nobody", "token of the analyst"} {
		ctx := k.as(who)
		_, err := k.collect.Add(ctx, Source{Key: "x", Kind: HTTPS, Address: "https://feed.example/x"}, Secret{})
		_, ferr := k.collect.Find(ctx, "feed")
		for name, err := range map[string]error{"add": err, "find": ferr, "change": k.collect.Change(ctx, id, good, Secret{}), "switch": k.collect.Switch(ctx, id, false),
			"try": k.collect.Try(ctx, id), "expect": k.collect.Expect(ctx, "feed", 1)} {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s may %s: %v", who, name, err)
			}
		}
	}
	if err := k.collect.Try(audit.WithActor(t.Context(), "operator:jan"), id); err != nil {
		t.Errorf("the operator: %v", err)
	}
}

// The secret cannot be had sent elsewhere by whoever does not know it.
func TestSecretStaysWithItsAddress(t *testing.T) {
	eachDesk(t, func(k *desk) {
		id := k.add(Source{Key: "feed", Kind: HTTPS, Address: "https://feed.example/x", Ways: Ways{Auth: "bearer"}}, Secret{Secret: "tok-geheim-1"})
		s := k.find("feed")
		same := s
		same.Every = 4 * time.Hour
		if err := k.collect.Change(k.ctx, id, same, Secret{}); err != nil || len(k.find("feed").Sealed) == 0 {
			t.Errorf("%v", err)
		}
		for _, change := range []func(s *Source){
			func(s *Source) { s.Address = "https://other.example/x" }, func(s *Source) { s.Ways.Auth, s.Ways.User = "basic", "x" },
			func(s *Source) { s.Ways.Auth, s.Ways.Header = "header", "X-Debug" },
		} {
			moved := s
			change(&moved)
			if err := k.collect.Change(k.ctx, id, moved, Secret{}); !wrongIn(err, "secret") {
				t.Errorf("%+v: %v", moved, err)
			}
		}
		open := s
		open.Address, open.Ways.Auth = "https://other.example/x", ""
		if err := k.collect.Change(k.ctx, id, open, Secret{}); err != nil || len(k.find("feed").Sealed) != 0 {
			t.Errorf("without access the secret is forgotten: %v", err)
		}
		// Sealed for one row, it opens in no other.
		a := k.find("feed")
		a.Ways.Auth = "bearer"
		if err := k.collect.Change(k.ctx, id, a, Secret{Secret: "tok-2"}); err != nil {
			t.Fatal(err)
		}
		other := k.find("feed")
		other.ID = db.NewID()
		if _, err := k.collect.secretOf(other); err == nil {
			t.Error("a sealed secret opens for another source")
		}
	})
}

// Secrets are nowhere: not in the database, nor in the log, the record, the runs.
func TestSecretsAreNowhere(t *testing.T) {
	k := newDesk(t, kit.SQLite(t, schemas()))
	k.out.answer(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(400)
		fmt.Fprintf(w, `{"error":"%s %s"}`, r.Header.Get("Authorization"), strings.ReplaceAll(string(body), `"`, `'`))
	})
	secrets := []string{"geheim-QQ1", "geheim-QQ2", "geheim-QQ3", "geheim-QQ4"}
	ids := []db.ID{
		k.add(Source{Key: "a", Kind: HTTPS, Address: "https://feed.example/x", Ways: Ways{Auth: "bearer"}}, Secret{Secret: secrets[0]}),
		k.add(Source{Key: "b", Kind: Shadowserver, Address: "https://api.example/api2/"}, Secret{Key: secrets[1], Secret: secrets[2]}),
		k.add(Source{Key: "c", Kind: IMAP, Address: "mail.example", Ways: Ways{User: "reports", Senders: []string{"@feed.example"}}}, Secret{Secret: secrets[3]}),
	}
	for _, id := range ids {
		if r := k.pull(id); r.Outcome != Failed {
			t.Errorf("%+v", r)
		}
	}
	if err := k.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	err := filepath.WalkDir(k.db.Dir(), func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			var b []byte
			b, err = os.ReadFile(path)
			all.Write(b)
		}
		return err
	})
	if err != nil || all.Len() < 10_000 {
		t.Fatal(err, all.Len())
	}
	all.WriteString(k.log.String())
	for _, s := range secrets {
		if bytes.Contains(all.Bytes(), []byte(s)) {
			t.Errorf("%s is in the data folder or the log", s)
		}
	}
}
