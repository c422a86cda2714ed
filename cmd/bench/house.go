package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"time"

	"polder/footprint"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/mail"
	"polder/internal/web"
	"polder/notify"
)

// inProcess measures what cannot be seen from outside the program.
func (b *bench) inProcess(ctx context.Context, s size, registered []netip.Addr, mails int) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := db.Open(ctx, b.database, b.data)
	if err != nil {
		return err
	}
	defer d.Close()
	f := footprint.New(d, time.Now, log)
	start := time.Now()
	if err := f.Load(ctx); err != nil {
		return err
	}
	b.table.row(b.name, "index built", fmt.Sprintf("%.2f s", time.Since(start).Seconds()), fmt.Sprintf("%d assets", f.Index().Len()))
	b.matching(f.Index(), s, registered)
	catalog, err := i18n.New(web.Messages, notify.Locales())
	if err != nil {
		return err
	}
	queue := jobs.New(d, log)
	n := notify.New(d, f, queue, catalog, time.Now, log, notify.Settings{BaseURL: "https://bench.example", Centre: "Bench", From: "Bench <bench@bench.example>",
		Location: time.UTC, Key: make([]byte, 32), LinkValid: 24 * time.Hour, Gather: time.Hour, ExpireAfter: 24 * time.Hour})
	box, err := mail.OpenBox(mail.BoxConfig{Keep: 10})
	if err != nil {
		return err
	}
	defer box.Close()
	client, err := mail.NewClient(mail.Config{URL: box.URL()})
	if err != nil {
		return err
	}
	defer client.Close()
	post := &mail.Post{Servers: []*mail.Client{client}, ReturnPath: "bench@bench.example"}
	n.Register(post)
	if err := b.change(ctx, d, f); err != nil {
		return err
	}
	return b.mailing(ctx, n, post, mails)
}

// matching asks the index alone, on one core.
func (b *bench) matching(x *footprint.Index, s size, registered []netip.Addr) {
	r := rand.New(rand.NewPCG(5, 6))
	addrs := make([]netip.Addr, 1<<20)
	names := make([]string, 1<<20)
	for i := range addrs {
		addrs[i] = netip.AddrFrom4([4]byte{byte(101 + r.IntN(60)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))})
		names[i] = fmt.Sprintf("host%d.customers.provider%d.example", i, r.IntN(1000))
		if r.Float64() < s.matching {
			addrs[i], names[i] = registered[r.IntN(len(registered))], fmt.Sprintf("rdp.office.firm%06d.example", r.IntN(s.domains))
		}
	}
	var hits []footprint.Hit
	found := 0
	start := time.Now()
	for _, a := range addrs {
		hits = x.Address(hits[:0], a, 64500)
		found += len(hits)
	}
	took := time.Since(start)
	b.table.row(b.name, "matching alone, addresses, one core", fmt.Sprintf("%.2f million/s", float64(len(addrs))/took.Seconds()/1e6), fmt.Sprintf("%d hits", found))
	found = 0
	start = time.Now()
	for _, n := range names {
		hits = x.Name(hits[:0], n)
		found += len(hits)
	}
	took = time.Since(start)
	b.table.row(b.name, "matching alone, names, one core", fmt.Sprintf("%.2f million/s", float64(len(names))/took.Seconds()/1e6), fmt.Sprintf("%d hits", found))
}

// change registers one asset and measures when it is matched here, and in another node.
func (b *bench) change(ctx context.Context, d *db.DB, f *footprint.Footprint) error {
	other := footprint.New(d, time.Now, slog.New(slog.DiscardHandler))
	if err := other.Load(ctx); err != nil {
		return err
	}
	follow, stop := context.WithCancel(ctx)
	defer stop()
	go other.Follow(follow)
	var here, there time.Duration
	const times = 10
	for i := range times {
		addr := netip.AddrFrom4([4]byte{198, 51, 100, byte(i + 1)})
		file := "organisation_reference,kind,value,role\nORG-000001,prefix," + addr.String() + "/32,owner\n"
		start := time.Now()
		if _, err := f.Import(ctx, strings.NewReader(file)); err != nil {
			return err
		}
		if f.Index().Address(nil, addr, 0) == nil {
			return fmt.Errorf("a registered address is not matched")
		}
		here += time.Since(start)
		for other.Index().Address(nil, addr, 0) == nil {
			if time.Since(start) > 10*time.Second {
				return fmt.Errorf("a registered address is not matched in another node within ten seconds")
			}
			time.Sleep(time.Millisecond)
		}
		there += time.Since(start)
	}
	b.table.row(b.name, "change of the register, until matched in the same process", fmt.Sprintf("%.1f ms", float64(here.Microseconds())/times/1000), "with its transaction")
	b.table.row(b.name, "change of the register, until matched in another node", fmt.Sprintf("%.0f ms", float64(there.Microseconds())/times/1000), "")
	return nil
}

// mailing composes notifications and hands them over.
func (b *bench) mailing(ctx context.Context, n *notify.Notify, post *mail.Post, most int) error {
	start := time.Now()
	composed, err := n.ComposeMost(ctx, most)
	if err != nil {
		return err
	}
	middle := time.Now()
	sent, err := n.Deliver(ctx, post)
	if err != nil {
		return err
	}
	end := time.Now()
	b.table.row(b.name, fmt.Sprintf("%d notifications composed and handed over", sent), fmt.Sprintf("%.1f s", end.Sub(start).Seconds()),
		fmt.Sprintf("%d composed in %.1f s, sent in %.1f s, unsigned", composed, middle.Sub(start).Seconds(), end.Sub(middle).Seconds()))
	return nil
}
