package feeds

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

const small = "timestamp,ip,port\n2026-01-02 03:04:05,192.0.2.1,443\n2026-01-02 03:04:06,192.0.2.2,443\n"

func gz(parts ...string) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&b)
		w.Write([]byte(p))
		w.Close()
	}
	return b.Bytes()
}

func zipped(files ...string) []byte { // name, text, name, text ...
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			panic(err)
		}
		w.Write([]byte(files[i+1]))
	}
	z.Close()
	return b.Bytes()
}

func TestOpenPacked(t *testing.T) {
	half := strings.Index(small, "2026-01-02 03:04:06")
	for name, c := range map[string]struct {
		file string
		data []byte
	}{
		"plain":              {"2026-01-02-scan_http-example-asn.csv", []byte(small)},
		"gzip":               {"2026-01-02-scan_http-example-asn.csv.gz", gz(small)},
		"gzip of two":        {"2026-01-02-scan_http-example-asn.csv.GZ", gz(small[:half], small[half:])},
		"gzip under no name": {"2026-01-02-scan_http-example-asn.csv", gz(small)},
		"zip":                {"2026-01-02-scan_http-example-asn.zip", zipped("2026-01-02-scan_http-example-asn.csv", small)},
		"zip with a folder":  {"x.zip", zipped("a/", "", "a/2026-01-02-scan_http-example-asn.csv", small, "__MACOSX/x", "y")},
		"with BOM":           {"2026-01-02-scan_http-example-asn.csv", []byte("\ufeff" + small)},
	} {
		f, err := Open(at(c.data), int64(len(c.data)), "/in/"+c.file, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		g := drain(t, f)
		if len(g.findings) != 2 || len(g.rejects) != 0 || g.err != nil || len(f.Drift()) != 0 {
			t.Errorf("%s: %d findings %s %v %v", name, len(g.findings), g.reasons(), g.err, f.Drift())
		}
		if f.Type() != "scan_http" || f.Series() != "example-asn" || !f.ReportDate().Equal(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)) ||
			f.Format() != FormatShadowserver || f.Consumed() != int64(len(c.data)) {
			t.Errorf("%s: %s %s %v %s %d", name, f.Type(), f.Series(), f.ReportDate(), f.Format(), f.Consumed())
		}
	}
}

func TestOpenName(t *testing.T) {
	for name, want := range map[string]string{
		"2026-01-02-scan_http-12-example-asn.csv": "scan_http/12-example-asn/2026-01-02",
		"2026-01-02-scan_http-12-example.csv":     "scan_http/12-example/2026-01-02",
		"2026-01-02-scan_http-example.csv.gz":     "scan_http/example/2026-01-02",
		"2026-01-02-scan_http-12.csv":             "scan_http/12/2026-01-02",
		"2026-01-02-scan_http.csv":                "scan_http//2026-01-02",
		"2026-01-02-dns_openresolver-9-x-asn.csv": "dns_openresolver/9-x-asn/2026-01-02",
		"2026-01-02-event_sinkhole-x.csv":         "event4_sinkhole/x/2026-01-02",
		"scan_http.csv":                           "scan_http//",
		`C:\in\SCAN_HTTP.CSV.zip`:                 "scan_http//",
		"2026-13-45-scan_http-x.csv":              "",
		"report.csv":                              "",
		"":                                        "",
	} {
		f, err := Open(strings.NewReader(small), int64(len(small)), name, Options{})
		if want == "" {
			if err == nil || !strings.Contains(err.Error(), "give the type") {
				t.Errorf("%s: %v", name, err)
			}
			f, err = Open(strings.NewReader(small), int64(len(small)), name, Options{Type: "scan-http"})
			want = "scan_http//"
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		date := ""
		if !f.ReportDate().IsZero() {
			date = f.ReportDate().Format(time.DateOnly)
		}
		if got := f.Type() + "/" + f.Series() + "/" + date; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// What cannot be read says in one sentence what to do.
func TestOpenRefuses(t *testing.T) {
	inner := gz(small)
	locked := zipped("scan_http.csv", small)
	locked[6] |= 1                                           // in the local header
	locked[bytes.Index(locked, []byte("PK\x01\x02"))+8] |= 1 // in the directory
	cut := zipped("scan_http.csv", small)[:40]
	for _, c := range []struct {
		name string
		data []byte
		o    Options
		want string
	}{
		{"scan_http.csv", nil, Options{}, "is empty"},
		{"scan_http.csv", []byte(" \n\n"), Options{}, "is empty"},
		{"scan_http.csv.gz", gz(""), Options{}, "is empty"},
		{"scan_http.csv.gz", gz(string(inner)), Options{}, "unpack it once"},
		{"scan_http.csv.gz", inner[:5], Options{}, "fetch it again"},
		{"scan_http.csv.gz", append([]byte{0x1f, 0x8b, 9}, inner[3:]...), Options{}, "fetch it again"},
		{"a.zip", zipped("scan_http.csv", small, "scan_rdp.csv", small), Options{}, "read the files one by one"},
		{"a.zip", zipped(), Options{}, "no file"},
		{"a.zip", zipped("d/", ""), Options{}, "no file"},
		{"a.zip", locked, Options{}, "password"},
		{"a.zip", cut, Options{}, "fetch it again"},
		{"scan_http.csv", []byte("\xff\xfet\x00i\x00"), Options{}, "UTF-8"},
		{"scan_http.csv.xz", []byte("\xfd7zXZ\x00x"), Options{}, "gzip"},
		{"scan_http.csv", []byte("<html>"), Options{}, "HTML"},
		{"events.json", []byte("[{}]"), Options{}, "line of its own"},
		{"scan_http.csv", []byte("name;mail\nx;y\n"), Options{}, "give a mapping"},
		{"scan_http.csv", []byte("ip,ip\n"), Options{}, "twice"},
		{"scan_http.csv", []byte("ip,\"port\n"), Options{}, "header cannot be read"},
		{"scan_http.csv", []byte("ip,a\x00b\n"), Options{}, "header cannot be read"},
		{"scan_http.csv", []byte("ip" + strings.Repeat(",", 2000)), Options{}, "columns"},
		{"scan_http.csv", []byte(strings.Repeat("x", 200)), Options{MaxLine: 100}, "header cannot be read"},
		{"x.csv", []byte(small), Options{Type: "scan http!"}, "not a report type"},
		{"x.csv", []byte(small), Options{Format: "excel"}, "not a format"},
		{"x.csv", []byte(small), Options{Format: FormatMapped}, "needs a mapping"},
	} {
		_, err := Open(at(c.data), int64(len(c.data)), c.name, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n\r\x00") {
			t.Errorf("%s %.40q: %v, want %q", c.name, c.data, err, c.want)
		}
		var r *Reject
		if errors.As(err, &r) {
			t.Errorf("%s: the error of a file is the reject of a line", c.name)
		}
	}
}

func TestOpenTruncatedGzip(t *testing.T) {
	report := string(rdpReport(5000, false))
	packed := gz(report)
	packed = packed[:len(packed)/2]
	f, err := Open(at(packed), int64(len(packed)), "scan_rdp.csv.gz", Options{})
	if err != nil {
		t.Fatal(err)
	}
	g := drain(t, f)
	if len(g.findings) < 1000 || len(g.rejects) != 0 || !errors.Is(g.err, io.ErrUnexpectedEOF) || !strings.Contains(g.err.Error(), "fetch it again") {
		t.Errorf("%d findings, %d rejects, %v", len(g.findings), len(g.rejects), g.err)
	}
	packed = gz(report)
	packed[len(packed)-6] ^= 1 // the check sum
	f, _ = Open(at(packed), int64(len(packed)), "scan_rdp.csv.gz", Options{})
	if g := drain(t, f); g.err == nil || !strings.Contains(g.err.Error(), "damaged") {
		t.Errorf("a wrong check sum goes unnoticed: %v", g.err)
	}
}

func TestProgress(t *testing.T) {
	report := rdpReport(5000, false)
	f, err := Open(at(report), int64(len(report)), "scan_rdp.csv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out Finding
	var last int64
	for i := 0; f.Next(&out) == nil; i++ {
		if f.Consumed() < last || f.Consumed() > int64(len(report)) || i == 2500 && (last < int64(len(report)/3) || last > int64(len(report)*2/3)) {
			t.Fatalf("line %d: %d of %d bytes", i, f.Consumed(), len(report))
		}
		last = f.Consumed()
	}
}
