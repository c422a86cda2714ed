package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/audit"
	"polder/internal/config"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/signin"
	"polder/notify"
)

// What a country of the size of the Netherlands has.
const (
	nationOrganisations = 300_000
	nationExposures     = 5_000_000
)

// newNation makes, or opens again, a database of national size: the organisations and people of the
// small country, and very many others that are made up, with years of reports behind them.
func newNation(ctx context.Context, set *config.Settings, folder, address string, scale float64, s streams) (*world, error) {
	if scale <= 0 || scale > 1 {
		return nil, unusable{fault.Invalidf("--scale is a part: more than 0, at most 1")}
	}
	w, err := emptyWorld(ctx, set, folder, address, set.Database, s)
	if err != nil {
		return nil, err
	}
	w.national = true
	w.clock.put(time.Now())
	if err := w.nation(audit.WithActor(ctx, "demo"), scale, s.out); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) nation(ctx context.Context, scale float64, out io.Writer) error {
	some, err := w.app.directory.List(ctx, "", 1)
	if err != nil {
		return err
	}
	if len(some) > 0 {
		return w.again(ctx, out)
	}
	start := time.Now()
	tell := func(what string, args ...any) {
		fmt.Fprintf(out, "%6.1f s  %s\n", time.Since(start).Seconds(), fmt.Sprintf(what, args...))
	}
	n := newNationPlan(scale)
	tell("making %d organisations", n.organisations)
	if err := w.register(ctx); err != nil {
		return err
	}
	if _, err := w.app.directory.Import(ctx, written(n.register)); err != nil {
		return err
	}
	tell("making their assets")
	if _, err := w.app.footprint.Import(ctx, written(n.assets)); err != nil {
		return err
	}
	list, all, err := w.seeded(ctx, n)
	if err != nil {
		return err
	}
	tell("making %d exposures, with years of reports and warnings", all)
	step := max(all/20, 1)
	next := step
	if err := w.app.notify.Seed(ctx, list, func(done int) {
		if done >= next {
			tell("%d exposures", done)
			next = done + step
		}
	}); err != nil {
		return err
	}
	if err := w.app.footprint.Load(ctx); err != nil {
		return err
	}
	if err := w.settle(ctx); err != nil {
		return err
	}
	if err := w.lend(ctx); err != nil {
		return err
	}
	tell("ready")
	return nil
}

// again finds the people of a nation that was made before. A database that is not one is left alone.
func (w *world) again(ctx context.Context, out io.Writer) error {
	if _, err := w.app.directory.ByReference(ctx, nationReference(0)); fault.KindOf(err) == fault.NotFound {
		return unusable{fault.Invalidf("this database holds organisations that the demo did not make; give it an empty one")}
	} else if err != nil {
		return err
	}
	for _, p := range personas {
		err := w.app.db.Read(ctx, func(tx *db.Tx) error {
			a, found, err := signin.ByMail(ctx, tx, p.mail)
			if err == nil && !found {
				err = unusable{fault.Invalidf("making this database was cut short; begin again with an empty one")}
			}
			w.people[p.key] = a.ID
			return err
		})
		if err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "The country that was made here before is used again.")
	return w.app.footprint.Load(ctx)
}

// lend lets the university have one range of its own watched by the supplier, and no more.
func (w *world) lend(ctx context.Context) error {
	university, err := w.app.directory.ByReference(ctx, "Z003")
	if err != nil {
		return err
	}
	var assets []footprint.Label
	err = w.app.db.Read(ctx, func(tx *db.Tx) error {
		assets, err = w.app.footprint.AssetLabels(ctx, tx, university.ID)
		return err
	})
	if err != nil {
		return err
	}
	for _, a := range assets {
		if a.Value == nationLent {
			return w.app.directory.Give(w.as(ctx, "dean"), university.ID, directory.Wish{Holder: "Z006", Acting: true, Assets: []db.ID{a.ID}, Ends: w.app.now().AddDate(1, 0, 0)})
		}
	}
	return fmt.Errorf("the university has no %s", nationLent)
}

// seeded says for which organisations how many exposures are made up.
func (w *world) seeded(ctx context.Context, n nationPlan) (list []notify.Seeded, all int, err error) {
	owned := map[db.ID][]footprint.Asset{}
	err = w.app.footprint.EachProven(ctx, func(a footprint.Asset) {
		if a.Kind != footprint.ASN {
			owned[a.Organisation] = append(owned[a.Organisation], a)
		}
	})
	if err != nil {
		return nil, 0, err
	}
	for after := ""; ; {
		page, err := w.app.directory.List(ctx, after, 5000)
		if err != nil || len(page) == 0 {
			return list, all, err
		}
		for _, o := range page {
			count := n.exposures(o.Reference)
			if assets := owned[o.ID]; len(assets) > 0 && count > 0 {
				footprint.SortAssets(assets)
				list = append(list, notify.Seeded{ID: o.ID, Mail: o.Email, Assets: assets, Exposures: count})
				all += count
			}
		}
		after = page[len(page)-1].Reference
	}
}

// nationPlan is how much there is of everything, and at whom.
type nationPlan struct {
	organisations int
	giants        int // with so many exposures each:
	most          int
	large, middle int // with a tenth of that, and a hundredth
}

func newNationPlan(scale float64) nationPlan {
	n := nationPlan{organisations: int(nationOrganisations * scale), giants: max(1, int(math.Round(8*scale))), most: 100_000}
	if scale < 0.1 {
		n.most = int(100_000 * scale * 10)
	}
	n.large, n.middle = max(1, int(100*scale)), max(1, int(1000*scale))
	return n
}

func nationReference(i int) string { return fmt.Sprintf("N%06d", i) }

// exposures is how many an organisation has: few have very many, and most have none or some.
func (n nationPlan) exposures(reference string) int {
	var i int
	if _, err := fmt.Sscanf(reference, "N%06d", &i); err != nil {
		switch reference {
		case "Z003":
			return n.most
		case "Z006":
			return n.most / 10
		}
		return 12
	}
	r := rand.New(rand.NewPCG(uint64(i), 2))
	switch {
	case i < n.giants:
		return n.most
	case i < n.giants+n.large:
		return n.most/20 + r.IntN(n.most/10)
	case i < n.giants+n.large+n.middle:
		return n.most/200 + r.IntN(n.most/100)
	case r.IntN(10) < 3:
		return 0
	}
	return 1 + int(min(r.ExpFloat64()*9, 80))
}

// Names are put together from these.
var (
	nationTrades = []string{"Bakkerij", "Slagerij", "Installatiebedrijf", "Bouwbedrijf", "Administratiekantoor", "Garage", "Kwekerij", "Transportbedrijf", "Drukkerij", "Apotheek",
		"Tandartspraktijk", "Notariskantoor", "Advocatenkantoor", "Basisschool", "Stichting", "Camping", "Hotel", "Restaurant", "Kapsalon", "Fietsenwinkel", "Softwarehuis", "Architectenbureau",
		"Scheepswerf", "Machinefabriek", "Zuivelfabriek", "Groothandel", "Makelaardij", "Verzekeringen", "Fysiotherapie", "Dierenarts", "Boekhandel", "Webwinkel"}
	nationFamilies = []string{"De Vries", "Jansen", "Van den Berg", "Bakker", "Visser", "Smit", "Meijer", "De Boer", "Mulder", "De Groot", "Bos", "Vos", "Peters", "Hendriks", "Dekker", "Brouwer",
		"Van Dijk", "Van Leeuwen", "Kok", "Jacobs", "Vermeulen", "Van der Linden", "Schouten", "Willems", "Hoekstra", "Koster", "Prins", "Huisman", "Postma", "Kramer", "Van Beek", "Scholten",
		"Yilmaz", "El Idrissi", "Nguyen", "Singh", "Van der Meer", "Blom", "Veenstra", "Timmermans"}
	nationPlaces = []string{"Rietveen", "Meerzijde", "Noordwaard", "Zuidwaard", "Oosterdijk", "Westerdijk", "Kleiland", "Molenwaard", "Sluizerdam", "Veenhuizerplas", "Wilgenhoek", "Elzenbroek",
		"Lissewoud", "Duinzicht", "Havenmond", "Terpstra", "Kadewijk", "Brugzijl", "Waterlanden", "Polderzicht"}
	nationSectors = []string{"bouw", "detailhandel", "zorg", "onderwijs", "industrie", "vervoer", "horeca", "ict", "zakelijk", "landbouw"}
)

func (n nationPlan) register(w *bufio.Writer) {
	w.WriteString("reference,name,registration_number,sector,province,employees,language,notify_email\n")
	for i := range n.organisations {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		pick := func(list []string) string { return list[r.IntN(len(list))] }
		language := "nl"
		if r.IntN(10) == 0 {
			language = "en"
		}
		fmt.Fprintf(w, "%s,%s %s %s,%08d,%s,%s,%d,%s,security@o%06d.example\n", nationReference(i), pick(nationTrades), pick(nationFamilies), pick(nationPlaces), 10_000_000+i*37,
			pick(nationSectors), pick(nationPlaces), 1+int(r.ExpFloat64()*30), language, i)
	}
}

// nationLent is the range of the university that its supplier may see.
const nationLent = "2001:db8:3003::/48"

// assets gives everybody a range and a domain, and the large ones ranges in which there is room.
func (n nationPlan) assets(w *bufio.Writer) {
	w.WriteString("organisation_reference,kind,value,role\n")
	fmt.Fprintf(w, "Z003,prefix,%s,owner\nZ003,prefix,2001:db8:3004::/48,owner\nZ003,prefix,2001:db8:3005::/48,owner\nZ006,prefix,2001:db8:3006::/48,owner\n", nationLent)
	four := netip.MustParseAddr("20.0.0.0").As4()
	at := uint32(four[0])<<24 | uint32(four[1])<<16
	for i := range n.organisations {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		o := nationReference(i)
		switch {
		case i < n.giants+n.large:
			fmt.Fprintf(w, "%s,prefix,2a02:%x::/32,owner\n%s,asn,AS%d,owner\n", o, i, o, 200_000+i)
			fmt.Fprintf(w, "%s,prefix,2a03:%x::/32,owner\n", o, i)
		case i < n.giants+n.large+n.middle:
			fmt.Fprintf(w, "%s,prefix,2a04:%x::/32,owner\n", o, i)
		}
		p := netip.AddrFrom4([4]byte{byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at)})
		at += 16
		fmt.Fprintf(w, "%s,prefix,%s/28,owner\n%s,domain,o%06d.example,owner\n", o, p, o, i)
		if r.IntN(10) == 0 {
			fmt.Fprintf(w, "%s,domain,%s-%06d.example,owner\n", o, strings.ToLower(nationPlaces[r.IntN(len(nationPlaces))]), i)
		}
	}
}

// written reads what fill writes, while it is written.
func written(fill func(w *bufio.Writer)) io.Reader {
	r, p := io.Pipe()
	go func() {
		w := bufio.NewWriterSize(p, 1<<16)
		fill(w)
		p.CloseWithError(w.Flush())
	}()
	return r
}
