package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
)

// size is how much there is of everything.
type size struct {
	organisations, prefixes, domains, lines int
	matching                                float64 // share of the lines
}

// files are the generated registers and reports.
type files struct {
	organisations, assets, dayOne, dayTwo string

	addresses []netip.Addr // one in each registered range
}

// generate writes registers and two days of a scan_rdp report into dir. The same size gives the
// same files. Registered IPv4 ranges lie in 20.0.0.0 to 95.255.255.255, IPv6 in 2a00::/12; lines
// that match nobody lie elsewhere.
func generate(dir string, s size) (f files, err error) {
	f = files{organisations: filepath.Join(dir, "organisations.csv"), assets: filepath.Join(dir, "assets.csv"),
		dayOne: filepath.Join(dir, "2026-11-21-scan_rdp-bench-country.csv"), dayTwo: filepath.Join(dir, "2026-11-22-scan_rdp-bench-country.csv")}
	r := rand.New(rand.NewPCG(1, 2))
	err = write(f.organisations, func(w *bufio.Writer) {
		fmt.Fprintln(w, "reference,name,registration_number,sector,province,employees,language,notify_email")
		for i := range s.organisations {
			lang := "nl"
			if i%5 == 0 {
				lang = "en"
			}
			fmt.Fprintf(w, "ORG-%06d,Organisation %d,%08d,G,Province %d,%d,%s,security@org%06d.example\n", i, i, 10000000+i, i%12, i%300, lang, i)
		}
	})
	if err != nil {
		return f, err
	}
	addrs := make([]netip.Addr, 0, s.prefixes)
	err = write(f.assets, func(w *bufio.Writer) {
		fmt.Fprintln(w, "organisation_reference,kind,value,role")
		for i := range s.prefixes {
			p := prefix(r, i)
			role := "owner"
			if i%50 == 0 {
				role = "provider"
			}
			addrs = append(addrs, within(r, p))
			fmt.Fprintf(w, "ORG-%06d,prefix,%s,%s\n", i%s.organisations, p, role)
		}
		for i := range s.domains {
			fmt.Fprintf(w, "ORG-%06d,domain,firm%06d.example,owner\n", i%s.organisations, i)
		}
	})
	if err != nil {
		return f, err
	}
	f.addresses = addrs
	for day, file := range []string{f.dayOne, f.dayTwo} {
		lines := rand.New(rand.NewPCG(3, 4)) // the same findings on both days
		err = write(file, func(w *bufio.Writer) {
			fmt.Fprintln(w, `"timestamp","severity","ip","protocol","port","hostname","tag","asn","geo","region","city","naics","hostname_source","sector","handshake","rdp_protocol","cert_length","subject_common_name","issuer_common_name","cert_issue_date","cert_expiration_date","sha1_fingerprint","cert_serial_number","ssl_version","signature_algorithm","key_algorithm","sha256_fingerprint","sha512_fingerprint","md5_fingerprint","tlsv13_support","tlsv13_cipher","jarm"`)
			for i := range s.lines {
				line(w, lines, s, addrs, day, i)
			}
		})
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

func line(w *bufio.Writer, r *rand.Rand, s size, addrs []netip.Addr, day, i int) {
	ip, host := netip.AddrFrom4([4]byte{byte(101 + r.IntN(60)), byte(r.IntN(256)), byte(r.IntN(256)), byte(1 + r.IntN(254))}), ""
	if ip.As4()[0] == 127 {
		ip = netip.MustParseAddr("131.0.0.1")
	}
	if r.IntN(2) == 0 {
		host = fmt.Sprintf("host%d.customers.provider%d.example", i, r.IntN(1000))
	}
	if share := r.Float64(); share < s.matching*0.8 {
		ip = addrs[r.IntN(len(addrs))]
	} else if share < s.matching {
		host = fmt.Sprintf("rdp.office.firm%06d.example", r.IntN(s.domains))
	}
	fmt.Fprintf(w, `"2026-11-%02d %02d:%02d:%02d","high","%s","tcp",3389,"%s","rdp","%d","NL","Noord-Holland","Amsterdam",0,"ptr","","03 00 00 13 0E D0 00 00 12 34 00 02 1F 08 00 02 00 00 00","RDP",1024,"DESKTOP-%06X","DESKTOP-%06X","2026-06-01 00:00:00","2026-12-01 00:00:00","AB:CD:EF:%06X","%08X","TLSv1.2","sha256WithRSAEncryption","rsaEncryption","","","","N","",""`+"\r\n",
		21+day, i/3600%24, i/60%60, i%60, ip, host, 64496+i%16, r.IntN(1<<24), r.IntN(1<<24), r.IntN(1<<24), r.Uint32())
}

func prefix(r *rand.Rand, i int) netip.Prefix {
	if i%10 < 3 {
		a := [16]byte{0x2a, byte(r.IntN(16)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))}
		return netip.PrefixFrom(netip.AddrFrom16(a), 32+r.IntN(33)).Masked()
	}
	a := [4]byte{byte(20 + r.IntN(76)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))}
	return netip.PrefixFrom(netip.AddrFrom4(a), 24+r.IntN(9)).Masked()
}

// within returns an address in the range.
func within(r *rand.Rand, p netip.Prefix) netip.Addr {
	if p.Addr().Is4() {
		a := p.Addr().As4()
		if free := 32 - p.Bits(); free > 0 {
			a[3] |= byte(r.IntN(1 << min(free, 8)))
		}
		return netip.AddrFrom4(a)
	}
	a := p.Addr().As16()
	a[15] = byte(r.IntN(256))
	return netip.AddrFrom16(a)
}

func write(file string, fill func(w *bufio.Writer)) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fill(w)
	if err := w.Flush(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
