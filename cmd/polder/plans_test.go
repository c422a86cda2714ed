package main

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"polder/internal/config"
	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/web"
)

// bigTables grow with a country and with the years: no page may read one of them whole.
var bigTables = regexp.MustCompile(`^(notify_(exposure|exposure_asset|notification|delivery|item|copy|feedback|feedback_item|report|rejected|touched|trend|cause|topic|link|link_item|comment|step|warned)` +
	`|directory_(organisation|contact|mandate|member|note|invitation|number)|footprint_(asset|claim|correction|conflict)|audit_(event|link)|follow_.*|outreach_.*|collect_run|signin_(account|session|token))$`)

// plansAllowed are statements that read a big table whole, or sort what is not bounded, each with the
// reason why that may be. A statement is told by a part of it, its blanks made one.
var plansAllowed = []struct{ part, reason string }{
	{"FROM outreach_sweep s WHERE s.state = 'ready'", "an analyst makes a sweep by hand: there are hundreds in years, in order of their making"},
	{"FROM signin_account a WHERE state <> 'forgotten' AND (mail LIKE", "an administrator looks for a person by a part of a name or an address; nobody else may, and there are no more rows than people"},
	{"FROM footprint_correction WHERE state = 'open'", "the index holds no others than those that are counted"},
}

// asked are addresses that no page leads to, by persona. ORG is that person's organisation, OTHER one
// that the desk names.
var asked = map[string][]string{
	"university": exposureAddresses, "baker": exposureAddresses, "supplier": append([]string{"/exposures?severity=critical", "/exposures?by=organisation", "/organisations?q=bakkerij"}, exposureAddresses...),
	"analyst": {"/desk/search?q=jansen+noordwaard", "/desk/search?q=20.0.0.37", "/desk/search?q=N000123", "/desk/search?q=www.o000007.example", "/desk/search?q=CVE-2024-3400", "/desk/search?q=AS200003",
		"/desk/search?q=scan_rdp", "/desk/search?q=2a02:3::1", "/desk/search?q=deadbeef", "/desk/search?q=20.0.0.0/24", "/desk/search?q=2026-11-20-scan_rdp-national.csv",
		"/desk/reports?source=shadowserver", "/desk/reports?type=scan_rdp", "/desk/reports?source=shadowserver&type=scan_rdp", "/desk/reports?only=drift", "/desk/reports?only=rejected", "/desk/reports?only=broken", "/desk/reports?from=2026-01-01&until=2026-02-01",
		"/desk/outgoing?list=sent", "/desk/outgoing?list=bounced", "/desk/outgoing?list=failed", "/desk/outgoing?list=held", "/desk/outgoing?list=deferred", "/desk/outgoing?list=queued", "/desk/outgoing?list=sent&type=scan_rdp", "/desk/outgoing?list=sent&source=shadowserver",
		"/desk/outgoing?list=bounced&type=scan_rdp", "/desk/outgoing?list=bounced&source=shadowserver", "/desk/outgoing?list=sent&organisation=N000003", "/desk/outgoing?list=sent&from=2026-01-01&until=2026-02-01", "/desk/outgoing?list=planned", "/desk/outgoing?organisation=N000003",
		"/desk/quality?days=365", "/desk/quality?days=90", "/desk/quality/tables/sources.csv", "/desk/quality/tables/types.csv", "/desk/quality/tables/networks.csv", "/desk/quality/tables/coverage.csv", "/desk/strangers", "/desk/strangers/new", "/desk/strangers/opt-outs", "/desk/lists"},
	"adviser":       {"/desk/organisations?show=all", "/desk/organisations?q=bakkerij", "/desk/organisations?q=N000123", "/desk/claims?list=active", "/desk/claims?list=all", "/desk/claims?list=contested", "/desk/claims?list=refused", "/desk/recovery"},
	"auditor":       {"/desk/record?actor=polder", "/desk/record?action=import", "/desk/record?object=figures", "/desk/record?organisation=OTHER", "/desk/record?organisation=OTHER&action=export&actor=polder", "/desk/record?from=2026-01-01&until=2026-12-01", "/desk/record.csv"},
	"administrator": {"/desk/people?q=noor"},
}

var exposureAddresses = []string{"ORG/exposures?state=each", "ORG/exposures?state=closed", "ORG/exposures?state=unanswered", "ORG/exposures?sort=seen", "ORG/exposures?sort=seen&state=each", "ORG/exposures?sort=day", "ORG/exposures?find=host-7", "ORG/exposures?find=host&state=each",
	"ORG/exposures?severity=critical", "ORG/exposures?severity=high&state=each", "ORG/exposures?type=scan_rdp&state=each", "ORG/exposures?since=2026-10-01&state=each", "ORG/exposures?mine=1", "ORG/exposures?overdue=1", "ORG/exposures?state=each&sort=seen&find=a&severity=high",
	"ORG/assets?find=a", "ORG/assets?kind=domain", "ORG/assets?state=active", "ORG/warnings", "ORG/export", "ORG/follow", "ORG/mandates", "ORG/clients", "ORG/people", "/account/export", "/account/data", "/organisations", "/exposures"}

// Every page is asked by whoever may, and no statement of one of them reads a big table whole or sorts
// without bound.
func TestNoPageWithoutIndex(t *testing.T) {
	each := func(t *testing.T, database string) {
		w, err := newNation(t.Context(), &config.Settings{TimeZone: "Europe/Amsterdam", Database: database}, t.TempDir(), "http://localhost:8080", 0.001, streams{out: t.Output(), err: t.Output()})
		if err != nil {
			t.Fatal(err)
		}
		defer w.close()
		said := &statements{list: map[string][]any{}, page: map[string]string{}}
		w.app.db.Observe(said.note)
		site, err := w.site()
		if err != nil {
			t.Fatal(err)
		}
		v := &visitor{T: t, site: site, said: said, routes: map[string]int{}}
		other := regexp.MustCompile(`/desk/organisations/([0-9a-f-]{36})`)
		otherID := ""
		for _, key := range []string{"adviser", "analyst", "auditor", "administrator", "university", "baker", "supplier"} {
			if v.cookie, err = w.session(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			own := ""
			if p := personas[slices.IndexFunc(personas, func(p persona) bool { return p.key == key })]; p.organisation != "" {
				o, err := w.app.directory.ByReference(t.Context(), p.organisation)
				if err != nil {
					t.Fatal(err)
				}
				own = "/o/" + o.ID.String()
			}
			body := v.visit(key, own, otherID)
			if m := other.FindStringSubmatch(body); m != nil && otherID == "" {
				otherID = m[1]
			}
		}
		w.app.db.Observe(nil)
		if len(said.list) < 200 {
			t.Fatalf("only %d statements were heard", len(said.list))
		}
		t.Logf("%d pages, %d routes, %d statements", v.asked, len(v.routes), len(said.list))
		for _, route := range site.Routes() {
			if strings.HasPrefix(route.Pattern, "GET /o/") || strings.HasPrefix(route.Pattern, "GET /desk") {
				if v.routes[route.Pattern] == 0 {
					t.Logf("not asked: %s", route.Pattern)
				}
			}
		}
		used := map[string]bool{}
		for q, args := range said.list {
			for _, fault := range planFaults(t, w.app.db, q, args) {
				short := strings.Join(strings.Fields(q), " ")
				if i := slices.IndexFunc(plansAllowed, func(a struct{ part, reason string }) bool { return strings.Contains(short, a.part) }); i >= 0 {
					used[plansAllowed[i].part] = true
					continue
				}
				t.Errorf("%s: %s\n\t%s", said.page[q], fault, short)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) { each(t, "sqlite") })
	t.Run("postgres", func(t *testing.T) { each(t, kit.Address(kit.Postgres(t, nil))) })
}

// statements are those that were heard, each with the values and the page of its first time.
type statements struct {
	mu   sync.Mutex
	list map[string][]any
	page map[string]string
	now  string
}

func (s *statements) note(q string, args []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.list[q]; !ok {
		s.list[q], s.page[q] = slices.Clone(args), s.now
	}
}

// visitor asks pages as somebody who is signed in, and follows their links.
type visitor struct {
	*testing.T
	site   *web.Site
	said   *statements
	cookie string
	asked  int
	routes map[string]int
}

func (v *visitor) get(path string) *httptest.ResponseRecorder {
	v.said.mu.Lock()
	v.said.now = path
	v.said.mu.Unlock()
	r := httptest.NewRequest("GET", path, nil)
	r.AddCookie(&http.Cookie{Name: "polder_session", Value: v.cookie})
	got := httptest.NewRecorder()
	v.site.ServeHTTP(got, r)
	v.asked++
	return got
}

// visit asks what the pages of a persona lead to, some addresses of each sort, and what else is asked of
// that persona. It returns the text of all pages.
func (v *visitor) visit(persona, organisation, other string) string {
	var all strings.Builder
	href := regexp.MustCompile(`(?:href|src)="(/[^"#]*)`)
	id := regexp.MustCompile(`[0-9a-f-]{32,36}|[0-9]+`)
	patterns := map[string]*regexp.Regexp{}
	for _, route := range v.site.Routes() {
		if path, get := strings.CutPrefix(route.Pattern, "GET "); get {
			patterns[route.Pattern] = regexp.MustCompile("^" + regexp.MustCompile(`\\\{[a-z]+(\\\.\\\.\\\.)?\\\}`).ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$")
		}
	}
	seen, per := map[string]bool{}, map[string]int{}
	queue := append([]string{"/home", "/organisations", "/exposures", "/account", "/desk"}, asked[persona]...)
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		path = strings.NewReplacer("ORG", organisation, "OTHER", other).Replace(path)
		address, query, _ := strings.Cut(path, "?")
		values, _ := url.ParseQuery(query)
		var keys []string
		for k := range values {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		sort := id.ReplaceAllString(address, "*") + "?" + strings.Join(keys, "&")
		if seen[path] || per[sort] >= 3 && !slices.ContainsFunc(asked[persona], func(a string) bool { return strings.HasSuffix(path, strings.TrimPrefix(a, "ORG")) }) ||
			strings.HasPrefix(path, "/demo") || strings.HasPrefix(path, "/assets/") {
			continue
		}
		seen[path] = true
		per[sort]++
		got := v.get(path)
		if got.Code >= 500 {
			v.Errorf("%s asks %s: %d", persona, path, got.Code)
		}
		if to := got.Header().Get("Location"); to != "" && strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "/sign-in") {
			queue = append([]string{to}, queue...)
		}
		if got.Code != http.StatusOK {
			continue
		}
		for pattern, is := range patterns {
			if is.MatchString(address) {
				v.routes[pattern]++
			}
		}
		body := got.Body.String()
		all.WriteString(body)
		for _, m := range href.FindAllStringSubmatch(body, -1) {
			queue = append(queue, html.UnescapeString(m[1]))
		}
	}
	return all.String()
}

// planFaults says what is wrong with how the database would answer.
func planFaults(t *testing.T, d *db.DB, q string, args []any) (faults []string) {
	if first, _, _ := strings.Cut(strings.TrimSpace(q), " "); !slices.Contains([]string{"SELECT", "WITH", "UPDATE", "DELETE", "INSERT"}, strings.ToUpper(first)) {
		return nil
	}
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if !tx.Postgres() {
			return tx.Each(t.Context(), func(scan func(...any) error) error {
				var a, b, c int
				var detail string
				err := scan(&a, &b, &c, &detail)
				faults = append(faults, sqliteFault(q, detail)...)
				return err
			}, "EXPLAIN QUERY PLAN "+q, args...)
		}
		for _, set := range []string{"SET LOCAL enable_seqscan = off", "SET LOCAL enable_hashjoin = off", "SET LOCAL enable_mergejoin = off", "SET LOCAL max_parallel_workers_per_gather = 0"} {
			if _, err := tx.Exec(t.Context(), set); err != nil {
				return err
			}
		}
		var text string
		if err := tx.One(t.Context(), "EXPLAIN (FORMAT JSON) "+q, args, &text); err != nil {
			return err
		}
		var plan []struct{ Plan planNode }
		if err := json.Unmarshal([]byte(text), &plan); err != nil {
			return err
		}
		for _, p := range plan {
			p.Plan.walk(false, func(s string) { faults = append(faults, s) })
		}
		return nil
	})
	if err != nil && t.Context().Err() == nil {
		t.Errorf("explain: %v\n\t%s", err, q)
	}
	return faults
}

// A step along a state alone, of which there are as many as rows, is as bad as one through the table.
var (
	sqliteScan  = regexp.MustCompile(`^SCAN (\S+)(.*)`)
	sqliteVague = regexp.MustCompile(`^SEARCH (\S+) USING (?:COVERING )?INDEX \S+ \((?:state|severity|kind)=\?\)(.*)`)
)

// sqliteFault judges one step of SQLite's plan. A walk along an index that ends by a limit is no fault.
func sqliteFault(q, detail string) []string {
	m := sqliteScan.FindStringSubmatch(detail)
	if m == nil {
		// Walking along one state is well when a limit ends it, and nobody is looked for who may have few.
		if m = sqliteVague.FindStringSubmatch(detail); m == nil || strings.Contains(q, "LIMIT") && !strings.Contains(q, "organisation_id =") {
			return nil
		}
	}
	table := m[1]
	if alias := regexp.MustCompile(`(?i)\b(\w+) (?:AS )?` + regexp.QuoteMeta(table) + `\b`).FindStringSubmatch(q); alias != nil && bigTables.MatchString(alias[1]) {
		table = alias[1]
	}
	if !bigTables.MatchString(table) || strings.Contains(m[2], "USING") && strings.Contains(q, "LIMIT") && !strings.Contains(m[2], "TEMP") {
		return nil
	}
	return []string{detail}
}

// planNode is a step of PostgreSQL's plan.
type planNode struct {
	Node     string `json:"Node Type"`
	Relation string `json:"Relation Name"`
	Index    string `json:"Index Name"`
	Cond     string `json:"Index Cond"`
	Plans    []planNode
}

func (n planNode) walk(limited bool, tell func(string)) {
	switch {
	case !bigTables.MatchString(n.Relation):
	case n.Node == "Seq Scan":
		tell("reads all of " + n.Relation)
	case strings.HasPrefix(n.Node, "Index") && n.Cond == "" && !limited:
		tell(fmt.Sprintf("reads all of %s by %s", n.Relation, n.Index))
	}
	switch n.Node {
	case "Limit":
		limited = true
	case "Sort", "HashAggregate", "Hash":
		limited = false
	case "Aggregate":
		limited = false
	}
	for _, p := range n.Plans {
		p.walk(limited, tell)
	}
}
