package footprint

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"polder/internal/db"
	"polder/internal/kit"
)

func TestParseList(t *testing.T) {
	lines, cut := ParseList(strings.NewReader("\ufeffsoort;waarde;rol\r\n\r\n# a note\nexample.nl\n192.0.2.7\n192.0.2.0/28\nas64500\n2001:db8::/48;provider\ndomain,\"klant.example\",leverancier\nproduct;Fortinet;FortiOS;< 7.4.4\nproduct;Excel\n" +
		"10.0.0.1\nnl\nwat is dit\nexample.nl;baas\nexample.nl;owner;x\nhttps://example.nl/\n192.0.2.1/24\n\xff\n"))
	if cut {
		t.Error("cut")
	}
	var got []string
	for _, l := range lines {
		s := string(l.Verdict)
		if l.Verdict != Bad {
			s += " " + l.Entry.Kind.String() + " " + l.Entry.Value + " " + l.Entry.Role.String()
		} else {
			s += " " + l.Why
		}
		got = append(got, s)
	}
	want := []string{"good domain example.nl owner", "good prefix 192.0.2.7/32 owner", "good prefix 192.0.2.0/28 owner", "good asn AS64500 owner", "good prefix 2001:db8::/48 provider",
		"good domain klant.example provider", "good product Fortinet | FortiOS | < 7.4.4 owner", "good product Excel owner",
		"refused footprint.refused.prefix", "refused footprint.line.unknown", "refused footprint.line.unknown", "refused footprint.error.role", "refused footprint.line.fields",
		"refused footprint.refused.prefix", "refused footprint.refused.prefix", "refused footprint.line.unreadable"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if lines, cut := ParseList(strings.NewReader(strings.Repeat("example.nl\n", 1001))); len(lines) != mostAtOnce || !cut {
		t.Errorf("%d lines, %v", len(lines), cut)
	}
	if _, cut := ParseList(strings.NewReader(strings.Repeat("x", MostList+10))); !cut {
		t.Error("a list without an end")
	}
}

func FuzzParseList(f *testing.F) {
	for _, s := range []string{"example.nl\n192.0.2.0/28;provider", "\"a;b", "product;;;", "domain,,", "\ufeffkind\n\x00", "AS99999999999", "a\tb\tc", ";;;;", "xn--\xff.nl", "[::1]", "fe80::1%eth0/64"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lines, _ := ParseList(strings.NewReader(s))
		if len(lines) > mostAtOnce {
			t.Fatalf("%d lines", len(lines))
		}
		for _, l := range lines {
			if !utf8.ValidString(l.Text) || l.Verdict == Good && l.Entry.Value == "" || (l.Verdict == Bad) == (l.Why == "") {
				t.Fatalf("%+v", l)
			}
			if l.Verdict == Bad {
				continue
			}
			again, err := Canonical(l.Entry.Kind, l.Entry.Value)
			if err != nil || again != l.Entry.Value {
				t.Fatalf("%q is not canonical: %q, %v", l.Entry.Value, again, err)
			}
		}
	})
}

func TestPreviewAndRegisterAList(t *testing.T) {
	kit.Each(t, allSchemas(), func(t *testing.T, d *db.DB) {
		h := newHome(t, d)
		a := h.organisation("a")
		site, _ := h.site("")
		h.domain("a", "bakkerij.nl.example")
		h.register("a", Domain, "bakkerij.nl", Owner)
		list := "bakkerij.nl\nbakkerjj.nl\nshop.bakkerij.nl\n104.16.1.0/24\n203.0.0.0/15\ngmail.com\nnieuw.example\nnieuw.example\n10.0.0.0/8\n"
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		file, err := m.CreateFormFile("file", "lijst.csv")
		if err != nil {
			t.Fatal(err)
		}
		file.Write([]byte(list)) //nolint:errcheck
		m.WriteField("list", "") //nolint:errcheck
		m.Close()
		r := httptest.NewRequest("POST", "/o/"+a.String()+"/assets/bulk", &body)
		r.Header.Set("Content-Type", m.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.AddCookie(&http.Cookie{Name: "as", Value: "a"})
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		for _, want := range []string{"Staat al bij jullie", "Lijkt erg op bakkerij.nl", "Overlapt met bakkerij.nl", "Cloudflare", "Heel breed", "Google", "Staat al eerder in deze lijst", "privé-adressen"} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("the preview lacks %q", want)
			}
		}
		var before int
		count := func() (n int) {
			if err := d.Read(t.Context(), func(tx *db.Tx) error { return tx.One(t.Context(), `SELECT count(*) FROM footprint_claim`, nil, &n) }); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if before = count(); before != 2 {
			t.Fatalf("a preview registers: %d", before)
		}
		if w := ask(site, "a", "POST", "/o/"+a.String()+"/assets/bulk/confirm", url.Values{"list": {list}}); w.Code != 303 || count() != before+1 {
			t.Errorf("%d, %d claims; the good one alone", w.Code, count())
		}
		if w := ask(site, "a", "POST", "/o/"+a.String()+"/assets/bulk/confirm", url.Values{"list": {list}, "doubtful": {"yes"}}); w.Code != 303 || count() != before+6 {
			t.Errorf("%d, %d claims", w.Code, count())
		}
	})
}
