package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// scan is a small report: two lines that concern somebody, one that concerns nobody, one rejected.
const scan = bigHeader + "2026-11-20 01:02:03,high,192.0.2.7,tcp,3389,till.korst.example,rdp;cve-2019-0708,64500\n" +
	"2026-11-20 01:02:04,,198.51.100.7,tcp,3389,,rdp,64501\n2026-11-20 01:02:05,high,203.0.113.9,tcp,3389,,rdp,64502\n2026-11-20 01:02:06,high,999.1.2.3,tcp,3389,,rdp,64500\n"

const scanName = "2026-11-20-scan_rdp-example-nl.csv"

// ingest reads one file and returns the JSON object that is printed.
func (h *house) ingest(args ...string) map[string]any {
	h.Helper()
	list := h.jsonLines(append([]string{"ingest", "--json"}, args...)...)
	if len(list) != 1 {
		h.Fatalf("%d objects", len(list))
	}
	return list[0]
}

// has checks values of an object.
func has(t testing.TB, what string, m map[string]any, want map[string]any) {
	t.Helper()
	for k, v := range want {
		if m[k] != v {
			t.Errorf("%s: %s is %v, want %v", what, k, m[k], v)
		}
	}
}

func TestIngestPrintsWhatIsDocumented(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		sum := h.ingest(h.file(scanName, scan))
		keys := slices.Sorted(maps.Keys(sum))
		want := strings.Fields("already_seen exposures_new exposures_reopened exposures_seen_again matched rejected report rows rows_per_second seconds sha256 source type unmatched")
		if !slices.Equal(keys, want) {
			h.Errorf("keys %v, want %v", keys, want)
		}
		first := map[string]any{"already_seen": false, "rows": 4.0, "rejected": 1.0, "matched": 2.0, "unmatched": 1.0, "exposures_new": 2.0,
			"exposures_seen_again": 0.0, "exposures_reopened": 0.0, "source": "shadowserver", "type": "scan_rdp"}
		has(h, "first", sum, first)
		again := h.ingest(h.file("2026-11-21-scan_ssh-other.csv", scan), "--source", "other") // the same bytes under another name
		has(h, "again", again, map[string]any{"already_seen": true, "rows": 4.0, "rejected": 1.0, "matched": 2.0, "unmatched": 1.0, "exposures_new": 0.0,
			"exposures_seen_again": 0.0, "exposures_reopened": 0.0, "report": sum["report"], "sha256": sum["sha256"], "source": "shadowserver", "type": "scan_rdp"})
		if out := h.must("ingest", filepath.Join(h.dir, scanName)); !strings.Contains(out, "was read before") || !strings.Contains(out, "nothing changed") {
			h.Errorf("again, for people: %s", out)
		}
		for _, e := range h.jsonLines("exposures", "--json") {
			if e["count"] != 1.0 {
				h.Errorf("counted again: %v", e)
			}
		}
		// The day after, and several at once; a summary for people tells what came and what drifted.
		next := strings.ReplaceAll(scan, "2026-11-20", "2026-11-21")
		has(h, "next day", h.ingest(h.file("2026-11-21-scan_rdp-example-nl.csv", next)), map[string]any{"exposures_new": 0.0, "exposures_seen_again": 2.0})
		out := h.must("ingest", h.file("2026-11-22-scan_rdp-example-nl.csv", strings.Replace(strings.ReplaceAll(scan, "2026-11-20", "2026-11-22"), "asn", "shoe_size", 1)),
			h.file("2026-11-22-scan_new_thing-example-nl.csv", "timestamp,ip,port\n2026-11-22 01:02:03,192.0.2.8,81\n"))
		for _, part := range []string{"4 lines in", "2 concern somebody, 1 concern nobody we know, 1 rejected", "2 seen again", "polder reports ", "--rejected", "unknown_column: shoe_size", "unknown_type: scan_new_thing", "1 new"} {
			if !strings.Contains(out, part) {
				h.Errorf("the summary does not say %q:\n%s", part, out)
			}
		}
		if n := len(h.jsonLines("exposures", "--json", "--organisation", "smid")); n != 1 {
			h.Errorf("the other organisation has %d exposures", n)
		}
	})
}

func zipped(t testing.TB, name, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestIngestTakesManyForms(t *testing.T) {
	mapping := "source: researcher\ntlp: TLP:GREEN\ntype: stolen_account\nclass: data-leak\nseverity: critical\ndelimiter: \";\"\ntime_format: DD-MM-YYYY hh:mm\ntimezone: Europe/Amsterdam\n" +
		"columns:\n  Adres: source.account\n  Gezien: time.source\n"
	leak := "Adres;Gezien;Remark\njan@korst.example;20-11-2026 13:00;x\nniemand@else.example;20-11-2026 13:00;y\n"
	event := `{"source.ip":"192.0.2.7","source.port":23,"classification.type":"vulnerable-system","classification.identifier":"open-telnet","time.source":"2026-11-20T01:02:03+00:00"}` + "\n" + "not JSON\n"
	each(t, func(h *house) {
		h.register()
		for _, c := range []struct {
			name  string
			file  string
			stdin string
			args  []string
			want  map[string]any
		}{
			{name: "gzip", file: h.file(scanName+".gz", gzipped(t, scan)), want: map[string]any{"type": "scan_rdp", "rows": 4.0, "exposures_new": 2.0}},
			{name: "zip, named by what is in it", file: h.file("download.zip", zipped(t, scanName, scan)), want: map[string]any{"type": "scan_rdp", "rows": 4.0, "exposures_seen_again": 2.0}},
			{name: "--type goes before the name", file: h.file(scanName, scan), args: []string{"--type", "scan_ssh"}, want: map[string]any{"type": "scan_ssh", "exposures_new": 2.0}},
			{name: "--source", file: h.file("s/"+scanName, scan+"\n"), args: []string{"--source", "partner-1"}, want: map[string]any{"source": "partner-1", "rows": 4.0}},
			{name: "standard input with a name", stdin: strings.Replace(scan, "01:02:03", "03:02:03", 1), args: []string{"--name", scanName}, want: map[string]any{"type": "scan_rdp", "exposures_seen_again": 2.0}},
			{name: "standard input with a type", stdin: strings.Replace(scan, "01:02:03", "04:02:03", 1), args: []string{"--type", "scan-rdp"}, want: map[string]any{"type": "scan_rdp", "exposures_seen_again": 2.0}},
			{name: "mapping", file: h.file("leak.csv", leak), args: []string{"--mapping", h.file("leak.yaml", mapping)},
				want: map[string]any{"source": "researcher", "type": "stolen_account", "rows": 2.0, "matched": 1.0, "unmatched": 1.0, "exposures_new": 1.0}},
			{name: "mapping, other source", file: h.file("leak2.csv", leak+" \n"), args: []string{"--mapping", h.file("leak.yaml", mapping), "--source", "else"}, want: map[string]any{"source": "else"}},
			{name: "IntelMQ", file: h.file("events.json", event), want: map[string]any{"source": "intelmq", "type": "", "rows": 2.0, "rejected": 1.0, "exposures_new": 1.0}},
			{name: "IntelMQ on standard input", stdin: strings.Replace(event, "192.0.2.7", "192.0.2.8", 1), want: map[string]any{"source": "intelmq", "matched": 1.0, "exposures_new": 1.0}},
			{name: "line ends and byte order mark", file: h.file("crlf/"+scanName, "\xef\xbb\xbf"+strings.ReplaceAll(scan, "\n", "\r\n")), want: map[string]any{"rows": 4.0, "exposures_seen_again": 2.0}},
			{name: "quotes and line breaks in values", file: h.file("q/"+scanName, "timestamp,ip,port,tag\n\"2026-11-20 01:02:03\",\"192.0.2.9\",3389,\"a,\"\"b\"\"\nc\"\n"), want: map[string]any{"rows": 1.0, "exposures_new": 1.0}},
			{name: "received", file: h.file("r/"+scanName, "ip,port\n192.0.2.10,3389\n"), args: []string{"--received", "2026-11-01T06:00:00+01:00"}, want: map[string]any{"exposures_new": 1.0}},
		} {
			file := c.file
			if file == "" {
				file = "-"
			}
			r := h.start(strings.NewReader(c.stdin), append([]string{"ingest", "--json", file}, c.args...)...).wait()
			var sum map[string]any
			if err := json.Unmarshal([]byte(r.out), &sum); err != nil || r.code != exitDone {
				h.Errorf("%s: %v, %v", c.name, err, r)
				continue
			}
			c.want["already_seen"] = false
			has(h, c.name, sum, c.want)
		}
		seen := map[string]string{}
		for _, e := range h.jsonLines("exposures", "--json") {
			if e["ip"] == "192.0.2.10" {
				seen["received"] = e["first_seen"].(string)
			}
			if e["type"] == "stolen_account" {
				seen["leak"] = e["name"].(string) + " " + e["account"].(string) + " " + e["severity"].(string) + " " + e["first_seen"].(string)
			}
		}
		if seen["received"] != "2026-11-01T05:00:00Z" || seen["leak"] != "korst.example jan@korst.example critical 2026-11-20T12:00:00Z" {
			h.Errorf("exposures: %v", seen)
		}
		// Reports that were read before, in every form, change nothing.
		before := h.must("exposures", "--json")
		h.must("ingest", filepath.Join(h.dir, "download.zip"), filepath.Join(h.dir, "events.json"), filepath.Join(h.dir, scanName+".gz"))
		if h.must("exposures", "--json") != before {
			h.Error("reading a second time changed the exposures")
		}
		// Who finds that a list was read in the wrong way is told how to have it read in another.
		if out := h.must("ingest", "--type", "scan_vnc", filepath.Join(h.dir, "download.zip")); !strings.Contains(out, "type scan_rdp; nothing changed") || !strings.Contains(out, "empty line") {
			h.Errorf("offered as another type: %s", out)
		}
		has(h, "with an empty line more", h.ingest(h.file("again.csv", leak+"\n"), "--mapping", h.file("again.yaml", strings.Replace(mapping, "stolen_account", "leaked_account", 1))),
			map[string]any{"already_seen": false, "type": "leaked_account", "rows": 2.0, "exposures_new": 1.0})
	})
}

func TestIngestRefuses(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		for _, c := range []struct {
			name, file, says string
			args             []string
		}{
			{name: "missing", file: "none.csv", says: "cannot be opened"},
			{name: "a folder", file: h.dir, says: "folder"},
			{name: "empty", file: h.file("e/"+scanName, ""), says: "empty"},
			{name: "blank", file: h.file("b/"+scanName, "\n \n"), says: "empty"},
			{name: "type not told", file: h.file("report.csv", scan), says: "type"},
			{name: "no such form of a type", file: h.file(scanName, scan), args: []string{"--type", "../../etc"}, says: "scan_rdp"},
			{name: "source", file: h.file(scanName, scan), args: []string{"--source", "A source; with spaces"}, says: "--source"},
			{name: "packed twice", file: h.file("t.csv.gz", gzipped(t, gzipped(t, scan))), says: "packed twice"},
			{name: "HTML", file: h.file("h/"+scanName, "<!doctype html><title>Log in</title>"), says: "HTML"},
			{name: "UTF-16", file: h.file("u/"+scanName, "\xff\xfet\x00i\x00m\x00e\x00"), says: "UTF-16"},
			{name: "mapping with a key too many", file: h.file("m.csv", scan), args: []string{"--mapping", h.file("m0.yaml", "source: x\nshoe_size: 44\ncolumns:\n  ip: source.ip\n")}, says: "shoe_size"},
			{name: "mapping of a column that is not there", file: h.file("m.csv", scan), args: []string{"--mapping", h.file("m1.yaml", "source: x\nclass: other\ncolumns:\n  shoe: source.ip\n")}, says: "shoe"},
			{name: "mapping that is no mapping", file: h.file("m.csv", scan), args: []string{"--mapping", h.file("m2.yaml", "just words\n")}, says: "mapping"},
			{name: "mapping of nobody", file: h.file("m.csv", scan), args: []string{"--mapping", h.file("m3.yaml", "source: x\nclass: other\ncolumns:\n  port: source.port\n")}, says: "mapping"},
		} {
			h.refused(h.run(append([]string{"ingest", c.file}, c.args...)...), exitRefused, c.says)
			if n := h.number(`SELECT count(*) FROM notify_report`); n != 0 || h.Failed() {
				h.Fatalf("in %q: %d reports", c.name, n)
			}
		}
		if left := h.incoming(); len(left) > 0 {
			h.Errorf("copies left behind: %v", left)
		}
		// One that cannot be used keeps no other from being read.
		r := h.run("ingest", h.file("report.csv", scan), h.file(scanName, scan))
		if r.code != exitPartly || !strings.Contains(r.out, scanName) || !strings.Contains(r.err, "report.csv") {
			h.Errorf("one of two: %v", r)
		}
	})
}

func TestIngestOfReportThatBreaksOff(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		whole := gzipped(t, scan+strings.Repeat("2026-11-20 01:02:03,high,192.0.2.7,tcp,3389,,rdp,64500\n", 10_000))
		r := h.run("ingest", "--json", h.file(scanName+".gz", whole[:len(whole)*2/3]))
		var sum map[string]any
		if err := json.Unmarshal([]byte(r.out), &sum); err != nil || r.code != exitPartly || !strings.Contains(r.err, "broke off") {
			h.Fatalf("%v, %v", err, r)
		}
		if sum["problem"] == "" || sum["problem"] == nil || sum["exposures_new"] != 3.0 {
			h.Errorf("what came before counts: %v", sum)
		}
		if out := h.must("reports"); !strings.Contains(out, "broken") {
			h.Errorf("reports: %s", out)
		}
		has(h, "the whole file", h.ingest(h.file(scanName+".gz", whole)), map[string]any{"already_seen": false, "rows": 10_004.0, "exposures_seen_again": 3.0})
	})
}

func TestRejectedLinesCanBeRead(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		sum := h.ingest(h.file(scanName, scan, "2026-11-20 01:02:06,high\n", "=cmd|' /C calc'!A0,,,,,,,\n"))
		out := h.must("reports", sum["report"].(string), "--rejected")
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(rows) != 4 || !slices.Equal(rows[0], []string{"line", "reason", "raw"}) {
			h.Fatalf("%v:\n%s", err, out)
		}
		for i, line := range []string{"5", "6", "7"} {
			if rows[i+1][0] != line || rows[i+1][1] == "" || rows[i+1][2] == "" || strings.ContainsAny(rows[i+1][2][:1], "=+-@") {
				h.Errorf("rejected line: %q", rows[i+1])
			}
		}
		if out := h.must("reports", sum["report"].(string)); strings.Count(out, "\n") != 2 || !strings.Contains(out, "complete") {
			h.Errorf("reports of one: %s", out)
		}
		h.refused(h.run("reports", "00000000-0000-7000-8000-000000000000", "--rejected"), exitRefused, "there is no report")
	})
}
