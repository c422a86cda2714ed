package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"golang.org/x/net/idna"

	"polder/internal/audit"
	"polder/internal/config"
	"polder/internal/kit/browser"
	"polder/internal/mail"
	"polder/internal/web"
	"polder/notify"
	"polder/testdata/demo"
)

// openWorld starts the demo in this process, with the first day's reports in, on a port of its own.
func openWorld(t *testing.T) *world {
	t.Helper()
	listener, _, err := listenNear("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	address := addressOf(listener.Addr())
	w, err := newWorld(t.Context(), &config.Settings{TimeZone: "Europe/Amsterdam"}, t.TempDir(), address, streams{out: io.Discard, err: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	w.app.catalog.Strict = true
	if err := w.next(t.Context()); err != nil {
		t.Fatal(err)
	}
	site, err := w.site()
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: site.Server(address)}
	server.Start()
	t.Cleanup(func() {
		server.Close()
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) base() string { return w.app.set.BaseURL }

// pass lets days go by until the one given.
func (w *world) until(t *testing.T, day int) {
	t.Helper()
	for now, _ := w.today(); now < day; now, _ = w.today() {
		if err := w.next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) mailsTo(address string) (list []mail.Mail) {
	for _, m := range w.box.Mails() {
		if slices.Contains(m.EnvelopeTo, address) {
			list = append(list, m)
		}
	}
	return list
}

// A person opens the demo, reads a mail, answers it as its recipient, and sees what that changed;
// then the next days come in, and bring good news, reminders and what is back again.
func TestDemoInBrowser(t *testing.T) {
	w := openWorld(t)
	b := browser.Open(t)
	b.Resize(1280, 900)
	b.Goto(w.base() + "/?lang=en")
	b.Follow(`a.door[href="/demo/mail"]`)
	b.Goto(w.base() + "/demo/mail?organisation=Z010") // the notary, who does not answer by herself for days
	if n := browser.Eval[int](b, `document.querySelectorAll(".inbox-row").length`); n != 1 {
		t.Fatalf("the notary has %d mails on the first day; want one", n)
	}
	b.Follow(".inbox-row")
	if got := b.Text("h1"); !strings.Contains(got, "PLD-") {
		t.Errorf("the mail is headed %q", got)
	}
	b.Follow(".mail__text a[href^='/f/']")
	if !strings.HasPrefix(b.URL(), w.base()+"/f/") {
		t.Fatalf("the link in the mail leads to %s", b.URL())
	}
	b.Follow(`button[name="answer"][value="solved"]`)
	b.Goto(w.base() + "/demo/organisation/Z010")
	if got := b.Text(".status"); !strings.HasPrefix(got, "Solved") && !strings.HasPrefix(got, "Opgelost") {
		t.Errorf("after the answer the state is %q", got)
	}

	b.Goto(w.base() + "/")
	b.Follow("#next")
	b.WaitFor("#today-title")
	b.Goto(w.base() + "/demo/organisation/Z010") // the next report shows it still
	if got := b.Text(".status"); got != "Open" {
		t.Errorf("after it was seen again the state is %q; want it opened and told again", got)
	}
	if n := browser.Eval[int](b, `document.querySelectorAll(".inbox-row").length`); n != 2 {
		t.Errorf("the notary has %d mails after it was seen again; want two", n)
	}
	for day := 3; day <= 5; day++ {
		b.Goto(w.base() + "/")
		b.Follow("#next")
		b.WaitFor("#today-title")
		if got, _ := w.today(); got != day {
			t.Fatalf("the button leads to day %d, not %d", got, day)
		}
	}
	kinds := map[string]string{"Z001": "closing", "Z008": "reminder", "Z019": "closing"}
	for reference, kind := range kinds {
		if got := w.kinds(t, reference); !slices.Contains(got, kind) {
			t.Errorf("%s got %v; want a %s", reference, got, kind)
		}
	}
	if got := w.kinds(t, "Z019"); got[len(got)-1] != "warning" {
		t.Errorf("the museum's problem is back on day 5, but its mails are %v", got)
	}
	if problems := b.Problems(); len(problems) > 0 {
		t.Errorf("the browser complains: %q", problems)
	}
}

// kinds lists what kinds of mail an organisation got, oldest first.
func (w *world) kinds(t *testing.T, reference string) (list []string) {
	t.Helper()
	o, err := w.app.directory.ByReference(t.Context(), reference)
	if err != nil {
		t.Fatal(err)
	}
	err = w.app.notify.Notifications(t.Context(), "test", audit.Read, func(page []notify.Sent) error {
		for _, s := range page {
			if s.Organisation == o.ID && s.Recipient == o.Email {
				list = append(list, s.Kind)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Every page, on a telephone and on a desk, in both languages: nothing that axe-core objects to and
// nothing that needs scrolling sideways. POLDER_SCREENSHOTS=FOLDER keeps pictures, dark ones too.
func TestDemoPagesInBrowser(t *testing.T) {
	w := openWorld(t)
	b := browser.Open(t)
	folder := os.Getenv("POLDER_SCREENSHOTS")
	look := func(name, path string) {
		t.Helper()
		for _, lang := range []string{"nl", "en"} {
			for _, width := range []int{360, 1280} {
				b.Resize(width, 800)
				sign := "?"
				if strings.Contains(path, "?") {
					sign = "&"
				}
				b.Goto(w.base() + path + sign + "lang=" + lang)
				at := fmt.Sprintf("%s-%d-%s", name, width, lang)
				if folder != "" {
					b.Screenshot(filepath.Join(folder, at+"-light.png"))
					b.EmulateDark(true)
					b.Screenshot(filepath.Join(folder, at+"-dark.png"))
					b.EmulateDark(false)
				}
				if wide := b.Overflow(); wide > 0 {
					t.Errorf("%s: the page is %d px wider than the screen: %v", at, wide, browser.Eval[[]string](b, `[...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120))`))
				}
				for _, v := range b.Axe() {
					t.Errorf("%s: %s", at, v)
				}
			}
		}
	}
	look("home-1", "/")
	w.until(t, 5)
	hospital := w.mailsTo("informatieveiligheid@streekziekenhuis.example")[0].Number
	look("home-5", "/")
	look("home-day-2", "/?day=2")
	look("mailbox", "/demo/mail")
	look("mailbox-none", "/demo/mail?organisation=Z032")
	look("mail", fmt.Sprintf("/demo/mail/%d", hospital))
	look("organisations", "/demo/organisations")
	look("organisation", "/demo/organisation/Z030")
	look("organisation-provider", "/demo/organisation/Z006")
	look("organisation-clean", "/demo/organisation/Z032")
	look("organisation-nowhere", "/demo/organisation/Z039")
	w.until(t, demoDays)
	look("home-7", "/")
	for _, problem := range b.Problems() {
		t.Errorf("the browser complains: %s", problem)
	}
}

// The HTML part of a mail stands by itself: no script, no form, no picture works in it, and its links
// do. axe-core cannot run in that sandbox, so it sees the same mail outside.
func TestDemoMailHTMLInBrowser(t *testing.T) {
	w := openWorld(t)
	b := browser.Open(t)
	number := w.mailsTo("cert@uvz.example")[0].Number
	path := fmt.Sprintf("%s/demo/mail/%d/html", w.base(), number)
	answer, err := http.Get(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	if policy := answer.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'unsafe-inline';") || !strings.HasSuffix(policy, "; sandbox") {
		t.Errorf("the policy of a mail's HTML is %q", policy)
	}
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(text)
	}))
	defer outside.Close()
	for _, width := range []int{360, 1280} {
		b.Resize(width, 800)
		b.Goto(outside.URL)
		if wide := b.Overflow(); wide > 0 {
			t.Errorf("at %d px the mail is %d px too wide", width, wide)
		}
		if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
			b.Screenshot(filepath.Join(folder, fmt.Sprintf("mail-html-%d-en-light.png", width)))
		}
		for _, v := range b.Axe() {
			// A mail has no landmarks, and its subject is its heading.
			if !slices.Contains([]string{"landmark-one-main", "page-has-heading-one", "region"}, v.ID) {
				t.Errorf("at %d px: %s", width, v)
			}
		}
	}
	b.Goto(path)
	b.Press(kb.Tab) // to the first link
	b.Press(kb.Enter)
	b.WaitFor("#answers")
	if !strings.HasPrefix(b.URL(), w.base()+"/f/") {
		t.Errorf("the link in the HTML leads to %s", b.URL())
	}
	if problems := b.Problems(); len(problems) > 0 {
		t.Errorf("the browser complains: %q", problems)
	}
}

// While a day comes in, its page shows how far it is.
func TestDemoProgressInBrowser(t *testing.T) {
	w := openWorld(t)
	b := browser.Open(t)
	if !w.begin() {
		t.Fatal("the second day does not begin")
	}
	w.tell(func(p *passing) {
		p.step, p.reports, p.read, p.report = "reports", 16, 5, "2026-11-22-scan_rdp-zilverwaard.csv"
	})
	for _, width := range []int{360, 1280} {
		b.Resize(width, 800)
		b.Goto(w.base() + "/demo/next?lang=en")
		if got := b.Text("label[for=going]"); got != "5 of 16 reports read" {
			t.Errorf("the progress reads %q", got)
		}
		if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
			b.Screenshot(filepath.Join(folder, fmt.Sprintf("progress-%d-en-light.png", width)))
		}
		for _, v := range b.Axe() {
			t.Error(v)
		}
	}
	if w.begin() {
		t.Error("a third day begins while the second is coming in")
	}
	if err := w.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.Goto(w.base() + "/demo/next")
	b.WaitFor("#today-title")
}

// demoAsset is what an organisation has in assets.csv, read with nothing of the program's own.
type demoAsset struct{ prefixes, others []string }

func readAssets(t *testing.T) (assets map[string]*demoAsset, names map[string]string) {
	t.Helper()
	assets, names = map[string]*demoAsset{}, map[string]string{}
	for _, row := range readCSV(t, "organisations.csv")[1:] {
		address := row[7]
		if local, domain, ok := strings.Cut(address, "@"); ok {
			ascii, err := idna.Lookup.ToASCII(domain)
			if err != nil {
				t.Fatal(err)
			}
			address = local + "@" + ascii
		}
		names[row[0]], assets[row[0]] = address, &demoAsset{}
	}
	for _, row := range readCSV(t, "assets.csv")[1:] {
		a := assets[row[0]]
		switch row[1] {
		case "prefix":
			a.prefixes = append(a.prefixes, row[2])
		case "domain":
			ascii, err := idna.Lookup.ToASCII(row[2])
			if err != nil {
				t.Fatal(err)
			}
			a.others = append(a.others, ascii)
		case "asn":
			a.others = append(a.others, row[2])
		}
	}
	return assets, names
}

func readCSV(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := demo.Files.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

var mailLine = regexp.MustCompile(`(?m)^- (.*(?:\n  .*)*)`)

// announced tells by which AS number the reports of a day say that an address is announced.
func announced(t *testing.T) map[netip.Addr]string {
	t.Helper()
	all := map[netip.Addr]string{}
	for day := 1; day <= demoDays; day++ {
		reports, err := arrivals(day, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reports {
			if r.mapping != nil || r.source != "" {
				continue
			}
			in := csv.NewReader(strings.NewReader(string(r.content)))
			in.FieldsPerRecord = -1
			rows, err := in.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, pair := range [][2]string{{"ip", "asn"}, {"src_ip", "src_asn"}} {
				ip, asn := slices.Index(rows[0], pair[0]), slices.Index(rows[0], pair[1])
				for _, row := range rows[1:] {
					if ip < 0 || asn >= len(row) {
						continue
					}
					if addr, err := netip.ParseAddr(row[ip]); err == nil {
						all[addr] = "AS" + row[asn]
					}
				}
			}
		}
	}
	return all
}

// After a week, each line of each mail is about an address, an AS number or a name that the
// organisation it went to has in assets.csv, and those whom no report is about have no mail.
func TestDemoMailsConcernTheirReaders(t *testing.T) {
	w := openWorld(t)
	w.until(t, demoDays)
	assets, address := readAssets(t)
	byAddress := map[string]string{}
	for reference, a := range address {
		byAddress[a] = reference
	}
	lines, by := 0, announced(t)
	mails := w.box.Mails()
	for _, m := range mails {
		to := m.EnvelopeTo[0]
		if len(m.EnvelopeTo) != 1 {
			t.Errorf("mail %d has the recipients %v", m.Number, m.EnvelopeTo)
		}
		if strings.HasSuffix(to, "@"+demoDomain) {
			continue // to the desk
		}
		if slices.ContainsFunc(personas, func(p persona) bool { return p.mail == to }) { // a person, about the account or a mandate
			if mailLine.MatchString(m.Text) {
				t.Errorf("mail %d tells %s of findings", m.Number, to)
			}
			continue
		}
		own := assets[byAddress[to]]
		if own == nil {
			t.Errorf("mail %d went to %s, whom nobody knows", m.Number, to)
			continue
		}
		found := mailLine.FindAllStringSubmatch(m.Text, -1)
		if len(found) == 0 {
			t.Errorf("mail %d to %s is about nothing:\n%s", m.Number, to, m.Text)
		}
		for _, f := range found {
			lines++
			if line := strings.Join(strings.Fields(f[1]), " ") + " "; !own.concerns(by, line) {
				t.Errorf("%s reads in mail %d: %s\nbut has only %v", to, m.Number, line, own)
			}
		}
	}
	if len(mails) < 100 || lines < 250 {
		t.Errorf("%d mails with %d lines: the test has seen too little", len(mails), lines)
	}
	for _, reference := range []string{"Z018", "Z022", "Z032", "Z035", "Z041"} {
		if got := w.mailsTo(address[reference]); len(got) > 0 {
			t.Errorf("%s has no findings, but got %d mails", reference, len(got))
		}
	}
	// However many reports close something in one morning, each organisation hears of it once.
	closings := map[string]int{}
	err := w.app.notify.Notifications(t.Context(), "test", audit.Read, func(page []notify.Sent) error {
		for _, s := range page {
			if s.Kind == "closing" {
				closings[s.Recipient+" on "+s.CreatedAt.Format(time.DateOnly)]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for to, n := range closings {
		if n != 1 {
			t.Errorf("%d closing mails to %s", n, to)
		}
	}
	if len(closings) < 10 {
		t.Errorf("%d closing mails in a week; the demo should show more", len(closings))
	}
	if got := w.kinds(t, "Z039"); len(got) > 0 {
		t.Errorf("the marina has no mail address, but there are %d notifications", len(got))
	}
}

// concerns tells whether a line is about something of the organisation: by the address that it begins
// with, by who announces that, or by a name in it.
func (a *demoAsset) concerns(announced map[netip.Addr]string, line string) bool {
	first, _, _ := strings.Cut(line, " ")
	first = strings.TrimSuffix(first, ":")
	addr, err := netip.ParseAddr(first)
	if port, perr := netip.ParseAddrPort(first); perr == nil {
		addr, err = port.Addr(), nil
	}
	if err == nil {
		if slices.Contains(a.others, announced[addr]) {
			return true
		}
		for _, p := range a.prefixes {
			if netip.MustParsePrefix(p).Contains(addr) {
				return true
			}
		}
	}
	return slices.ContainsFunc(a.others, func(o string) bool {
		return regexp.MustCompile(`(?:^|[^0-9A-Za-z-])` + regexp.QuoteMeta(o) + `(?:[^0-9A-Za-z.-]|\.\s|$)`).MatchString(line)
	})
}

// What a centre serves has none of the demo in it.
func TestServeHasNoDemo(t *testing.T) {
	w := openWorld(t)
	site, err := w.app.site(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range site.Routes() {
		if route.Access == web.DemoOnly {
			t.Errorf("polder serve has the route %s", route)
		}
	}
	for _, path := range []string{"/demo/next", "/demo/mail", "/demo/mail/1", "/demo/mail/1/html", "/demo/organisations", "/demo/organisation/Z001"} {
		answer := httptest.NewRecorder()
		site.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		if answer.Code != http.StatusNotFound {
			t.Errorf("polder serve answers %d at %s", answer.Code, path)
		}
	}
}

// The lines that could not be read can be had as CSV, in which nothing can be taken for a formula.
func TestDemoRejectedLines(t *testing.T) {
	w := openWorld(t)
	w.until(t, 4)
	list, err := w.app.notify.Reports(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	rejected := 0
	for _, r := range list {
		if r.Rejected == 0 {
			continue
		}
		answer, err := http.Get(w.base() + "/demo/report/" + r.ID.String() + "/rejected.csv")
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(answer.Body).ReadAll()
		answer.Body.Close()
		if err != nil || int64(len(rows)) != r.Rejected+1 {
			t.Fatalf("%s: %d rows for %d rejected lines: %v", r.Name, len(rows), r.Rejected, err)
		}
		for _, row := range rows[1:] {
			rejected++
			for _, value := range row {
				if strings.ContainsAny(value[:1], "=+-@") {
					t.Errorf("%s: %q could be taken for a formula", r.Name, value)
				}
			}
		}
	}
	if rejected < 4 {
		t.Errorf("%d rejected lines; the demo should show some", rejected)
	}
}

var documentation = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32")}

// The country is invented: every address and every domain in it is one that is set apart for that.
func TestDemoIsInvented(t *testing.T) {
	address := regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|\b2[0-9a-f]{3}:[0-9a-f:]+`)
	host := regexp.MustCompile(`@([\pL\d.-]+)|https?://([\pL\d.-]+)`)
	date := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for day := 1; day <= demoDays; day++ {
		reports, err := arrivals(day, date)
		if err != nil {
			t.Fatal(err)
		}
		if len(reports) < 10 {
			t.Errorf("day %d has %d reports", day, len(reports))
		}
		for _, r := range reports {
			text := string(r.content)
			if strings.Contains(text, "{{") {
				t.Errorf("%s holds a place for a date that was not filled", r.name)
			}
			for _, found := range address.FindAllString(text, -1) {
				a, err := netip.ParseAddr(found)
				if err == nil && !slices.ContainsFunc(documentation, func(p netip.Prefix) bool { return p.Contains(a) }) {
					t.Errorf("%s: %s is not an address for documentation", r.name, a)
				}
			}
			for _, found := range host.FindAllStringSubmatch(text, -1) {
				if name := strings.TrimRight(found[1]+found[2], "."); !strings.HasSuffix(name, ".example") {
					t.Errorf("%s: %s is not a name for examples", r.name, name)
				}
			}
		}
	}
	for _, row := range readCSV(t, "assets.csv")[1:] {
		if row[1] == "domain" && !strings.HasSuffix(row[2], ".example") {
			t.Errorf("assets.csv: %s is not a name for examples", row[2])
		}
	}
}

func TestDemoTakesAnotherPort(t *testing.T) {
	first, taken, err := listenNear("localhost:0")
	if err != nil || taken {
		t.Fatal(err, taken)
	}
	defer first.Close()
	second, taken, err := listenNear(first.Addr().String())
	if err != nil || !taken {
		t.Fatalf("a port that is in use: taken %v, %v", taken, err)
	}
	defer second.Close()
	if _, _, err := listenNear("nonsense"); err == nil {
		t.Error("an address that is none is taken")
	}
}

// A visitor can be somebody of the country, with the rights of that person alone, and only in the demo.
func TestDemoPeople(t *testing.T) {
	w := openWorld(t)
	w.until(t, 1)
	site, err := w.site()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(cookie *http.Cookie, method, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if cookie != nil {
			r.AddCookie(cookie)
		}
		rec := httptest.NewRecorder()
		site.ServeHTTP(rec, r)
		return rec
	}
	if rec := ask(nil, "GET", "/demo/people"); rec.Code != http.StatusOK {
		t.Fatal(rec.Code)
	}
	bakery, err := w.app.directory.ByReference(t.Context(), "Z001")
	if err != nil {
		t.Fatal(err)
	}
	of := "/o/" + bakery.ID.String()
	for key, want := range map[string]map[string]int{
		"baker":         {of: 200, of + "/assets": 200, of + "/people": 200, "/desk/organisations": 404},
		"supplier":      {of: 200, of + "/assets": 200, of + "/people": 404, "/desk/organisations": 404},
		"university":    {of: 404, of + "/assets": 404},
		"adviser":       {of: 404, "/desk/organisations": 200, "/desk/claims": 200, "/desk/people": 404},
		"analyst":       {of: 404, "/desk/claims": 200, "/desk/people": 404},
		"auditor":       {of: 404, "/desk/record": 200, "/desk/organisations": 404},
		"administrator": {of: 404, "/desk/organisations": 404, "/desk/people": 200},
	} {
		rec := ask(nil, "POST", "/demo/people/"+key)
		if rec.Code != http.StatusSeeOther || len(rec.Result().Cookies()) != 1 {
			t.Fatalf("%s: %d %v", key, rec.Code, rec.Header())
		}
		cookie := rec.Result().Cookies()[0]
		for path, status := range want {
			if got := ask(cookie, "GET", path); got.Code != status {
				t.Errorf("%s asks %s: %d, want %d", key, path, got.Code, status)
			}
		}
	}
	if rec := ask(nil, "POST", "/demo/people/nobody"); rec.Code != http.StatusNotFound {
		t.Errorf("somebody who is not there: %d", rec.Code)
	}
}

// Every page of the demo leads on: to the mails, where the visitor's codes are, and back to where the visitor is signed in.
// Who wants to be oneself is nobody else any more.
func TestDemoLeadsOn(t *testing.T) {
	w := openWorld(t)
	site, err := w.site()
	if err != nil {
		t.Fatal(err)
	}
	var cookie *http.Cookie
	ask := func(method, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader("name=Fatima&mail=fatima@zonnepaneel.example"))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if cookie != nil {
			r.AddCookie(cookie)
		}
		rec := httptest.NewRecorder()
		site.ServeHTTP(rec, r)
		return rec
	}
	if page := ask("GET", "/").Body.String(); strings.Contains(page, `href="/home"`) {
		t.Error("who is not signed in is led back to where one would be")
	}
	cookie = ask("POST", "/demo/people/adviser").Result().Cookies()[0]
	if page := ask("GET", "/desk/claims").Body.String(); !strings.Contains(page, `href="/demo/mail"`) || !strings.Contains(page, "taartenbezorgd.example") {
		t.Error("the desk does not lead to the mails, or has nothing to decide on")
	}
	if page := ask("GET", "/demo/mail").Body.String(); !strings.Contains(page, `href="/home"`) {
		t.Error("the mails do not lead back to where the visitor is signed in")
	}
	rec := ask("POST", "/demo/yourself")
	if c := rec.Result().Cookies(); rec.Header().Get("Location") != "/register" || len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("to be oneself leads to %q with %v", rec.Header().Get("Location"), c)
	}
	cookie = nil
	if rec := ask("POST", "/register"); rec.Code != http.StatusSeeOther {
		t.Fatalf("to register answers %d", rec.Code)
	}
	if err := w.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if page := ask("GET", "/demo/mail").Body.String(); !strings.Contains(page, "aan fatima@zonnepaneel.example") {
		t.Error("the mail with the code does not say whom it went to")
	}
}
