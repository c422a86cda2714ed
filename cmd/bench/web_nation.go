package main

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	nationUsers   = 50
	nationThink   = time.Second // from one page to the next: a person who is very busy
	nationSlow    = 200 * time.Millisecond
	mostExamples  = 6  // addresses of one route, for one user
	mostPagesRead = 60 // to find them
)

// nationUser is somebody of the demo, how many of them there are, and what they ask besides what
// their pages lead to.
type nationUser struct {
	persona string
	count   int
	also    []string // ORG is the organisation of that person
}

var nationAudience = []nationUser{
	{"analyst", 14, []string{"/desk/search?q=jansen+noordwaard", "/desk/search?q=softwarehuis", "/desk/search?q=20.0.0.37", "/desk/search?q=N123456", "/desk/search?q=www.o000007.example", "/desk/search?q=CVE-2024-3400", "/desk/search?q=AS200003",
		"/desk/search?q=scan_rdp", "/desk/search?q=2a02:3::1", "/desk/search?q=deadbeef", "/desk/search?q=nietsgevonden",
		"/desk/reports", "/desk/reports?type=scan_rdp", "/desk/reports?only=drift", "/desk/outgoing", "/desk/outgoing?list=sent", "/desk/outgoing?list=bounced", "/desk/outgoing?list=sent&type=scan_rdp", "/desk/outgoing?list=sent&organisation=N000003",
		"/desk/quality?days=30", "/desk/quality?days=365", "/desk/quality/tables/types.csv?days=30", "/desk/quality/sources/shadowserver", "/desk/sources", "/desk/lists", "/desk/strangers", "/desk/advice"}},
	{"adviser", 5, []string{"/desk/organisations?show=all", "/desk/organisations?q=bakkerij", "/desk/search?q=visser", "/desk/claims?list=active", "/desk/claims"}},
	{"auditor", 4, []string{"/desk/record", "/desk/record?action=export", "/desk/record?actor=polder", "/desk/record.csv"}},
	{"administrator", 2, nil},
	{"university", 11, []string{"ORG/exposures?state=each", "ORG/exposures?state=closed", "ORG/exposures?sort=seen", "ORG/exposures?find=2001:db8:3003", "ORG/exposures?find=host-7", "ORG/exposures?severity=critical", "ORG/exposures?type=scan_rdp&state=each",
		"ORG/exposures?since=2026-10-01&state=each", "ORG/exposures?state=each&sort=seen&find=a",
		"ORG", "/home", "ORG/assets", "ORG/warnings", "ORG/follow", "ORG/warnings/settings", "/account/export", "/organisations", "/exposures"}},
	{"baker", 6, []string{"ORG/exposures?state=each", "ORG/exposures?find=198"}},
	{"supplier", 6, []string{"ORG/exposures?state=each", "ORG/exposures?find=host", "ORG/exposures?sort=seen&state=each", "/exposures", "/exposures?severity=critical", "/exposures?by=organisation", "/organisations", "ORG"}},
}

// nationAPI is what programs ask, with the token of an organisation.
var nationAPI = []string{"/api/v1/exposures", "/api/v1/exposures?limit=100", "/api/v1/exposures?state=open", "/api/v1/exposures?severity=critical", "/api/v1/exposures?changed_since=2026-11-01T00:00:00Z",
	"/api/v1/exposures?type=scan_rdp", "/api/v1/assets", "/api/v1/organisation", "/api/v1/me",
	"/api/v1/exposures/export", "/api/v1/exposures.atom", "/api/v1/notifications", "/api/v1/preferences"}

// nation measures the pages over a database of national size: the demo makes it, and its people ask
// all that their pages lead to, each with some time to think in between. routes are the patterns that
// the program serves, with who may ask: those that nobody came by are named.
func (b *bench) nation(ctx context.Context, dir, database string, scale float64, lasts time.Duration, routes []string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := l.Addr().String()
	l.Close()
	base := "http://" + address
	begun := time.Now()
	serve := exec.CommandContext(ctx, b.polder, "demo", "--size", "national", "--scale", fmt.Sprint(scale), "--folder", filepath.Join(dir, "nation-"+strings.ToLower(b.name)))
	serve.Env = append(os.Environ(), "POLDER_DATABASE="+database, "POLDER_LISTEN="+address, "SSH_CONNECTION=none")
	var said bytes.Buffer
	serve.Stdout, serve.Stderr = &said, &said
	serve.Cancel = func() error { return serve.Process.Signal(os.Interrupt) }
	if err := serve.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- serve.Wait() }()
	defer func() {
		serve.Process.Signal(os.Interrupt)
		<-ended
	}()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: nationUsers, MaxConnsPerHost: nationUsers}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for {
		r, err := client.Get(base + "/readyz")
		if err == nil {
			r.Body.Close()
			break
		}
		select {
		case err := <-ended:
			ended <- err
			return fmt.Errorf("polder demo ended: %v\n%s", err, said.String())
		case <-time.After(200 * time.Millisecond):
		}
	}
	b.table.row(b.name, "a country made or opened", fmt.Sprintf("%.0f s", time.Since(begun).Seconds()), fmt.Sprintf("%.0f organisations, %.0f exposures", 300_000*scale, 5_000_000*scale))
	n := &nationBench{client: client, base: base}
	for _, line := range routes {
		if pattern, found := strings.CutPrefix(strings.Fields(line + " ")[1], "/"); found && strings.HasPrefix(line, "GET ") {
			n.routes = append(n.routes, nationRoute{"/" + pattern, patternOf("/" + pattern)})
		}
	}
	var asking []nationAsker
	for _, u := range nationAudience {
		a, err := n.visit(ctx, u)
		if err != nil {
			return fmt.Errorf("%s: %w", u.persona, err)
		}
		for range u.count {
			asking = append(asking, a)
		}
		if u.persona == "university" || u.persona == "baker" {
			program, err := n.program(ctx, a)
			if err != nil {
				return fmt.Errorf("token of %s: %w", u.persona, err)
			}
			asking = append(asking, program)
		}
	}
	n.run(ctx, asking, lasts/5) // the first pages find nothing in memory yet, and do not count
	n.run(ctx, asking, lasts)
	n.print(b.name, lasts)
	return nil
}

type nationRoute struct {
	pattern string
	is      *regexp.Regexp
}

// patternOf makes a route's pattern something to hold a path against.
func patternOf(pattern string) *regexp.Regexp {
	s := regexp.QuoteMeta(pattern)
	s = regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(s, `[^/]+`)
	return regexp.MustCompile(`^` + strings.ReplaceAll(s, `\{\$\}`, ``) + `$`)
}

// nationAsker is somebody who is signed in, and what that person asks.
type nationAsker struct {
	cookie, token, organisation string
	paths                       []string
}

type nationBench struct {
	client *http.Client
	base   string
	routes []nationRoute

	mu    sync.Mutex
	took  map[string][]time.Duration // until all is there, by route
	first map[string][]time.Duration // until the first byte
	worst map[string]string          // the address that took longest, by route
	slow  map[string]time.Duration
	wrong map[string]int // answers that are not 200, by route and status
}

func (n *nationBench) routeOf(address string) string {
	path, _, _ := strings.Cut(address, "?")
	best := ""
	for _, r := range n.routes {
		if r.is.MatchString(path) && (best == "" || strings.Count(r.pattern, "{") < strings.Count(best, "{")) {
			best = r.pattern
		}
	}
	return best
}

func (n *nationBench) do(ctx context.Context, a nationAsker, method, path string, form url.Values) (status int, body string, header http.Header, first, all time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, method, n.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", nil, 0, 0, err
	}
	if a.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "polder_session", Value: a.cookie})
	}
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	begun := time.Now()
	answer, err := n.client.Do(r)
	if err != nil {
		return 0, "", nil, 0, 0, err
	}
	defer answer.Body.Close()
	first = time.Since(begun)
	var kept bytes.Buffer
	_, err = io.Copy(&kept, io.LimitReader(answer.Body, 2<<20))
	if err == nil {
		_, err = io.Copy(io.Discard, answer.Body)
	}
	return answer.StatusCode, kept.String(), answer.Header, first, time.Since(begun), err
}

var (
	hrefForm         = regexp.MustCompile(`(?:href|src)="(/[^"#]*)`)
	organisationForm = regexp.MustCompile(`/o/[0-9a-f-]{36}`)
	tokenForm        = regexp.MustCompile(`pld[a-z]?_[A-Za-z0-9_-]{20,}|polder_[A-Za-z0-9_-]{20,}`)
)

// visit signs a person in, and follows the links of that person's pages to find addresses of each
// route.
func (n *nationBench) visit(ctx context.Context, u nationUser) (a nationAsker, err error) {
	_, _, header, _, _, err := n.do(ctx, a, http.MethodPost, "/demo/people/"+u.persona, nil)
	if err != nil {
		return a, err
	}
	for _, c := range (&http.Response{Header: header}).Cookies() {
		a.cookie = c.Value
	}
	if a.cookie == "" {
		return a, fmt.Errorf("not signed in")
	}
	seen, per := map[string]bool{}, map[string]int{}
	queue := []string{header.Get("Location"), "/organisations", "/account", "/desk"}
	for read := 0; len(queue) > 0 && read < mostPagesRead; {
		path := queue[0]
		queue = queue[1:]
		route := n.routeOf(path)
		if seen[path] || route == "" || strings.HasPrefix(path, "/demo") || strings.HasPrefix(path, "/assets/") || per[route] >= mostExamples {
			continue
		}
		seen[path] = true
		status, body, header, _, _, err := n.do(ctx, a, http.MethodGet, path, nil)
		if err != nil {
			return a, err
		}
		read++
		if status == http.StatusSeeOther {
			queue = append(queue, header.Get("Location"))
			continue
		}
		if status != http.StatusOK {
			continue
		}
		per[route]++
		a.paths = append(a.paths, path)
		if a.organisation == "" {
			a.organisation = organisationForm.FindString(path)
		}
		for _, m := range hrefForm.FindAllStringSubmatch(body, -1) {
			queue = append(queue, html.UnescapeString(m[1]))
		}
	}
	for _, p := range u.also {
		a.paths = append(a.paths, strings.Replace(p, "ORG", a.organisation, 1))
	}
	return a, nil
}

// program makes a token of the person's organisation, and asks what programs ask.
func (n *nationBench) program(ctx context.Context, owner nationAsker) (a nationAsker, err error) {
	_, body, _, _, _, err := n.do(ctx, owner, http.MethodPost, owner.organisation+"/tokens", url.Values{"name": {"bench"}, "days": {"30"}, "scope": {"exposures:read", "assets:read", "organisation:read"}})
	if err != nil {
		return a, err
	}
	if a.token = tokenForm.FindString(body); a.token == "" {
		return a, fmt.Errorf("no token on the page")
	}
	a.paths = slices.Clone(nationAPI)
	_, body, _, _, _, err = n.do(ctx, a, http.MethodGet, "/api/v1/exposures", nil)
	if m := regexp.MustCompile(`"id":"([0-9a-f]{32})"`).FindStringSubmatch(body); m != nil {
		a.paths = append(a.paths, "/api/v1/exposures/"+m[1])
	}
	return a, err
}

func (n *nationBench) run(ctx context.Context, asking []nationAsker, lasts time.Duration) {
	n.took, n.first, n.worst, n.slow, n.wrong = map[string][]time.Duration{}, map[string][]time.Duration{}, map[string]string{}, map[string]time.Duration{}, map[string]int{}
	var wg sync.WaitGroup
	start := time.Now()
	for i, a := range asking {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 9))
			order := r.Perm(len(a.paths))
			time.Sleep(time.Duration(r.Int64N(int64(nationThink))))
			for k := 0; time.Since(start) < lasts && ctx.Err() == nil; k++ {
				path := a.paths[order[k%len(order)]]
				status, _, _, first, all, err := n.do(ctx, a, http.MethodGet, path, nil)
				n.note(path, status, first, all, err)
				time.Sleep(nationThink/2 + time.Duration(r.Int64N(int64(nationThink))))
			}
		})
	}
	wg.Wait()
}

func (n *nationBench) note(path string, status int, first, all time.Duration, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	route := n.routeOf(path)
	if err != nil || status != http.StatusOK {
		n.wrong[fmt.Sprintf("%s: %d", route, status)]++
		return
	}
	n.took[route], n.first[route] = append(n.took[route], all), append(n.first[route], first)
	if first > n.slow[route] {
		n.slow[route], n.worst[route] = first, path
	}
}

func at(list []time.Duration, percent int) time.Duration {
	slices.Sort(list)
	return list[min(len(list)-1, len(list)*percent/100)]
}

// print prints a row for each route, those that are too slow, and those that nobody asked.
func (n *nationBench) print(name string, lasts time.Duration) {
	all := 0
	for _, list := range n.took {
		all += len(list)
	}
	fmt.Printf("\n%s: pages of a country, %d users at once, each with about %s between two pages: %.0f pages a second. Who asks runs on the same processors.\n\n", name, nationUsers, nationThink, float64(all)/lasts.Seconds())
	fmt.Println("| route | asked | p50 | p95 | p99 | whole, p95 | slowest |")
	fmt.Println("|---|---|---|---|---|---|---|")
	var slow, missed []string
	for _, r := range n.routes {
		list := n.first[r.pattern]
		if len(list) == 0 {
			missed = append(missed, r.pattern)
			continue
		}
		p95 := at(list, 95)
		mark := ""
		if p95 > nationSlow {
			mark = " **SLOW**"
			slow = append(slow, fmt.Sprintf("%s (%.0f ms; slowest %s)", r.pattern, millis(p95), n.worst[r.pattern]))
		}
		worst := n.worst[r.pattern]
		if at(list, 100) < nationSlow {
			worst = ""
		}
		fmt.Printf("| %s | %d | %.0f ms | %.0f ms%s | %.0f ms | %.0f ms | %s |\n", r.pattern, len(list), millis(at(list, 50)), millis(p95), mark, millis(at(list, 99)), millis(at(n.took[r.pattern], 95)), worst)
	}
	fmt.Println()
	for what, times := range n.wrong {
		fmt.Printf("WRONG ANSWER, %d times: %s\n", times, what)
	}
	if len(slow) == 0 {
		fmt.Printf("%s: every route that was asked has its p95 under %s.\n", name, nationSlow)
	}
	for _, s := range slow {
		fmt.Printf("%s: TOO SLOW: %s\n", name, s)
	}
	fmt.Printf("%s: not asked by anybody: %s\n", name, strings.Join(missed, ", "))
}
