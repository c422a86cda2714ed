package feeds

import (
	"time"

	"go.yaml.in/yaml/v3"
)

// MappingText is a mapping as somebody fills it in on a page. YAML writes it; ParseMapping reads that and
// says what is wrong with it.
type MappingText struct {
	Source, Delimiter, Encoding  string
	Headless                     bool
	Type, Class, Severity        string
	TLP, Licence, TimeForm, Zone string
	Observed                     time.Time
	Regular                      bool
	Columns                      []ColumnKey
}

// ColumnKey is a column in the file and its canonical key.
type ColumnKey struct{ Column, Key string }

// YAML writes the mapping, without what is as usual.
func (t MappingText) YAML() ([]byte, error) {
	text := func(v string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: v}
	}
	root := &yaml.Node{Kind: yaml.MappingNode}
	put := func(key, v string) {
		if v != "" {
			root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, text(v))
		}
	}
	put("source", t.Source)
	put("delimiter", t.Delimiter)
	if t.Headless {
		put("header", "false")
	}
	if t.Encoding != EncodingUTF8 {
		put("encoding", t.Encoding)
	}
	put("type", t.Type)
	put("class", t.Class)
	put("severity", t.Severity)
	put("tlp", t.TLP)
	put("licence", t.Licence)
	put("time_format", t.TimeForm)
	put("timezone", t.Zone)
	if !t.Observed.IsZero() {
		put("observed", t.Observed.UTC().Format(time.RFC3339))
	}
	if t.Regular {
		put("regular", "true")
	}
	columns := &yaml.Node{Kind: yaml.MappingNode}
	for _, c := range t.Columns {
		if c.Key != "" {
			columns.Content = append(columns.Content, text(c.Column), text(c.Key))
		}
	}
	root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "columns"}, columns)
	return yaml.Marshal(&yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{root}})
}
