package outreach

import (
	"slices"
	"testing"

	"polder/internal/fetch"
	"polder/outreach/securitytxt"
)

// Whoever has a domain can write anybody's address in its security.txt, so that a victim would get letters
// about somebody else's systems. An address elsewhere is never of high confidence, which is approved without
// a look at each; and one that is written in two ways is one.
func TestAnAddressElsewhereIsLookedAt(t *testing.T) {
	at := fetch.Page{First: "https://korst.example/.well-known/security.txt", Last: "https://korst.example/.well-known/security.txt"}
	for _, c := range []struct {
		contact string
		want    Confidence
		other   bool
	}{
		{"mailto:security@korst.example", High, false},
		{"mailto:Security@CERT.Korst.example", High, false},
		{"mailto:victim@bank.example", Medium, true},
		{"mailto:victim@korst.example.bank.example", Medium, true},
		{"mailto:victim@notkorst.example", Medium, true},
	} {
		var a answer
		a.take(&securitytxt.File{Contact: []string{c.contact}}, at, "korst.example")
		if len(a.Candidates) != 1 || a.Candidates[0].Confidence != c.want || slices.Contains(a.Candidates[0].Reasons, "outreach.why.other_domain") != c.other {
			t.Errorf("%s: %+v", c.contact, a.Candidates)
		}
	}
	var a answer
	a.take(&securitytxt.File{Contact: []string{"mailto:CERT@korst.example", "mailto:cert@korst.example"}}, at, "korst.example")
	if len(a.Candidates) != 1 {
		t.Errorf("one address in two ways: %+v", a.Candidates)
	}
}
