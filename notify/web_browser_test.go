package notify

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polder/internal/db"
	"polder/internal/kit"
	"polder/internal/kit/browser"
)

// street is a fixture with a server in front, for a browser.
type street struct {
	*fixture
	server *httptest.Server
	pages  *pages
}

func openStreet(t *testing.T, d *db.DB) *street {
	t.Helper()
	s := &street{}
	// The address must be known before the links are made, and the site after.
	s.server = httptest.NewUnstartedServer(nil)
	s.fixture = newFixture(t, d, func(set *Settings) { set.BaseURL = "http://" + s.server.Listener.Addr().String() })
	site, pages := s.siteOf(s.fixture.notify.set.BaseURL)
	s.pages, s.server.Config.Handler = pages, site
	s.server.Start()
	t.Cleanup(s.server.Close)
	return s
}

// busy warns a Dutch organisation of several kinds of problem, and an English one of a single one.
func (s *street) busy() {
	s.organisations("bakker,Bakkerij De Korst,nl,info@korst.example", "smid,Smederij Vonk,en,info@vonk.example")
	s.assets("bakker,prefix,192.0.2.0/28,owner", "bakker,prefix,2001:db8:4000::/48,owner", "bakker,domain,korst.example,owner",
		"smid,prefix,198.51.100.0/28,provider")
	s.ingest("scan_rdp", rdp, rdpLine("192.0.2.7", "kassa.korst.example"), rdpLine("192.0.2.8", ""), rdpLine("198.51.100.3", "smidse.vonk.example"))
	s.ingest("scan6_smb", rdp, "NOW,critical,2001:db8:4000:17::8a2e:370:7334,tcp,445,nas.korst.example,smb,64500")
	s.ingest("scan_exchange", rdp, `NOW,critical,192.0.2.9,tcp,443,mail.korst.example,"exchange;cve-2024-21410",64500`)
	s.compose()
	s.deliver()
}

// Every page, on a telephone and on a desk, light and dark, in both languages: nothing that
// axe-core objects to, nothing that needs scrolling sideways. POLDER_SCREENSHOTS=FOLDER keeps
// pictures of them.
func TestPagesInBrowser(t *testing.T) {
	b := browser.Open(t)
	s := openStreet(t, kit.SQLite(t, schemas()))
	s.busy()
	bakker, smid := "/f/"+s.token("bakker"), "/f/"+s.token("smid")
	given, err := s.notify.Answer(s.ctx, s.token("smid"), Feedback{Answer: Forwarded})
	if err != nil {
		t.Fatal(err)
	}
	supplier := strings.TrimPrefix(given.Supplier, s.notify.set.BaseURL)
	reference := s.latest("bakker").Reference
	for _, page := range []struct{ name, path string }{
		{"verify", "/verify?lang=nl"}, {"verify-ours", "/verify?lang=nl&ref=" + reference}, {"verify-unknown", "/verify?lang=en&ref=" + newReference()},
		{"verify-malformed", "/verify?lang=nl&ref=123"}, {"several", bakker + "?lang=nl"}, {"one", smid + "?lang=en"}, {"done", smid + "?done=answer&lang=en"},
		{"supplier", supplier + "?lang=nl"}, {"less", bakker + "/less?lang=nl"}, {"less-done", smid + "/less?done=1&lang=en"}, {"unknown-link", "/f/nonsense?lang=nl"},
	} {
		for _, width := range []int{360, 1280} {
			for _, dark := range []bool{false, true} {
				b.EmulateDark(dark)
				b.Resize(width, 800)
				b.Goto(s.server.URL + page.path)
				s.look(b, fmt.Sprintf("%s-%d-%s", page.name, width, map[bool]string{false: "light", true: "dark"}[dark]))
			}
		}
	}
	for _, problem := range b.Problems() {
		if !strings.Contains(problem, "404") && !strings.Contains(problem, "422") {
			t.Errorf("the browser complains: %s", problem)
		}
	}
}

// look holds the page in the browser against what every page must be.
func (s *street) look(b *browser.Browser, name string) {
	s.t.Helper()
	if folder := os.Getenv("POLDER_SCREENSHOTS"); folder != "" {
		b.Screenshot(filepath.Join(folder, name+".png"))
	}
	if wide := b.Overflow(); wide > 0 {
		s.t.Errorf("%s: the page is %d px wider than the screen", name, wide)
	}
	for _, v := range b.Axe() {
		s.t.Errorf("%s: %s", name, v)
	}
}

// The way of a person who passes it on, and of the supplier who solves it, on a telephone.
func TestPassingOnInBrowser(t *testing.T) {
	b := browser.Open(t)
	s := openStreet(t, kit.SQLite(t, schemas()))
	s.busy()
	b.Resize(360, 800)
	b.Goto(s.server.URL + "/f/" + s.token("bakker"))
	b.Follow("button[value=forwarded]")
	s.look(b, "passed-360-light")
	b.Resize(1280, 800)
	s.look(b, "passed-1280-light")
	link := b.Text(".give code")
	if strings.Contains(b.URL(), link[strings.LastIndex(link, "/")+1:]) || !strings.HasPrefix(link, s.notify.set.BaseURL+"/f/") {
		t.Fatalf("the link %q at %s", link, b.URL())
	}
}
