package feeds

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// endless is a file of one line: a head, size bytes of filler and a tail.
type endless struct {
	head, tail string
	fill       byte
	size       int64
}

func (e endless) Size() int64 { return int64(len(e.head)) + e.size + int64(len(e.tail)) }

func (e endless) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		p[i] = e.fill
	}
	if off < int64(len(e.head)) {
		copy(p, e.head[off:])
	}
	if from := int64(len(e.head)) + e.size - off; from < int64(len(p)) {
		for i, c := range []byte(e.tail) {
			if at := from + int64(i); at >= 0 && at < int64(len(p)) {
				p[at] = c
			}
		}
	}
	if left := e.Size() - off; left < int64(len(p)) {
		return int(max(left, 0)), io.EOF
	}
	return len(p), nil
}

// heapAfter runs f and gives the largest heap seen by look, in bytes above the start.
func heapAfter(run func(look func())) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	start, most := m.HeapAlloc, m.HeapAlloc
	run(func() {
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
	})
	return most - start
}

func TestOneEndlessLine(t *testing.T) {
	for name, c := range map[string]struct {
		open, close string
		o           Options
		file        string
		fill        byte
	}{
		"plain":   {"192.0.2.9,", "", Options{}, "scan_http.csv", 'x'},
		"quoted":  {`192.0.2.9,"`, `"`, Options{}, "scan_http.csv", 'x'},
		"quotes":  {`192.0.2.9,"`, `"`, Options{}, "scan_http.csv", '"'},
		"commas":  {`192.0.2.9,`, ``, Options{}, "scan_http.csv", ','},
		"intelmq": {`{"source.ip":"`, `"}`, Options{Format: FormatIntelMQ}, "x", '{'},
	} {
		e := endless{"ip,detail\n192.0.2.1,a\n" + c.open, c.close + "\n192.0.2.2,b\n", c.fill, 1 << 30}
		if name == "plain" {
			e.size = 10 << 30
		}
		if c.o.Format == FormatIntelMQ {
			event := `{"source.ip":"192.0.2.%d","classification.type":"spam"}` + "\n"
			e.head, e.tail = fmt.Sprintf(event, 1)+c.open, c.close+"\n"+fmt.Sprintf(event, 2)
		}
		if name == "quotes" && e.size%2 == 1 {
			e.size++
		}
		var g got
		used := heapAfter(func(look func()) {
			f, err := Open(e, e.Size(), c.file, c.o)
			if err != nil {
				t.Fatal(err)
			}
			g = drain(t, f)
			look()
		})
		if used > 8<<20 {
			t.Errorf("%s: %d bytes of heap", name, used)
		}
		if len(g.findings) != 2 || len(g.rejects) != 1 || !strings.Contains(g.rejects[0].Reason, "longer than 1048576 bytes") {
			t.Errorf("%s: %d findings, %.200s", name, len(g.findings), g.reasons())
		}
	}
}

// An open quote costs its own line, and no more time than reading a few lines
// once more.
func TestOpenQuotes(t *testing.T) {
	var b strings.Builder
	b.WriteString("ip,hostname,detail\n")
	for i := range 50_000 {
		quote := ""
		if i%100 == 50 {
			quote = `"`
		}
		fmt.Fprintf(&b, "192.0.2.%d,%sa.example.com,x\n", i&0xff, quote)
	}
	g := readAll(t, b.String(), "scan_http.csv", Options{})
	if len(g.findings) != 49_500 || len(g.rejects) != 500 {
		t.Errorf("%d findings, %d rejects", len(g.findings), len(g.rejects))
	}
}

// bomb is a gzip file of size bytes x, made of one deflated MiB again and again.
func bomb(size int64) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w.Write([]byte("ip,detail\n192.0.2.1,a\n192.0.2.2,"))
	chunk := bytes.Repeat([]byte("x"), 1<<20)
	for ; size > 0; size -= int64(len(chunk)) {
		w.Write(chunk)
	}
	w.Close()
	return b.Bytes()
}

func TestBombs(t *testing.T) {
	packed := bomb(300 << 20)
	var asZip bytes.Buffer
	z := zip.NewWriter(&asZip)
	// The deflated part of a gzip file is what a zip wants.
	raw := packed[10 : len(packed)-8]
	w, err := z.CreateRaw(&zip.FileHeader{Name: "scan_http.csv", Method: zip.Deflate, CompressedSize64: uint64(len(raw)), UncompressedSize64: 301 << 20})
	if err != nil {
		t.Fatal(err)
	}
	w.Write(raw)
	z.Close()
	for name, c := range map[string]struct {
		data []byte
		o    Options
		want string
	}{
		"gzip":          {packed, Options{}, "looks like a bomb"},
		"gzip, bounded": {packed, Options{MaxBytes: 1 << 20}, "more than 1048576 bytes"},
		"zip, bounded":  {asZip.Bytes(), Options{MaxBytes: 1 << 20}, "more than 1048576 bytes"},
		"zip":           {asZip.Bytes(), Options{}, "looks like a bomb"},
	} {
		var g got
		used := heapAfter(func(look func()) {
			f, err := Open(at(c.data), int64(len(c.data)), "scan_http.csv", c.o)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			g = drain(t, f)
			look()
		})
		if g.err == nil || !strings.Contains(g.err.Error(), c.want) || len(g.findings) != 1 || used > 8<<20 {
			t.Errorf("%s: %d findings, %v, %d bytes of heap", name, len(g.findings), g.err, used)
		}
	}
}

// A zip of very many files is refused before its directory fills the memory.
func TestZipOfManyFiles(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 30_000 {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%040d.csv", i)}); err != nil {
			t.Fatal(err)
		}
	}
	z.Close()
	_, err := Open(at(b.Bytes()), int64(b.Len()), "x.zip", Options{})
	if err == nil || !strings.Contains(err.Error(), "too many files") {
		t.Error(err)
	}
}

func TestBrokenBytes(t *testing.T) {
	text := "ip,hostname,banner\n192.0.2.1,a.example.com,x\n" +
		"192.0.2.2,a.example.com,\x00\n" + // a NUL rejects the line
		"192.0.2.3,a\xc3.example.com,x\n" + // a broken reverse name is only kept
		"192.0.2.4,a.example.com,\xc3(\x7f\u2028)\n" + // broken free text does not
		"=cmd|'/c calc'!A0,a.example.com,x\n" +
		"192.0.2.6,\u202egro.elpmaxe,x\n" +
		"192.0.2.7,a.example.com,=1+1\n"
	g := readAll(t, text, "scan_http.csv", Options{})
	if len(g.findings) != 5 || len(g.rejects) != 2 {
		t.Fatalf("%d findings, %s", len(g.findings), g.reasons())
	}
	if f := g.findings[1]; f.Get("hostname") != "a\uFFFD.example.com" || len(f.Names) != 0 || f.Addr.String() != "192.0.2.3" {
		t.Errorf("%+v", f)
	}
	if v := g.findings[2].Get("banner"); v != "\uFFFD( \u2028)" {
		t.Errorf("%q", v)
	}
	if v := g.findings[4].Get("banner"); v != "=1+1" {
		t.Errorf("a formula is text here: %q", v)
	}
	if r := g.rejects[0].Raw; r != "192.0.2.2,a.example.com,\uFFFD" {
		t.Errorf("%q", r)
	}
}
