package mail

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	"unicode/utf8"
)

// Letter is a mail before it is text or HTML: both are made from it, so that they say the same.
type Letter struct {
	Language string
	Subject  string
	Blocks   []Block
}

// Block is one piece of a letter; exactly one field is set.
type Block struct {
	Heading string
	Text    string
	Lines   []string // one beside the other: what was seen
	Steps   []string // numbered
	Link    string   // a whole address, spelled out
	Rule    bool
}

// Heading adds a line above what follows.
func (l *Letter) Heading(s string) { l.Blocks = append(l.Blocks, Block{Heading: words(s)}) }

// Say adds a paragraph.
func (l *Letter) Say(s string) { l.Blocks = append(l.Blocks, Block{Text: words(s)}) }

// List adds lines, one below the other.
func (l *Letter) List(s []string) { l.Blocks = append(l.Blocks, Block{Lines: allWords(s)}) }

// Steps adds numbered lines.
func (l *Letter) Steps(s []string) { l.Blocks = append(l.Blocks, Block{Steps: allWords(s)}) }

// Link adds a whole address, spelled out; Placeholder is one that is filled in when the mail is sent.
func (l *Letter) Link(address string) { l.Blocks = append(l.Blocks, Block{Link: address}) }

// Rule adds a line across.
func (l *Letter) Rule() { l.Blocks = append(l.Blocks, Block{Rule: true}) }

// Placeholder stands where a secret link goes that must not be kept: Fill puts it there.
const Placeholder = "{{feedback-link}}"

// Fill puts the secret link in what Plain or HTML returned.
func Fill(body, link string) string { return strings.ReplaceAll(body, Placeholder, link) }

// words keeps what others wrote from being taken for the place where the secret link goes: however many
// braces there are, no two of them stay together.
func words(s string) string {
	for strings.Contains(s, "{{") {
		s = strings.ReplaceAll(s, "{{", "{ {")
	}
	return s
}

func allWords(list []string) []string {
	clean := make([]string, len(list))
	for i, s := range list {
		clean[i] = words(s)
	}
	return clean
}

const lineWidth = 72 // characters of plain text in a line

// Plain returns the letter as plain text, complete in itself.
func (l *Letter) Plain() string {
	var b strings.Builder
	for i, p := range l.Blocks {
		if i > 0 {
			b.WriteByte('\n')
		}
		switch {
		case p.Heading != "":
			b.WriteString(wrap(strings.ToUpper(p.Heading), "", ""))
		case p.Text != "":
			b.WriteString(wrap(p.Text, "", ""))
		case p.Lines != nil:
			for _, s := range p.Lines {
				b.WriteString(wrap(s, "- ", "  "))
			}
		case p.Steps != nil:
			for i, s := range p.Steps {
				b.WriteString(wrap(s, fmt.Sprintf("%d. ", i+1), "   "))
			}
		case p.Link != "":
			b.WriteString("  " + p.Link + "\n")
		case p.Rule:
			b.WriteString(strings.Repeat("-", lineWidth) + "\n")
		}
	}
	return b.String()
}

// wrap breaks text at spaces into lines of at most lineWidth; a longer word stands alone.
func wrap(text, first, rest string) string {
	var b strings.Builder
	b.WriteString(first)
	at := utf8.RuneCountInString(first)
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+n > lineWidth:
			b.WriteString("\n" + rest)
			at = utf8.RuneCountInString(rest)
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	b.WriteByte('\n')
	return b.String()
}

// One column, system fonts, no images, nothing that reports back, links spelled out. Mail programs
// know no style sheets, so the few styles stand at their elements.
var letterHTML = template.Must(template.New("letter").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Subject}}</title></head>
<body style="margin:0;padding:24px 16px;background:#ffffff;color:#13242B;font-family:system-ui,-apple-system,'Segoe UI',sans-serif;font-size:16px;line-height:1.5">
<div style="max-width:600px;margin:0 auto;border-top:4px solid #0A5A73;padding-top:16px">
{{range .Blocks}}{{if .Heading}}<h2 style="font-size:19px;line-height:1.3;margin:28px 0 8px">{{.Heading}}</h2>
{{else if .Text}}<p style="margin:0 0 12px">{{.Text}}</p>
{{else if .Lines}}<ul style="margin:0 0 12px;padding-left:20px">{{range .Lines}}<li style="margin:0 0 6px;overflow-wrap:anywhere">{{.}}</li>{{end}}</ul>
{{else if .Steps}}<ol style="margin:0 0 12px;padding-left:24px">{{range .Steps}}<li style="margin:0 0 6px">{{.}}</li>{{end}}</ol>
{{else if .Link}}<p style="margin:0 0 12px"><a href="{{.Link}}" style="color:#0A5A73;overflow-wrap:anywhere">{{.Link}}</a></p>
{{else if .Rule}}<hr style="border:0;border-top:1px solid #0A5A73;margin:28px 0 16px">
{{end}}{{end}}</div></body></html>
`))

// HTML returns the letter as HTML.
func (l *Letter) HTML() (string, error) {
	var b bytes.Buffer
	titled := *l
	titled.Subject = words(l.Subject)
	if err := letterHTML.Execute(&b, titled); err != nil {
		return "", fmt.Errorf("write the letter as HTML: %w", err)
	}
	// The place of the secret link comes out escaped where it is an address. A quote cannot come out of
	// what others wrote, so nobody else can have made it.
	return strings.ReplaceAll(b.String(), escapedHref, `href="`+Placeholder+`"`), nil
}

// escapedHref is how the template writes an address that is the place of the secret link.
const escapedHref = `href="%7b%7bfeedback-link%7d%7d"`
