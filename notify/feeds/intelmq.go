package feeds

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// events reads IntelMQ events, one JSON object on each line. Keys may be flat
// ("source.ip") or nested ({"source": {"ip": ...}}).
type events struct {
	assembly
	rec  *records
	typ  string  // of all events, "" when each tells its own
	flat []Field // keys and values of the current event; reused
}

// maxDepth is how deep objects are taken apart; deeper ones stay JSON text.
const maxDepth = 8

func newEvents(rec *records, typ string, now time.Time) *events {
	e := &events{rec: rec, typ: typ}
	e.now = now
	e.bareURL = true
	e.time = func(v string) (time.Time, bool) { return readTime(v, time.UTC, false) }
	return e
}

func (e *events) next(out *Finding) error {
	if err := e.rec.nextLine(); err != nil {
		return err
	}
	e.begin(out, e.rec.start, false) // escapes hide control characters: look at each value
	raw := e.rec.raw
	if !e.rec.clean && !utf8.Valid(raw) {
		return e.rec.reject("the line is not UTF-8")
	}
	if raw[0] != '{' {
		return e.rec.reject("the line is not a JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var object map[string]any
	if err := dec.Decode(&object); err != nil {
		return e.rec.reject("the line is not JSON: " + tidy(err.Error()))
	}
	if _, err := dec.Token(); err != io.EOF {
		return e.rec.reject("the line holds more than one JSON object")
	}
	e.flat = e.flat[:0]
	e.flatten("", object, 0)
	slices.SortStableFunc(e.flat, func(a, b Field) int { return strings.Compare(a.Key, b.Key) })
	if reason := e.fill(out); reason != "" {
		return e.rec.reject(reason)
	}
	return nil
}

// flatten takes an object apart into flat; empty values are left out.
func (e *events) flatten(prefix string, object map[string]any, depth int) {
	for key, value := range object {
		if prefix != "" {
			key = prefix + "." + key
		}
		var text string
		switch v := value.(type) {
		case nil:
			continue
		case string:
			if key == "extra" && strings.HasPrefix(v, "{") {
				var inner map[string]any
				if json.Unmarshal([]byte(v), &inner) == nil {
					e.flatten(key, inner, depth+1)
					continue
				}
			}
			text = v
		case map[string]any:
			if depth < maxDepth {
				e.flatten(key, v, depth+1)
				continue
			}
			text = compact(v)
		case []any:
			text = list(v)
		default:
			text = compact(v)
		}
		if text != "" {
			e.flat = append(e.flat, Field{key, text})
		}
	}
}

// fill puts the flat event into out and gives the reason of a reject.
func (e *events) fill(out *Finding) string {
	feedCode, observation, tag := "", "", ""
	for i, f := range e.flat {
		if i > 0 && e.flat[i-1].Key == f.Key {
			return "the event has the key " + quote(f.Key) + " twice"
		}
		switch f.Key {
		case "raw", "__type", "classification.taxonomy":
			continue
		case "feed.code":
			feedCode = f.Value
		case "time.observation":
			observation = f.Value
		case "extra.tag":
			tag = f.Value
		case "extra.severity":
			if s, err := ParseSeverity(f.Value); err == nil && out.Severity == Unknown {
				out.Severity = s
				continue
			}
		}
		r := canonicalRoles[f.Key]
		if f.Key == "id" || f.Key == "type" {
			r = roleExtra // these two are of mappings only
		}
		key := tidy(f.Key)
		if name, ok := strings.CutPrefix(key, "extra."); ok && !intelMQKeys[name] {
			key = name
		}
		if key == "" {
			key = "_" // JSON allows a name that is none
		}
		if reason := e.set(out, r, key, f.Value); reason != "" {
			return reason
		}
	}
	if observation != "" && out.Observed.IsZero() {
		if reason := e.set(out, roleTime, "time.observation", observation); reason != "" {
			return reason
		}
		drop(out, "time.observation")
	}
	if reason := e.classify(out, feedCode); reason != "" {
		return reason
	}
	if len(out.Vulnerabilities) == 0 && provesCVE(out.Type) {
		e.vulnerabilities(out, tidy(tag))
	}
	if reason := e.finish(out); reason != "" {
		return reason
	}
	slices.SortStableFunc(out.Extra, func(a, b Field) int { return strings.Compare(a.Key, b.Key) })
	return ""
}

// classify finds the report type of an event, and what follows from it.
func (e *events) classify(out *Finding, feedCode string) string {
	if out.Type = e.typ; out.Type == "" {
		var found bool
		if out.Type, found = eventType(out, feedCode); !found {
			out.Type = out.Class
			if t := out.Get("classification.type"); intelMQTypes[t] {
				out.Type = t // its own advice says more than that of "other"
			}
		} else if out.Type == feedCode {
			// IntelMQ() wrote it, and moved aside what stood there before.
			drop(out, "feed.code")
			for i := range out.Extra {
				if out.Extra[i].Key == "extra.feed.code" {
					out.Extra[i].Key = "feed.code"
				}
			}
		}
	}
	info, known := LookupType(out.Type)
	if out.Class == "" {
		out.Class = info.Class
		if !known {
			return "the event has no classification.type"
		}
	}
	if out.Severity == Unknown {
		out.Severity = info.Severity
	}
	if out.Port != 0 && (known && info.Event && info.Address != "ip" || !known && passingPort(out.Class)) {
		out.Extra = append(out.Extra, Field{"source.port", strconv.Itoa(int(out.Port))})
		out.Port = 0
	}
	return ""
}

// eventType finds the Shadowserver report that an event came from, if any. The
// identifier goes first; of twins for IPv4 and IPv6 feed.code tells which.
func eventType(out *Finding, feedCode string) (string, bool) {
	code, coded := knownType(feedCode)
	if t, ok := knownType(out.Identifier); ok && (!coded || t.Base != code.Base) {
		return t.Name, true
	}
	if coded {
		return code.Name, true
	}
	return typeOfIdentifier(out.Identifier, out.Addr.Is6())
}

func knownType(name string) (TypeInfo, bool) {
	t, ok := typeName(name)
	if !ok {
		return TypeInfo{}, false
	}
	return LookupType(t)
}

// passingPort tells for which classes the port of the source is that of a
// connection it made, not of a service it offers.
func passingPort(class string) bool {
	switch Taxonomy(class) {
	case "information-gathering", "intrusion-attempts":
		return true
	}
	return class == "infected-system" || class == "ddos" || class == "dos" || class == "spam"
}

func drop(out *Finding, key string) {
	out.Extra = slices.DeleteFunc(out.Extra, func(f Field) bool { return f.Key == key })
}

// list writes a list of plain values with semicolons, any other as JSON.
func list(values []any) string {
	var b strings.Builder
	for i, v := range values {
		s, ok := v.(string)
		if !ok {
			if _, number := v.(json.Number); !number {
				return compact(values)
			}
			s = compact(v)
		}
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(s)
	}
	return b.String()
}

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
