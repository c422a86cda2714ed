package outreach

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"polder/internal/i18n"
	"polder/internal/mail"
	"polder/notify"
	"polder/notify/advice"
	"polder/notify/feeds"
)

// topic is what a letter says of one type of finding.
type topic struct {
	kind, class string
	severity    feeds.Severity
	lines       []Line
	more        int
}

// letter writes to somebody who does not know us: who we are, why we write unasked, what was seen and
// what to do, how to check that it is real, and how to hear no more. notify adds its own footer.
func (o *Outreach) letter(c Contact, subjects []Subject) notify.Stranger {
	p := o.catalog.For(c.Language)
	l := &mail.Letter{Language: p.Lang()}
	s := notify.Stranger{Recipient: c.Address, Language: p.Lang(), Letter: l}
	var topics []*topic
	var values []string
	shown := 0
	for _, sub := range subjects {
		values = append(values, sub.Value)
		s.Exposures += sub.Findings
		for _, line := range sub.Evidence {
			s.Severity = max(s.Severity, int64(line.Severity))
			if !slices.Contains(s.Classes, line.Class) {
				s.Classes = append(s.Classes, line.Class)
			}
			if t := (notify.Topic{Source: line.Source, Type: line.Type}); !slices.Contains(s.Topics, t) {
				s.Topics = append(s.Topics, t)
			}
			i := slices.IndexFunc(topics, func(t *topic) bool { return t.kind == line.Type && t.class == line.Class })
			if i < 0 {
				topics = append(topics, &topic{kind: line.Type, class: line.Class})
				i = len(topics) - 1
			}
			t := topics[i]
			t.severity = max(t.severity, line.Severity)
			if shown++; shown <= mostLines {
				t.lines = append(t.lines, line)
			} else {
				t.more++
			}
		}
	}
	slices.SortStableFunc(topics, func(a, b *topic) int { return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(a.kind, b.kind)) })
	about := values[0]
	if len(values) > 1 {
		about = p.N("outreach.mail.about", len(values)-1, "First", values[0])
	}
	s.Subject = p.T("outreach.mail.subject", "About", about)
	l.Say(p.T("outreach.mail.greeting"))
	l.Say(p.T("outreach.mail.who", "Centre", o.set.Centre))
	l.Say(p.T("outreach.mail.why", "About", about, "Address", c.Address))
	l.Say(p.T("outreach.mail.safe"))
	for _, t := range topics {
		text := textOf(t.kind, t.class, p.Lang())
		l.Rule()
		l.Heading(p.T("outreach.mail.topic", "Severity", p.T("web.severity."+t.severity.String()), "Title", text.Title))
		l.Say(text.What)
		var lines []string
		for _, line := range t.lines {
			lines = append(lines, describe(p, line))
		}
		if len(lines) > 0 {
			l.List(lines)
		}
		if t.more > 0 {
			l.Say(p.N("outreach.mail.more", t.more))
		}
		l.Say(text.Why)
		l.Heading(p.T("outreach.mail.steps"))
		l.Steps(text.Steps)
		l.Say(p.T("outreach.mail.effort", "Effort", text.Effort))
	}
	l.Rule()
	l.Heading(p.T("outreach.mail.not_you_heading"))
	l.Say(p.T("outreach.mail.not_you"))
	l.Heading(p.T("outreach.mail.join_heading"))
	l.Say(p.T("outreach.mail.join", "Centre", o.set.Centre))
	l.Link(o.set.BaseURL + "/organisations/new")
	l.Heading(p.T("outreach.mail.stop_heading"))
	l.Say(p.T("outreach.mail.stop"))
	l.Link(mail.Placeholder)
	return s
}

// describe says what was seen where and when: facts about the reader alone.
func describe(p *i18n.Printer, l Line) string {
	at := l.Address
	if strings.Contains(at, ":") && l.Port != 0 {
		at = "[" + at + "]"
	}
	if at == "" {
		at = l.Name
	}
	if l.Port != 0 {
		at += ":" + strconv.Itoa(int(l.Port))
	}
	if l.Name != "" && l.Address != "" {
		at += " (" + l.Name + ")"
	}
	if l.Vulnerability != "" {
		at += " " + l.Vulnerability
	}
	return p.T("outreach.mail.line", "What", at, "Time", p.DateTime(l.Seen))
}

func textOf(kind, class, lang string) advice.Text {
	a := advice.For(kind, class)
	if t, ok := a.Text[lang]; ok {
		return t
	}
	return a.Text["en"]
}
