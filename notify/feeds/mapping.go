package feeds

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	_ "time/tzdata" // a mapping names a time zone; the machine may know none

	"go.yaml.in/yaml/v3"
)

// maxMapping is the largest mapping we read, in bytes.
const maxMapping = 64 << 10

// Mapping tells which column of a CSV file means what. Make one with
// ParseMapping.
type Mapping struct {
	Source  string // key of the source: "divd"
	TLP     string // "clear", "green", "amber", "amber+strict", "red" or ""
	Licence string // SPDX id or a short text, "" if not told
	Regular bool   // the list comes again and again, and whole: absence from it means something

	delimiter byte
	headless  bool      // the first line is data; the columns are called column_1, column_2
	encoding  string    // one of the Encoding constants
	observed  time.Time // of lines that tell no time
	typ       string
	class     string
	severity  Severity
	layout    string // of package time, "unix", or "" for the usual ones
	zone      *time.Location
	columns   []mappedColumn
}

type mappedColumn struct {
	column string // in the CSV file
	key    string // canonical
	line   int    // of the mapping, for errors
}

// ParseMapping reads a mapping from YAML:
//
//	source: divd                # the key of the source; otherwise who offers the file names it
//	format: csv                 # the only one
//	delimiter: ";"              # one character or "tab"; a comma if not told
//	header: false               # the first line is data, and the columns are column_1, column_2; true if not told
//	encoding: windows-1252      # or utf-16; UTF-8 if not told
//	observed: 2026-11-25T10:00:00Z  # when it was seen, of lines that do not tell; when it came if not told
//	type: stolen_account        # of all findings; the class if not told
//	class: data-leak            # RSIT type of all findings
//	severity: high              # of lines that carry none
//	tlp: amber
//	licence: CC-BY-4.0
//	regular: true               # the list comes again and again, and whole; false if not told
//	time_format: DD-MM-YYYY hh:mm   # or "unix"; the usual ways of writing if not told
//	timezone: Europe/Amsterdam      # of times that tell none; UTC if not told
//	columns:                    # column in the file: canonical key
//	  IP address: source.ip
//	  Seen: time.source
//	  Remark: extra.remark
//
// A file with nothing but columns and their keys is a mapping too. Unknown keys
// are errors, and so is a mapping that cannot tell whose a line is. Columns that the mapping does not name are kept as they are.
func ParseMapping(r io.Reader) (*Mapping, error) {
	m, err := parseMapping(r)
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	return m, nil
}

func parseMapping(r io.Reader) (*Mapping, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxMapping+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxMapping {
		return nil, fmt.Errorf("the file is larger than %d bytes: is it a mapping?", maxMapping)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("the file is not YAML: %s", tidy(strings.TrimPrefix(err.Error(), "yaml: ")))
	}
	if len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New(`the file has no keys: it needs at least "source" and "columns"`)
	}
	m := &Mapping{delimiter: ',', encoding: EncodingUTF8, zone: time.UTC}
	if onlyColumns(root.Content[0]) {
		if err := m.readColumns(root.Content[0]); err != nil {
			return nil, err
		}
		return m, m.check()
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(root.Content[0].Content); i += 2 {
		key, value := root.Content[0].Content[i], root.Content[0].Content[i+1]
		if seen[key.Value] {
			return nil, fmt.Errorf("line %d: %s is there twice", key.Line, quote(key.Value))
		}
		seen[key.Value] = true
		if key.Value == "columns" {
			err = m.readColumns(value)
		} else if value.Kind != yaml.ScalarNode {
			err = fmt.Errorf("%s takes one value", quote(key.Value))
		} else {
			err = m.readKey(key.Value, strings.TrimSpace(value.Value))
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", key.Line, err)
		}
	}
	return m, m.check()
}

// onlyColumns tells whether the file is nothing but columns with their canonical keys, as somebody
// writes who needs nothing else.
func onlyColumns(root *yaml.Node) bool {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if _, ok := canonicalRole(root.Content[i+1].Value); !ok || root.Content[i+1].Kind != yaml.ScalarNode {
			return false
		}
	}
	return len(root.Content) > 0
}

// readKey reads one of the keys with one value.
func (m *Mapping) readKey(key, v string) (err error) {
	if !wellFormed(v) && key != "delimiter" {
		return fmt.Errorf("%s holds a control character", quote(key))
	}
	ok := true
	switch key {
	case "source":
		m.Source = v
	case "format":
		if v != FormatMapped {
			return fmt.Errorf("the format is csv, not %s", quote(v))
		}
	case "delimiter":
		return m.readDelimiter(v)
	case "type":
		if m.typ, ok = typeName(v); !ok {
			return fmt.Errorf("%s is not a type: use letters, digits and underscores", quote(v))
		}
	case "class":
		if m.class, ok = ParseClass(v); !ok {
			return fmt.Errorf("%s is not a type of the RSIT taxonomy: use one such as vulnerable-system or data-leak", quote(v))
		}
	case "severity":
		m.severity, err = ParseSeverity(v)
	case "tlp":
		m.TLP, err = parseTLP(v)
	case "licence":
		m.Licence = v
	case "regular":
		m.Regular, err = yesOrNo(key, v)
	case "header":
		var header bool
		header, err = yesOrNo(key, v)
		m.headless = !header
	case "encoding":
		if m.encoding, ok = encodingName(v); !ok {
			return fmt.Errorf("%s is not an encoding we read: use utf-8, windows-1252 or utf-16", quote(v))
		}
	case "observed":
		if m.observed, ok = readTime(v, time.UTC, false); !ok {
			return fmt.Errorf("%s is not a time: write it as 2026-11-25T10:00:00Z", quote(v))
		}
	case "time_format":
		m.layout, err = parseLayout(v)
	case "timezone":
		if m.zone, err = time.LoadLocation(v); err != nil || v == "Local" {
			return fmt.Errorf("%s is not a time zone: use one such as Europe/Amsterdam or UTC", quote(v))
		}
	default:
		return fmt.Errorf("%s is not a key of a mapping: the keys are source, format, delimiter, header, encoding, observed, type, class, severity, tlp, licence, regular, time_format, timezone and columns", quote(key))
	}
	return err
}

func yesOrNo(key, v string) (bool, error) {
	switch v {
	case "true", "false":
		return v == "true", nil
	}
	return false, fmt.Errorf("%s is true or false, not %s", key, quote(v))
}

func (m *Mapping) readDelimiter(v string) error {
	switch v {
	case "tab", `\t`, "": // a tab is trimmed to nothing
		v = "\t"
	}
	if len(v) != 1 || v[0] == '"' || v[0] == '\n' || v[0] == '\r' || v[0] >= 0x80 {
		return fmt.Errorf(`%s is not a delimiter: use one character such as ";" or the word tab`, quote(v))
	}
	m.delimiter = v[0]
	return nil
}

func (m *Mapping) readColumns(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errors.New(`"columns" takes lines such as "IP address: source.ip"`)
	}
	byColumn, byRole := map[string]bool{}, map[role]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		column, key := n.Content[i], n.Content[i+1]
		name := strings.TrimSpace(column.Value)
		if column.Kind != yaml.ScalarNode || key.Kind != yaml.ScalarNode || name == "" {
			return fmt.Errorf(`line %d: a column takes one key, such as "IP address: source.ip"`, column.Line)
		}
		r, ok := canonicalRole(key.Value)
		if !ok {
			return fmt.Errorf("line %d: %s is not a canonical key: use one such as source.ip, or extra.NAME to keep the column", key.Line, quote(key.Value))
		}
		if fold := strings.ToLower(name); byColumn[fold] {
			return fmt.Errorf("line %d: the column %s is there twice", column.Line, quote(name))
		} else {
			byColumn[fold] = true
		}
		if other, taken := byRole[r]; taken && r != roleExtra && r != roleVulnerabilities {
			return fmt.Errorf("line %d: the columns %s and %s both mean %s: keep one as extra.NAME", key.Line, quote(other), quote(name), key.Value)
		}
		byRole[r] = name
		m.columns = append(m.columns, mappedColumn{name, key.Value, key.Line})
	}
	return nil
}

// check tells what a mapping lacks to tell whose a line is and what it is about.
func (m *Mapping) check() error {
	victim := false
	for _, c := range m.columns {
		switch r, _ := canonicalRole(c.key); r {
		case roleAddress, roleHostname, roleDomain, roleURL, roleAccount, roleHost:
			victim = true
		}
	}
	if !victim {
		return errors.New(`"columns" names no victim: map a column to source.ip, source.fqdn, source.reverse_dns, source.url, source.account or host`)
	}
	return nil
}

// classOf gives the class of all lines whose type is the one given, "" when a column tells it.
func (m *Mapping) classOf(typ string) (string, error) {
	if m.class != "" {
		return m.class, nil
	}
	for _, c := range m.columns {
		if r, _ := canonicalRole(c.key); r == roleClass {
			return "", nil
		}
	}
	if info, known := LookupType(typ); known {
		return info.Class, nil
	}
	if class, ok := ParseClass(typ); ok && typ != "" {
		return class, nil
	}
	return "", errors.New(`the mapping does not tell the class: give "class" with the RSIT type of all lines, such as vulnerable-system, or map a column to classification.type`)
}

func parseTLP(v string) (string, error) {
	v = strings.ToLower(strings.TrimSpace(v))
	v = strings.TrimPrefix(v, "tlp:")
	switch v {
	case "white":
		return "clear", nil
	case "clear", "green", "amber", "amber+strict", "red":
		return v, nil
	}
	return "", fmt.Errorf("%s is not a TLP: use clear, green, amber, amber+strict or red", quote(v))
}

// parseLayout turns DD-MM-YYYY hh:mm:ss into a layout of package time.
func parseLayout(v string) (string, error) {
	if v == "unix" {
		return v, nil
	}
	layout := strings.NewReplacer("YYYY", "2006", "MM", "01", "DD", "02", "hh", "15", "mm", "04", "ss", "05", "ZZ", "-07:00").Replace(v)
	for _, part := range []string{"YYYY", "MM", "DD"} {
		if !strings.Contains(v, part) {
			return "", fmt.Errorf("the time format %s lacks %s: write it as DD-MM-YYYY hh:mm:ss, or unix", quote(v), part)
		}
	}
	return layout, nil
}
