package notify

import (
	"testing"

	"polder/internal/i18n"
)

func TestLocalesAreWhole(t *testing.T) {
	if _, err := i18n.New(Locales()); err != nil {
		t.Fatal(err)
	}
}
