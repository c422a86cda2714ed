package feeds

import "time"

// readTime reads the times that reports carry: ISO dates with "T" or a blank
// before the time, seconds and fractions or none, "Z", "UTC" or an offset; in
// zone when none is told. With dutch it reads day-month-year as well. Only
// years from 1970 to 9999 count.
func readTime(s string, zone *time.Location, dutch bool) (time.Time, bool) {
	if len(s) == 19 && s[4] == '-' && s[7] == '-' && (s[10] == ' ' || s[10] == 'T') && s[13] == ':' && s[16] == ':' {
		y, ok1 := digits(s[0:4])
		mo, ok2 := digits(s[5:7])
		d, ok3 := digits(s[8:10])
		h, ok4 := digits(s[11:13])
		mi, ok5 := digits(s[14:16])
		sec, ok6 := digits(s[17:19])
		if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) {
			return time.Time{}, false
		}
		return moment(y, mo, d, h, mi, sec, 0, zone)
	}
	p := scan{rest: s}
	return p.time(zone, dutch)
}

// moment is time.Date for those values that exist.
func moment(y, mo, d, h, mi, s, ns int, zone *time.Location) (time.Time, bool) {
	if y < 1970 || y > 9999 || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || s > 60 {
		return time.Time{}, false
	}
	if d > 28 && time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC).Day() != d {
		return time.Time{}, false
	}
	return time.Date(y, time.Month(mo), d, h, mi, s, ns, zone).UTC(), true
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int(c)
	}
	return n, len(s) > 0
}

// scan reads a text from its beginning.
type scan struct{ rest string }

// number reads lo to hi digits.
func (p *scan) number(lo, hi int) (n, width int, ok bool) {
	for width < len(p.rest) && width < hi && p.rest[width] >= '0' && p.rest[width] <= '9' {
		n = n*10 + int(p.rest[width]-'0')
		width++
	}
	p.rest = p.rest[width:]
	return n, width, width >= lo
}

// one reads one of the bytes in set.
func (p *scan) one(set string) (byte, bool) {
	if p.rest != "" {
		for i := range len(set) {
			if p.rest[0] == set[i] {
				p.rest = p.rest[1:]
				return set[i], true
			}
		}
	}
	return 0, false
}

func (p *scan) time(zone *time.Location, dutch bool) (t time.Time, ok bool) {
	y, width, ok := p.number(1, 4)
	separators := "-/"
	if dutch {
		separators = "-/."
	}
	sep, ok2 := p.one(separators)
	mo, _, ok3 := p.number(1, 2)
	_, ok4 := p.one(string(sep))
	d, last, ok5 := p.number(1, 4)
	if !(ok && ok2 && ok3 && ok4 && ok5) {
		return t, false
	}
	switch {
	case width == 4 && last <= 2:
	case dutch && width <= 2 && last == 4:
		y, d = d, y
	default:
		return t, false
	}
	if p.rest == "" {
		return moment(y, mo, d, 0, 0, 0, 0, zone)
	}
	if _, ok = p.one("Tt "); !ok {
		return t, false
	}
	for ok {
		_, ok = p.one(" ")
	}
	h, _, ok := p.number(1, 2)
	_, ok2 = p.one(":")
	mi, _, ok3 := p.number(2, 2)
	if !(ok && ok2 && ok3) {
		return t, false
	}
	s, ns := 0, 0
	if _, ok = p.one(":"); ok {
		if s, _, ok = p.number(2, 2); !ok {
			return t, false
		}
		if _, ok = p.one(".,"); ok {
			if ns, ok = p.fraction(); !ok {
				return t, false
			}
		}
	}
	if zone, ok = p.zone(zone); !ok {
		return t, false
	}
	return moment(y, mo, d, h, mi, s, ns, zone)
}

// fraction reads a fraction of a second as nanoseconds; finer digits are dropped.
func (p *scan) fraction() (int, bool) {
	ns, width, ok := p.number(1, 9)
	if !ok {
		return 0, false
	}
	for ; width < 9; width++ {
		ns *= 10
	}
	for {
		if _, more := p.one("0123456789"); !more {
			return ns, true
		}
	}
}

// zone reads "Z", "UTC", "GMT" or an offset up to the end; nothing leaves the zone.
func (p *scan) zone(zone *time.Location) (*time.Location, bool) {
	for ok := true; ok; {
		_, ok = p.one(" ")
	}
	switch p.rest {
	case "":
		return zone, true
	case "Z", "z", "UTC", "utc", "GMT":
		return time.UTC, true
	}
	sign, ok := p.one("+-")
	h, _, ok2 := p.number(2, 2)
	mi := 0
	if _, colon := p.one(":"); colon || p.rest != "" {
		var ok3 bool
		if mi, _, ok3 = p.number(2, 2); !ok3 {
			return nil, false
		}
	}
	if !ok || !ok2 || h > 23 || mi > 59 || p.rest != "" {
		return nil, false
	}
	offset := h*3600 + mi*60
	if offset == 0 {
		return time.UTC, true
	}
	if sign == '-' {
		offset = -offset
	}
	return time.FixedZone("", offset), true
}
