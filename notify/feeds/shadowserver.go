package feeds

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// shadowserver reads a report of the Shadowserver Foundation: CSV with a
// header, times in UTC without a zone, the columns in any order.
type shadowserver struct {
	table
	info  TypeInfo
	drift []Drift
}

func openShadowserver(rec *records, typ string, now time.Time) (*shadowserver, error) {
	info, known := LookupType(typ)
	s := &shadowserver{info: info}
	s.rec = rec
	s.now = now
	s.time = func(v string) (time.Time, bool) { return readTime(v, time.UTC, false) }
	if err := s.header(); err != nil {
		return nil, err
	}
	for i, key := range s.keys {
		s.keys[i] = strings.ToLower(key)
	}
	if !known {
		s.drift = append(s.drift, Drift{DriftUnknownType, typ})
		s.guessAddress()
	} else if info.Address != "" && s.column(info.Address) < 0 {
		s.drift = append(s.drift, Drift{DriftMissingAddress, info.Address})
	}
	return s, s.assign()
}

// guessAddress picks the column of the victim's address of a type we do not know.
func (s *shadowserver) guessAddress() {
	for _, name := range []string{"ip", "src_ip", "dst_ip"} {
		if s.column(name) >= 0 {
			s.info.Address = name
			return
		}
	}
	s.info.Address = ""
	s.drift = append(s.drift, Drift{DriftMissingAddress, "ip"})
}

// assign gives each column its role and notes the columns that nobody knows.
func (s *shadowserver) assign() error {
	roles := columnRoles(s.info)
	seen := make(map[string]bool, len(s.keys))
	familiar := false
	for i, key := range s.keys {
		r, ok := roles[key]
		if seen[key] {
			if r.once() {
				return fmt.Errorf("the header has the column %s twice: remove the wrong one", key)
			}
			r = roleExtra
		}
		seen[key] = true
		s.roles[i] = r
		switch r {
		case roleTime, roleAddress, roleHostname, roleDomain, roleURL, roleWebsite, roleAccount, roleLogin:
			familiar = true
		}
		if !ok && !knownColumns[key] {
			s.drift = append(s.drift, Drift{DriftUnknownColumn, key})
		}
	}
	if !familiar {
		return errors.New("the header has none of the columns of a Shadowserver report: give a mapping that tells what its columns mean")
	}
	return nil
}

func (s *shadowserver) next(out *Finding) error {
	if err := s.row(out); err != nil {
		return err
	}
	out.Type, out.Class, out.Identifier = s.info.Name, s.info.Class, s.info.Identifier
	if reason := s.finish(out); reason != "" {
		return s.rec.reject(reason)
	}
	if out.Severity == Unknown {
		out.Severity = s.info.Severity
	}
	switch {
	case s.info.Base == "scan_exchange":
		out.Identifier = exchangeVulnerable
		if strings.Contains(strings.ToLower(out.Get("tag")), "webshell") {
			out.Class, out.Identifier = "system-compromise", exchangeWebshell
		}
	case out.Identifier == "":
		out.Identifier = out.Malware
	}
	return nil
}
