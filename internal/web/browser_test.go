package web

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polder/internal/chart"
	"polder/internal/kit/browser"
)

type kitchenLine struct {
	Severity, Address, What string
	At                      time.Time
	Times                   int
}

type kitchen struct {
	At          time.Time
	Rows        int
	Field, Area Field
	Lines       []kitchenLine
	Pager       Pager
	Trend, Runs chart.Chart
	Median      chart.Chart
	Worst       chart.Bars
}

// kitchenCharts are figures with a hole, a goal and a large outlier.
func kitchenCharts(at time.Time) (trend, runs, median chart.Chart, worst chart.Bars) {
	trend = chart.Chart{ID: "trend", Kind: chart.Stack, Title: "Wat staat er nog open?", Summary: "Negentig dagen: van 31 open problemen naar 12.", Head: "Dag", Note: "Aan het einde van elke dag."}
	runs = chart.Chart{ID: "runs", Kind: chart.Columns, Title: "Regels per dag", Summary: "Dertig dagen, meestal rond 900.000 regels; op twee dagen kwam er niets.", Head: "Dag"}
	median = chart.Chart{ID: "median", Kind: chart.Lines, Title: "Dagen tot het is opgelost", Summary: "De mediaan daalt van 12 naar 7 dagen; het doel is 5.", Head: "Week", Goal: 5, Format: func(v float64) string { return fmt.Sprintf("%.0f d", v) }}
	for _, x := range []struct {
		name, tone string
		from, to   float64
	}{{"Laag", "low", 9, 5}, {"Middel", "medium", 12, 4}, {"Hoog", "high", 8, 2}, {"Kritiek", "critical", 2, 1}} {
		s := chart.Series{Name: x.name, Tone: x.tone}
		for i := range 90 {
			s.Values = append(s.Values, math.Round(x.from+(x.to-x.from)*float64(i)/89+2*math.Sin(float64(i)/5)))
		}
		trend.Series = append(trend.Series, s)
	}
	lines := chart.Series{Name: "Shadowserver", Tone: "water"}
	own, others := chart.Series{Name: "Eigen melding", Tone: "grass"}, chart.Series{Name: "Van onderzoekers", Tone: "high"}
	for i := range 90 {
		day := at.AddDate(0, 0, i-89)
		trend.Labels, trend.Ticks = append(trend.Labels, day.Format("2-1-2006")), append(trend.Ticks, day.Format("2-1"))
		if i < 30 {
			runs.Labels = append(runs.Labels, day.Format("2-1"))
			v := 880_000 + 40_000*math.Sin(float64(i))
			if i == 11 || i == 12 {
				v = math.NaN()
			}
			lines.Values = append(lines.Values, v)
			median.Labels = append(median.Labels, fmt.Sprint(i+1))
			own.Values, others.Values = append(own.Values, 12-float64(i)/6), append(others.Values, v/90_000)
		}
	}
	runs.Series, median.Series = []chart.Series{lines}, []chart.Series{own, others}
	worst = chart.Bars{Title: "Netwerken van wie we niemand kennen", Head: [2]string{"Netwerk", "Meldingen"}, Label: "Deel van het grootste", Rows: []chart.Bar{
		{Label: "AS64500", Text: "12.044", Value: 12044}, {Label: "AS64501", Text: "5.120", Value: 5120}, {Label: "AS64502", Text: "3", Value: 3}}}
	return trend, runs, median, worst
}

// kitchenSite shows every part of the look on one page.
func kitchenSite(t *testing.T) *Site {
	t.Helper()
	s, _ := open(t, Options{Demo: true})
	pages, err := ParseTemplates(testPages, "testdata/kitchen.html")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 13, 5, 0, 0, time.UTC)
	view := kitchen{
		At: at, Rows: 1_204_518,
		Field: Field{Name: "reference", Label: "Kenmerk van de melding", Hint: "Staat onderaan de mail, en begint met PLD.", Error: "Vul het kenmerk in zoals het in de mail staat", Value: "PLD-12", Required: true, Autocomplete: "off"},
		Area:  Field{Name: "remark", Label: "Wil je nog iets kwijt?", Type: "textarea", Hint: "Schrijf hier geen wachtwoorden."},
		Lines: []kitchenLine{
			{"critical", "198.51.100.27", "Remote Desktop staat open", at, 14},
			{"high", "2001:db8:4000:17::8a2e:370:7334", "Verouderde mailserver", at, 3},
			{"medium", "198.51.100.30", "SNMP antwoordt aan iedereen", at, 1204},
			{"low", "www.waterwerken.example", "Certificaat verloopt", at, 1},
			{"info", "198.51.100.31", "Webserver gezien", at, 2},
			{"strange", "198.51.100.32", "Nog niet ingedeeld", at, 1},
		},
		Pager: Pager{First: 21, Last: 26, Total: 1337, Previous: "?page=1", Next: "?page=3"},
	}
	view.Trend, view.Runs, view.Median, view.Worst = kitchenCharts(at)
	side := []Link{{Text: "Wat er speelt", URL: "/wide", Current: true}, {Text: "Adressen", URL: "/wide"}, {Text: "Mensen", URL: "/wide"}}
	nav := []Link{{Text: "Meldingen", URL: "/kitchen", Current: true}, {Text: "Controleren", URL: "/wide"}}
	s.Handle("GET /kitchen", Public, func(w http.ResponseWriter, r *http.Request) error {
		return s.Render(w, r, pages, "kitchen", Page{Title: "Remote Desktop staat open", Data: view, Nav: nav})
	})
	s.Handle("GET /wide", Public, func(w http.ResponseWriter, r *http.Request) error {
		return s.Render(w, r, pages, "kitchen", Page{Title: "Drie dingen vragen aandacht", Context: "Waterwerken De Horst", Wide: true, Data: view, Side: side})
	})
	s.Handle("POST /kitchen", Public, func(w http.ResponseWriter, r *http.Request) error {
		return s.Render(w, r, pages, "kitchen", Page{Title: "Controleer een melding", Data: view, Errors: []FieldError{{"reference", "Vul het kenmerk in zoals het in de mail staat"}, {"", "Kies wat je wilt laten weten"}}})
	})
	t.Cleanup(func() {
		if left := pages.Unexecuted(); len(left) > 0 {
			t.Errorf("never executed: %v", left)
		}
	})
	return s
}

// Every part of the look, on a telephone and on a desk, light and dark: nothing that axe-core objects to, nothing that
// needs scrolling sideways. POLDER_SCREENSHOTS=FOLDER keeps pictures of all of them.
func TestLookInBrowser(t *testing.T) {
	b := browser.Open(t)
	server := httptest.NewServer(kitchenSite(t))
	defer server.Close()
	for _, page := range []string{"kitchen", "wide", "nowhere"} {
		for _, width := range []int{320, 360, 1280} {
			for _, dark := range []bool{false, true} {
				name := fmt.Sprintf("%s-%d-%s", page, width, map[bool]string{false: "light", true: "dark"}[dark])
				b.EmulateDark(dark)
				b.Resize(width, 800)
				b.Goto(server.URL + "/" + page)
				if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
					b.Screenshot(filepath.Join(folder, name+".png"))
				}
				if wide := b.Overflow(); wide > 0 {
					t.Errorf("%s: the page is %d px wider than the screen", name, wide)
				}
				for _, v := range b.Axe() {
					t.Errorf("%s: %s", name, v)
				}
			}
		}
	}
	for _, problem := range b.Problems() {
		if !strings.Contains(problem, "404") {
			t.Errorf("the browser complains: %s", problem)
		}
	}
}

// Targets are large enough to hit: 44 px for buttons, 24 px for every link outside a sentence.
func TestTargetsInBrowser(t *testing.T) {
	b := browser.Open(t)
	server := httptest.NewServer(kitchenSite(t))
	defer server.Close()
	b.Resize(360, 800)
	b.Goto(server.URL + "/kitchen")
	small := browser.Eval[[]string](b, `[...document.querySelectorAll("button, .utrecht-button, input, textarea, nav a, .door, .choice, .inbox-row, th a, .filters a")]
		.filter(e => e.checkVisibility() && !e.closest("thead"))
		.filter(e => { const r = e.getBoundingClientRect(); return r.height < (e.matches(".copyable__button, th a") ? 24 : 44) || r.width < 24 })
		.map(e => e.outerHTML.slice(0, 80) + " " + e.getBoundingClientRect().height)`)
	if len(small) > 0 {
		t.Errorf("too small to hit: %q", small)
	}
}

func TestCopyButtonInBrowser(t *testing.T) {
	s, _ := open(t, Options{})
	b := browser.Open(t)
	server := httptest.NewServer(s)
	defer server.Close()
	b.Goto(server.URL + "/nowhere")
	browser.Eval[bool](b, `navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve() }, true`)
	id := b.Text(".copyable code")
	b.Click(".copyable__button")
	if got := browser.Eval[string](b, `window.copied + " " + document.querySelector(".copyable__button").firstChild.textContent`); got != id+" Gekopieerd" {
		t.Errorf("after the click: %q, want %q copied", got, id)
	}
}

// What is wrong in a form is told first, and the focus is there without any script of ours.
func TestErrorSummaryInBrowser(t *testing.T) {
	b := browser.Open(t)
	server := httptest.NewServer(kitchenSite(t))
	defer server.Close()
	b.Resize(360, 800)
	b.Goto(server.URL + "/kitchen")
	b.Follow("#send")
	if !strings.HasPrefix(b.Title(), "Fout: ") {
		t.Errorf("title = %q", b.Title())
	}
	if !browser.Eval[bool](b, `document.activeElement.matches(".error-summary")`) {
		t.Error("the focus is not on the error summary")
	}
	for _, v := range b.Axe() {
		t.Error(v)
	}
	if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
		b.Screenshot(filepath.Join(folder, "errors-360-light.png"))
	}
	b.Click(".error-summary a")
	if got := browser.Eval[string](b, `document.activeElement.id`); got != "reference" {
		t.Errorf("the link in the summary leads to %q", got)
	}
}

func TestForcedColoursInBrowser(t *testing.T) {
	b := browser.Open(t)
	server := httptest.NewServer(kitchenSite(t))
	defer server.Close()
	b.EmulateForcedColors()
	b.Resize(1280, 800)
	b.Goto(server.URL + "/kitchen")
	if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
		b.Screenshot(filepath.Join(folder, "forced-1280.png"))
	}
	if got := browser.Eval[int](b, `[...document.querySelectorAll(".badge__shape")].filter(e => getComputedStyle(e).fill === getComputedStyle(document.body).backgroundColor).length`); got > 0 {
		t.Errorf("%d shapes of severity cannot be seen", got)
	}
}

// The form behind a secret link works on plain http too, where a browser tells where a form came from by Origin alone;
// and no address with a secret in it is told to anyone.
func TestSecretLinkInBrowser(t *testing.T) {
	for name, host := range map[string]string{"this machine": "127.0.0.1", "plain http elsewhere": "polder.test"} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t, Options{})
			pages, err := ParseTemplates(testPages, "testdata/secret.html")
			if err != nil {
				t.Fatal(err)
			}
			var referers, origins []string
			show := func(title string) func(http.ResponseWriter, *http.Request) error {
				return func(w http.ResponseWriter, r *http.Request) error {
					referers, origins = append(referers, r.Referer()), append(origins, r.Header.Get("Origin"))
					return s.Render(w, r, pages, "secret", Page{Title: title})
				}
			}
			s.Handle("GET /f/{token}", ByToken, show("Vraag"))
			s.Handle("POST /f/{token}", ByToken, show("Dank je wel"))
			server := httptest.NewServer(s)
			defer server.Close()
			b := browser.Open(t)
			b.Goto(strings.Replace(server.URL, "127.0.0.1", host, 1) + "/f/verysecret")
			b.Follow("#send")
			if !strings.HasPrefix(b.Title(), "Dank je wel") {
				t.Errorf("the form ends at %q; Referer %q, Origin %q", b.Title(), referers, origins)
			}
			if strings.Contains(strings.Join(referers, " "), "verysecret") {
				t.Errorf("the secret was told: %q", referers)
			}
		})
	}
}
