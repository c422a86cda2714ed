package feeds

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// mapped reads any CSV file by a mapping.
type mapped struct {
	table
	m   *Mapping
	typ string // of all lines, "" when a column tells
	set string // the type that every line gets before its columns speak

	class string // of every line that tells none
}

func openMapped(rec *records, m *Mapping, typ string, now time.Time) (*mapped, error) {
	c := &mapped{m: m}
	c.rec = rec
	c.now = now
	c.bareURL = true
	c.time = m.readTime
	c.headless = m.headless
	if err := c.header(); err != nil {
		return nil, err
	}
	typed, classed := false, false
	for _, column := range m.columns {
		i := c.column(column.column)
		if i < 0 {
			return nil, fmt.Errorf("the mapping names the column %s and the header does not have it: correct line %d of the mapping", quote(column.column), column.line)
		}
		r, _ := canonicalRole(column.key)
		c.roles[i] = r
		typed = typed || r == roleType
		classed = classed || r == roleClass
		if name, ok := strings.CutPrefix(column.key, "extra."); ok && !intelMQKeys[name] {
			c.keys[i] = name
		} else if r == roleExtra {
			c.keys[i] = column.key
		}
	}
	for i, key := range c.keys {
		for j, other := range c.keys[:i] {
			if (c.roles[i].once() || c.roles[j].once()) && strings.EqualFold(key, other) {
				return nil, fmt.Errorf("the header has the column %s twice: remove the wrong one", quote(key))
			}
		}
	}
	c.set = m.typ
	if typ != "" {
		c.set = typ
	}
	var err error
	if c.class, err = m.classOf(c.set); err != nil {
		return nil, err
	}
	switch {
	case c.set != "" && (typ != "" || !typed):
		c.typ = c.set
	case !typed && !classed:
		c.typ = c.class
	}
	if typ != "" {
		for i, r := range c.roles {
			if r == roleType {
				c.roles[i] = roleExtra
			}
		}
	}
	return c, nil
}

func (c *mapped) next(out *Finding) error {
	if err := c.row(out); err != nil {
		return err
	}
	if out.Type == "" {
		out.Type = c.set
	}
	if out.Observed.IsZero() {
		out.Observed = c.m.observed
	}
	info, _ := LookupType(out.Type)
	if out.Class == "" {
		out.Class = c.class
	}
	if out.Class == "" {
		return c.rec.reject("the line has no class and the mapping has none for all lines")
	}
	if out.Type == "" {
		out.Type = out.Class
	}
	if out.Severity == Unknown {
		out.Severity = c.m.severity
	}
	if out.Severity == Unknown {
		out.Severity = info.Severity
	}
	if reason := c.finish(out); reason != "" {
		return c.rec.reject(reason)
	}
	return nil
}

// readTime reads a time as the mapping says.
func (m *Mapping) readTime(v string) (time.Time, bool) {
	switch m.layout {
	case "":
		return readTime(v, m.zone, true)
	case "unix":
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 || n > 253402300799 { // end of the year 9999
			return time.Time{}, false
		}
		return time.Unix(n, 0).UTC(), true
	}
	t, err := time.ParseInLocation(m.layout, v, m.zone)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t.UTC(), true
}
