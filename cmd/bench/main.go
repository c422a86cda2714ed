// Command bench measures Polder on this machine and prints a table: reading a generated report of a
// million lines with the real program, on SQLite and on PostgreSQL, twice; matching alone; a change
// of the register; and mails to a server on loopback. It is run by `make bench`.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

func main() {
	s := size{matching: 0.2}
	flag.IntVar(&s.organisations, "organisations", 300_000, "organisations")
	flag.IntVar(&s.prefixes, "prefixes", 1_000_000, "registered ranges of addresses")
	flag.IntVar(&s.domains, "domains", 300_000, "registered domains")
	flag.IntVar(&s.lines, "lines", 1_000_000, "lines of the report")
	mails := flag.Int("mails", 10_000, "notifications to compose and hand over")
	polder := flag.String("polder", "bin/polder", "the program")
	postgres := flag.String("postgres", os.Getenv("POLDER_BENCH_POSTGRES"), "PostgreSQL to measure too: an empty database")
	dir := flag.String("dir", "", "folder for generated data and databases; a temporary one when empty")
	var o nationOptions
	flag.Float64Var(&o.scale, "nation", 1, "part of the national size that pages are measured at; 0: not at all")
	flag.DurationVar(&o.lasts, "nation-time", 3*time.Minute, "how long people ask for pages")
	flag.BoolVar(&o.only, "pages", false, "measure the pages of a country alone")
	flag.StringVar(&o.routes, "routes", "cmd/polder/testdata/routes.txt", "the routes that the program serves")
	quick := flag.Bool("quick", false, "a tenth of everything")
	flag.Parse()
	if *quick {
		s.organisations, s.prefixes, s.domains, s.lines, *mails, o.scale = s.organisations/10, s.prefixes/10, s.domains/10, s.lines/10, *mails/10, o.scale/10
	}
	if err := run(context.Background(), s, *mails, *polder, *postgres, *dir, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// nationOptions say how the pages of a country are measured.
type nationOptions struct {
	scale  float64
	lasts  time.Duration
	only   bool
	routes string
}

func run(ctx context.Context, s size, mails int, polder, postgres, dir string, o nationOptions) error {
	if dir == "" {
		tmp, err := os.MkdirTemp("", "polder-bench-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		dir = tmp
	}
	fmt.Printf("machine: %s\n", machine())
	fmt.Printf("data: %d lines of scan_rdp, %.0f %% of them matching; %d ranges, %d domains, %d organisations\n\n", s.lines, 100*s.matching, s.prefixes, s.domains, s.organisations)
	var f files
	var err error
	if !o.only {
		if f, err = generate(dir, s); err != nil {
			return fmt.Errorf("generate data: %w", err)
		}
	}
	routes, err := os.ReadFile(o.routes)
	if err != nil {
		return err
	}
	t := &table{}
	databases := []struct{ name, address string }{{"SQLite", "sqlite"}}
	if postgres != "" {
		databases = append(databases, struct{ name, address string }{"PostgreSQL", postgres})
	} else {
		fmt.Println("PostgreSQL is not measured: POLDER_BENCH_POSTGRES is not set")
	}
	for _, d := range databases {
		b := &bench{polder: polder, data: filepath.Join(dir, "data-"+strings.ToLower(d.name)), database: d.address, name: d.name, table: t}
		if !o.only {
			if err := b.all(ctx, s, f, mails); err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
		}
		if o.scale > 0 {
			address := d.address
			if address != "sqlite" {
				if address, err = nationDatabase(ctx, address, dir); err != nil {
					return fmt.Errorf("%s: make a database: %w", d.name, err)
				}
			}
			if err := b.nation(ctx, dir, address, o.scale, o.lasts, strings.Split(strings.TrimSpace(string(routes)), "\n")); err != nil {
				return fmt.Errorf("%s: pages of a country: %w", d.name, err)
			}
		}
	}
	t.print()
	return nil
}

type bench struct {
	polder, data, database, name string
	table                        *table
}

func (b *bench) all(ctx context.Context, s size, f files, mails int) error {
	for _, step := range []struct {
		what string
		args []string
	}{
		{"import organisations", []string{"import", "organisations", f.organisations}},
		{"import assets", []string{"import", "assets", f.assets}},
	} {
		_, took, rss, err := b.command(step.args...)
		if err != nil {
			return err
		}
		b.table.row(b.name, step.what, fmt.Sprintf("%.1f s", took.Seconds()), rss)
	}
	for _, step := range []struct {
		what, file, goal string
	}{{"first day, all new", f.dayOne, ""}, {"second day, all seen again", f.dayTwo, ""}} {
		out, took, rss, err := b.command("ingest", "--json", step.file)
		if err != nil {
			return err
		}
		var sum struct {
			Rows    int64   `json:"rows"`
			Matched int64   `json:"matched"`
			New     int64   `json:"exposures_new"`
			Again   int64   `json:"exposures_seen_again"`
			PerSec  float64 `json:"rows_per_second"`
		}
		if err := json.Unmarshal(out, &sum); err != nil {
			return fmt.Errorf("read the summary: %w", err)
		}
		b.table.row(b.name, step.what+", whole program with start and index", fmt.Sprintf("%.0f lines/s", float64(sum.Rows)/took.Seconds()), rss)
		b.table.row(b.name, step.what+", reading into durable exposures", fmt.Sprintf("%.0f lines/s", sum.PerSec),
			fmt.Sprintf("%d matched, %d new, %d again", sum.Matched, sum.New, sum.Again))
	}
	if err := b.inProcess(ctx, s, f.addresses, mails); err != nil {
		return err
	}
	return b.pages(ctx)
}

// command runs the real program and returns what it printed, how long it took and its peak memory.
func (b *bench) command(args ...string) (out []byte, took time.Duration, rss string, err error) {
	c := exec.Command(b.polder, args...)
	c.Env = append(os.Environ(), "POLDER_DATA="+b.data, "POLDER_DATABASE="+b.database)
	c.Stderr = os.Stderr
	start := time.Now()
	var printed bytes.Buffer
	c.Stdout = &printed
	if err := c.Start(); err != nil {
		return nil, 0, "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	peak := 0
	for {
		select {
		case err = <-ended:
			took = time.Since(start)
			if err != nil {
				return nil, took, "", fmt.Errorf("polder %s: %w", strings.Join(args, " "), err)
			}
			return printed.Bytes(), took, fmt.Sprintf("peak memory %d MiB", peak/1024), nil
		case <-tick.C:
			// Not the peak that the kernel reports at the end: that counts this process's own, from before exec.
			peak = max(peak, highWater(c.Process.Pid))
		}
	}
}

// highWater returns the peak of a process's resident memory in KiB, 0 when it cannot be read.
func highWater(pid int) (kib int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if n, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			fmt.Sscan(n, &kib)
		}
	}
	return kib
}

func machine() string {
	model := runtime.GOARCH
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, ok := strings.CutPrefix(line, "model name\t: "); ok {
				model = strings.TrimSpace(name)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d processors, %s, %s", model, runtime.NumCPU(), runtime.Version(), runtime.GOOS)
}

type table struct{ rows [][4]string }

func (t *table) row(database, what, figure, note string) {
	t.rows = append(t.rows, [4]string{database, what, figure, note})
	fmt.Fprintf(os.Stderr, "  %s: %s: %s (%s)\n", database, what, figure, note)
}

func (t *table) print() {
	fmt.Println("| database | what | measured | note |")
	fmt.Println("|---|---|---|---|")
	for _, r := range t.rows {
		fmt.Printf("| %s | %s | %s | %s |\n", r[0], r[1], r[2], r[3])
	}
}
