package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polder/internal/kit/browser"
)

// The home of an organisation with days of warnings behind it, of one of its people and of a supplier,
// and the list over all that the supplier acts for: at 360 and 1280 pixels, light and dark, in both
// languages.
func TestHomesInBrowser(t *testing.T) {
	w := openWorld(t)
	w.until(t, demoDays)
	b := browser.Open(t)
	folder := os.Getenv("POLDER_SCREENSHOTS")
	for _, who := range []string{"baker", "supplier", "university"} {
		b.Goto(w.base() + "/demo/people")
		b.Follow("#be-" + who)
		b.Goto(w.base() + "/home")
		home := strings.TrimPrefix(b.URL(), w.base())
		if home == "/organisations" { // of several: the first
			home = browser.Eval[string](b, `document.querySelector('.doors a').getAttribute('href')`)
		}
		for i, path := range []string{home, home + "/exposures", "/exposures", "/exposures?by=organisation"} {
			for j, width := range []int{360, 1280} {
				for k, lang := range []string{"nl", "en"} {
					b.Resize(width, 800)
					b.EmulateDark(j != k)
					sign := "?"
					if strings.Contains(path, "?") {
						sign = "&"
					}
					b.Goto(w.base() + path + sign + "lang=" + lang)
					name := fmt.Sprintf("%s-%d-%d-%s", who, i, width, lang)
					if folder != "" {
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
		b.EmulateDark(false)
	}
	for _, problem := range b.Problems() {
		t.Errorf("the browser complains: %s", problem)
	}
}
