// Package browser lets a test use a real browser: Debian's Chromium without a window, driven through DevTools, and
// axe-core for accessibility. For tests only.
//
//	b := browser.Open(t)
//	b.Resize(360, 800)
//	b.Goto(server.URL + "/verify")
//	b.Type("#reference", "POL-2026-000123")
//	b.Click("button[type=submit]")
//	if v := b.Axe(); len(v) > 0 { t.Error(v) }
//
// Every method ends the test with one sentence when it does not succeed within 20 seconds, so a test reads as a story.
// Host names that end in .test lead to this machine, for what depends on a name.
package browser

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// axe is axe-core 4.14.1 by Deque Systems, MPL-2.0, as in its npm package; see NOTICE.
//
//go:embed axe.min.js
var axe string

const patience = 20 * time.Second

// programs are the browsers that will do, the leanest first.
var programs = []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"}

// Browser is one tab with its own profile. It belongs to one test.
type Browser struct {
	t   testing.TB
	ctx context.Context

	builtIn bool // a virtual authenticator is built in; there can be one such

	mu       sync.Mutex
	problems []string
}

// Open starts a browser for the test and ends it with the test. Where there is no browser the test fails, unless
// POLDER_TEST_BROWSER=off says that this is known; then the test is skipped and says so.
func Open(t testing.TB) *Browser {
	t.Helper()
	if os.Getenv("POLDER_TEST_BROWSER") == "off" {
		t.Skip("POLDER_TEST_BROWSER=off: pages are not tried in a browser")
	}
	program := ""
	for _, name := range programs {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		t.Fatal("no Chromium found: install it with \"apt-get install chromium-headless-shell\", or set POLDER_TEST_BROWSER=off to go without")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("no-pings", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1"), chromedp.WSURLReadTimeout(2*patience))
	allocator, end := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, closeTab := chromedp.NewContext(allocator)
	b := &Browser{t: t, ctx: ctx}
	t.Cleanup(func() {
		closeTab()
		end()
	})
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	entries := chromedp.Events(ctx, log.EntryAdded)
	go func() {
		for e, err := range entries {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.problems = append(b.problems, strings.TrimSpace(e.Entry.Text+" "+e.Entry.URL))
			b.mu.Unlock()
		}
	}()
	return b
}

// do runs one step with a limit on its time.
func do[T any](b *Browser, action chromedp.Action[T], what string, about ...any) T {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatalf("browser: "+what+": %v", append(about, err)...)
	}
	return value
}

// Goto opens an address and waits until the page and its fonts are there. Pages that answer 400 or more open too.
func (b *Browser) Goto(url string) {
	b.t.Helper()
	do(b, chromedp.Navigate(url), "open %s", url)
	do(b, chromedp.Evaluate[bool](`document.fonts.ready.then(() => true)`, chromedp.EvalAwaitPromise), "wait for the fonts of %s", url)
}

// Click clicks the first element of a CSS selector, once it can be seen, as a person would: at its place on the screen.
// It does not wait for what follows; Follow and WaitFor do.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	do(b, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible), "click %s", selector)
}

// Follow clicks a link or a button and waits until the page that it leads to is there, whatever its status. It fails when
// the click leads nowhere.
func (b *Browser) Follow(selector string) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)); err != nil {
		b.t.Fatalf("browser: follow %s: %v", selector, err)
	}
	do(b, chromedp.Evaluate[bool](`document.fonts.ready.then(() => true)`, chromedp.EvalAwaitPromise), "wait for the fonts after %s", selector)
}

// Arrive waits until the browser is on an address, wherever it comes through on its way: a page that is left in the
// middle of a question has no answer, and is asked again.
func (b *Browser) Arrive(url string) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	at := ""
	for {
		if u, err := chromedp.Run(ctx, chromedp.Location()); err == nil {
			if at = u; u == url {
				return
			}
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("browser: it is on %s, not on %s", at, url)
		case <-tick.C:
		}
	}
}

// WaitFor waits until an element can be seen.
func (b *Browser) WaitFor(selector string) {
	b.t.Helper()
	do(b, chromedp.WaitVisible(chromedp.CSS(selector)), "wait for %s", selector)
}

// Type types text into an input.
func (b *Browser) Type(selector, text string) {
	b.t.Helper()
	do(b, chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible), "type into %s", selector)
}

// Press presses keys where the focus is, such as kb.Tab.
func (b *Browser) Press(keys string) {
	b.t.Helper()
	do(b, chromedp.KeyEvent(keys), "press %q", keys)
}

// Text gives the visible text of the first element of a selector.
func (b *Browser) Text(selector string) string {
	b.t.Helper()
	return do(b, chromedp.Text(chromedp.CSS(selector)), "read %s", selector)
}

// Title gives the title of the window.
func (b *Browser) Title() string { b.t.Helper(); return do(b, chromedp.Title(), "read the title") }

// URL gives the address of the page.
func (b *Browser) URL() string { b.t.Helper(); return do(b, chromedp.Location(), "read the address") }

// HTML gives the page as the browser has it now.
func (b *Browser) HTML() string {
	b.t.Helper()
	return do(b, chromedp.OuterHTML(chromedp.CSS("html")), "read the page")
}

// Eval runs a JavaScript expression in the page, as DevTools does, and gives its value; a promise is awaited.
func Eval[T any](b *Browser, expression string) T {
	b.t.Helper()
	return do(b, chromedp.EvaluateAsDevTools[T](expression, chromedp.EvalAwaitPromise), "evaluate %.60s", expression)
}

// Resize gives the page a size in CSS pixels.
func (b *Browser) Resize(width, height int) {
	b.t.Helper()
	do(b, chromedp.EmulateViewport(int64(width), int64(height)), "resize to %d x %d", width, height)
}

// Media sets features of the reader's screen, such as Media("prefers-color-scheme", "dark"). Those not named go back to
// what they are by themselves.
func (b *Browser) Media(pairs ...string) {
	b.t.Helper()
	var features []*emulation.MediaFeature
	for i := 0; i+1 < len(pairs); i += 2 {
		features = append(features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		b.t.Fatalf("browser: set media %v: %v", pairs, err)
	}
}

// EmulateDark asks for dark pages, or for light ones again.
func (b *Browser) EmulateDark(dark bool) {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.Media("prefers-color-scheme", scheme)
}

// EmulateForcedColors shows the page with the system's few colours, as people with low vision may set.
func (b *Browser) EmulateForcedColors() { b.t.Helper(); b.Media("forced-colors", "active") }

// Screenshot writes the whole page, also below the fold, as a PNG file.
func (b *Browser) Screenshot(file string) {
	b.t.Helper()
	png := do(b, chromedp.FullScreenshot(100), "take a screenshot")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		b.t.Fatalf("browser: keep screenshot: %v", err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		b.t.Fatalf("browser: keep screenshot: %v", err)
	}
}

// Overflow gives how many CSS pixels the page is wider than the screen: 0 when nobody has to scroll sideways.
func (b *Browser) Overflow() int {
	b.t.Helper()
	return Eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
}

// Problems gives what the browser complained of since it opened: refusals of the content security policy, failed
// requests, errors of scripts. A page that answers 400 or more is in it too.
func (b *Browser) Problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.problems...)
}

// Violation is one rule of axe-core that the page breaks.
type Violation struct {
	ID     string   // "color-contrast"
	Impact string   // "minor", "moderate", "serious", "critical"
	Help   string   // what the rule asks
	Nodes  []string // where, with what is wrong there
}

// String puts a violation in one line per place.
func (v Violation) String() string {
	return fmt.Sprintf("%s (%s): %s\n    %s", v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n    "))
}

// Axe holds the page against WCAG 2.2 A and AA and the best practices of axe-core. The script comes in through DevTools,
// so the page's own security policy stays as it is.
func (b *Browser) Axe() []Violation {
	b.t.Helper()
	do(b, chromedp.EvaluateAsDevTools[chromedp.Void](axe+"\n;undefined"), "load axe-core")
	return Eval[[]Violation](b, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => ({
		ID: v.id, Impact: v.impact || "", Help: v.help,
		Nodes: v.nodes.map(n => n.target.join(" ") + ": " + (n.failureSummary || "").replace(/\s+/g, " "))})))`)
}

// Authenticator is a virtual device with passkeys, in the browser of a test.
type Authenticator struct {
	b       *Browser
	id      webauthn.AuthenticatorID
	builtIn bool
}

// VirtualAuthenticator plugs a device in that keeps passkeys and unlocks them by itself, as a person's own telephone
// would. The first is built into the machine, others hang on it; all of them are asked, except those that Sleep. Passkeys
// need a page on https or on localhost.
func (b *Browser) VirtualAuthenticator() *Authenticator {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		b.t.Fatalf("browser: allow virtual authenticators: %v", err)
	}
	transport := webauthn.AuthenticatorTransportInternal
	if b.builtIn {
		transport = webauthn.AuthenticatorTransportUsb
	}
	made, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: transport,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	if err != nil {
		b.t.Fatalf("browser: plug in a virtual authenticator: %v", err)
	}
	a := &Authenticator{b, made.AuthenticatorID, !b.builtIn}
	b.builtIn = true
	return a
}

// Unplug takes the device away with all its passkeys: it is lost.
func (a *Authenticator) Unplug() {
	a.b.t.Helper()
	if _, err := chromedp.Call(a.b.ctx, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: a.id}); err != nil {
		a.b.t.Fatalf("browser: unplug a virtual authenticator: %v", err)
	}
	if a.builtIn {
		a.b.builtIn = false
	}
}

// Lock makes the device fail to recognise its person, or recognise it again.
func (a *Authenticator) Lock(locked bool) {
	a.b.t.Helper()
	if _, err := chromedp.Call(a.b.ctx, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: a.id, IsUserVerified: !locked}); err != nil {
		a.b.t.Fatalf("browser: lock a virtual authenticator: %v", err)
	}
}

// Sleep makes the device not answer, or answer again.
func (a *Authenticator) Sleep(asleep bool) {
	a.b.t.Helper()
	if _, err := chromedp.Call(a.b.ctx, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: a.id, Enabled: !asleep}); err != nil {
		a.b.t.Fatalf("browser: put a virtual authenticator to sleep: %v", err)
	}
}

// addCredential is webauthn.AddCredential with parameters of our own: the library's hold a field of a newer extension,
// which the browser refuses for a device that has not got it.
var addCredential = cdp.Command[map[string]any, cdp.Empty]{Method: webauthn.CommandAddCredential}

func plainCredential(id webauthn.AuthenticatorID, c *webauthn.Credential) map[string]any {
	return map[string]any{"authenticatorId": id, "credential": map[string]any{
		"credentialId": c.CredentialID, "isResidentCredential": c.IsResidentCredential, "rpId": c.RpID, "privateKey": c.PrivateKey, "userHandle": c.UserHandle,
		"signCount": c.SignCount, "backupEligibility": c.BackupEligibility, "backupState": c.BackupState,
	}}
}

// Rewind sets the counters of the device's passkeys back, as a copy that was made earlier would have them.
func (a *Authenticator) Rewind() {
	a.b.t.Helper()
	list, err := chromedp.Call(a.b.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id})
	for i := 0; err == nil && i < len(list.Credentials); i++ {
		c := list.Credentials[i]
		c.SignCount = 0
		if _, err = chromedp.Call(a.b.ctx, webauthn.RemoveCredential, webauthn.RemoveCredentialParams{AuthenticatorID: a.id, CredentialID: c.CredentialID}); err == nil {
			_, err = chromedp.Call(a.b.ctx, addCredential, plainCredential(a.id, c))
		}
	}
	if err != nil {
		a.b.t.Fatalf("browser: rewind a virtual authenticator: %v", err)
	}
}

// Passkeys tells how many passkeys the device holds.
func (a *Authenticator) Passkeys() int {
	a.b.t.Helper()
	list, err := chromedp.Call(a.b.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id})
	if err != nil {
		a.b.t.Fatalf("browser: list passkeys: %v", err)
	}
	return len(list.Credentials)
}

// SetCookie gives the browser a cookie for a site, such as that of a session that the test began itself.
func (b *Browser) SetCookie(site, name, value string) {
	b.t.Helper()
	hidden := true
	_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: site, HTTPOnly: &hidden, SameSite: network.CookieSameSiteLax})
	if err != nil {
		b.t.Fatalf("browser: set cookie %s of %s: %v", name, site, err)
	}
}
