package notify

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"polder/directory"
	"polder/footprint"
	"polder/internal/i18n"
	"polder/internal/mail"
	"polder/notify/advice"
	"polder/notify/feeds"
)

// mostLines is how many exposures one mail spells out; the rest it counts.
const mostLines = 50

// writer writes the letters to one organisation.
type writer struct {
	n       *Notify
	p       *i18n.Printer
	to      directory.Organisation
	reports map[int64]reportName // by number
	draft   Texts                // instead of the text that is used, for a preview; nil: none
	readers []*reader            // who get copies
	behalf  string               // who reads it by a mandate of the organisation; "" for its own people
	ends    time.Time            // of that mandate
}

// text is what is told of a type of finding.
func (w *writer) text(kind, class string) advice.Text {
	if t, ok := w.draft[w.p.Lang()]; ok {
		return t
	}
	return adviceText(kind, class, w.p.Lang())
}

// reportName is how a source and its report are named in a mail, and of what make the report is.
type reportName struct {
	source, sourceName, name, format, kind string
	regular                                bool
}

// group is the exposures of one type in a letter.
type group struct {
	kind, class string
	severity    feeds.Severity
	total       int
	shown       []Exposure
}

// gather puts exposures into groups by type, the most severe first. It spells out no more than
// mostLines in all, but counts every one.
type gathering struct {
	groups   []*group
	total    int
	owned    int           // those of its own; the others it carries for somebody else
	remind   time.Duration // how soon the first of them may be reminded of; 0: none will
	severity feeds.Severity
	classes  []string
}

func (g *gathering) add(e Exposure) {
	g.total++
	if e.Role == footprint.Owner {
		g.owned++
	}
	g.severity = max(g.severity, e.Severity)
	if after, ok := e.remindsAfter(); ok && (g.remind == 0 || after < g.remind) {
		g.remind = after
	}
	if !slices.Contains(g.classes, e.Class) {
		g.classes = append(g.classes, e.Class)
	}
	i := slices.IndexFunc(g.groups, func(x *group) bool { return x.kind == e.Type && x.class == e.Class })
	if i < 0 && g.total > mostLines {
		return // counted among the rest: a letter must end
	}
	if i < 0 {
		g.groups = append(g.groups, &group{kind: e.Type, class: e.Class})
		i = len(g.groups) - 1
	}
	x := g.groups[i]
	x.total++
	x.severity = max(x.severity, e.Severity)
	if g.total <= mostLines {
		x.shown = append(x.shown, e)
	}
}

func (g *gathering) sorted() []*group {
	for _, x := range g.groups {
		slices.SortFunc(x.shown, compareExposures)
	}
	slices.SortStableFunc(g.groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(a.kind, b.kind))
	})
	return g.groups
}

// warning writes about exposures that are new, or back, or still there.
func (w *writer) warning(g *gathering, reminder bool, reference string) *mail.Letter {
	p := w.p
	groups := g.sorted()
	first := w.text(groups[0].kind, groups[0].class)
	l := &mail.Letter{Language: p.Lang()}
	subject := "notify.mail.subject.warning"
	if reminder {
		subject = "notify.mail.subject.reminder"
	}
	l.Subject = p.T(subject+".single", "Severity", p.T("notify.severity."+g.severity.String()), "Title", first.Title, "Reference", reference)
	if len(groups) > 1 {
		l.Subject = p.N(subject+".many", len(groups), "Severity", p.T("notify.severity."+g.severity.String()), "Reference", reference)
	}
	w.greet(l)
	intro := "notify.mail.intro.first"
	switch {
	case reminder:
		intro = "notify.mail.intro.reminder"
	case g.owned == 0:
		intro = "notify.mail.intro.provider"
	}
	l.Say(p.N(intro, g.total, "Centre", w.n.set.Centre))
	if w.behalf == "" {
		l.Say(p.T("notify.mail.safe"))
	} else {
		l.Say(p.T("notify.mail.behalf.safe"))
	}
	for _, x := range groups {
		w.group(l, x)
	}
	if rest := g.total - mostLines; rest > 0 {
		l.Heading(p.T("notify.mail.rest.heading"))
		l.Say(p.N("notify.mail.rest.text", rest))
	}
	l.Heading(p.T("notify.mail.answer.heading"))
	if w.behalf == "" {
		l.Say(p.T("notify.mail.answer.text"))
		l.Link(mail.Placeholder)
		l.Say(p.T("notify.mail.answer.days", "Days", int(w.n.set.LinkValid/(24*time.Hour))))
	} else { // no secret link: it would outlive the mandate
		l.Say(p.T("notify.mail.behalf.answer", "Name", w.to.Name))
		l.Link(w.n.set.BaseURL + "/o/" + w.to.ID.String() + "/exposures")
	}
	l.Heading(p.T("notify.mail.next.heading"))
	l.Say(w.next(g, reminder))
	w.footer(l, reference)
	return l
}

func (w *writer) group(l *mail.Letter, x *group) {
	p := w.p
	text := w.text(x.kind, x.class)
	l.Rule()
	l.Heading(p.T("notify.mail.group", "Severity", p.T("notify.severity."+x.severity.String()), "Title", text.Title))
	l.Say(text.What)
	var lines []string
	for _, e := range x.shown {
		lines = append(lines, w.line(e))
	}
	if len(lines) > 0 {
		l.List(lines)
	}
	if more := x.total - len(x.shown); more > 0 {
		l.Say(p.N("notify.mail.more", more))
	}
	l.Say(w.sources(x))
	l.Heading(p.T("notify.mail.why"))
	l.Say(text.Why)
	l.Heading(p.T("notify.mail.steps"))
	l.Steps(text.Steps)
	l.Say(p.T("notify.mail.effort", "Effort", text.Effort))
	l.Heading(p.T("notify.mail.supplier"))
	l.Say(text.Supplier)
}

// what names the system or account as its organisation knows it, also one of many on an address that
// is shared: "192.0.2.7:443 (www.example.nl) CVE-2024-1234".
func what(e Exposure) string {
	s := e.subject()
	if e.Name != "" && e.Address != "" {
		s += " (" + defuse(e.Name) + ")"
	}
	if e.Vulnerability != "" {
		s += " " + e.Vulnerability
	}
	return s
}

// line says what was seen, where and when, and why we think that it is theirs.
func (w *writer) line(e Exposure) string {
	p := w.p
	parts := []string{what(e)}
	if said := w.said(e); said != "" {
		parts = append(parts, said)
	}
	s := strings.Join(parts, " ") + ": " + w.seen(e)
	if e.Count > 1 {
		s += ", " + p.N("notify.mail.count", e.Count, "Date", p.Date(e.FirstSeen))
	}
	s += ". " + w.why(e)
	if e.Role == footprint.Provider {
		s += " " + p.T("notify.mail.copy")
	}
	return s
}

// said adds the detail of the source that helps most to find the system or the account.
func (w *writer) said(e Exposure) string {
	var found []string
	for _, k := range []string{"account", "malware", "infection", "family", "url", "device_model", "product"} {
		v := e.Evidence[k]
		if k == "account" {
			v = e.Account()
		}
		if v != "" {
			found = append(found, w.p.T("notify.said."+k, "Value", defuse(v)))
			break
		}
	}
	if v := e.Evidence["src_port"]; v != "" && v != "0" { // behind one address many: the port tells them apart
		found = append(found, w.p.T("notify.said.src_port", "Value", defuse(v)))
	}
	if len(found) == 0 {
		return ""
	}
	return "(" + strings.Join(found, ", ") + ")"
}

// seen says when, with the zone, since a reader holds it against the times in a log.
func (w *writer) seen(e Exposure) string {
	zone := e.LastSeen.In(w.p.Zone()).Format("UTC-07:00")
	return w.p.T("notify.mail.seen", "Time", w.p.DateTime(e.LastSeen), "Zone", strings.Replace(strings.TrimSuffix(zone, ":00"), "UTC+0", "UTC+", 1))
}

// defuse keeps what a stranger wrote from looking like a link or an order in a mail.
func defuse(v string) string {
	v = strings.NewReplacer("://", "[:]//", "\n", " ", "\r", " ").Replace(v)
	if len(v) > 80 {
		v = strings.ToValidUTF8(v[:80], "") + "…"
	}
	return v
}

func (w *writer) why(e Exposure) string {
	if len(e.Reasons) == 0 {
		return ""
	}
	r := e.Reasons[0]
	id := "notify.mail.reason." + r.Kind
	if r.Kind == "domain" {
		if id += ".below"; r.On == r.Value {
			id = "notify.mail.reason.domain.same"
		}
	}
	return w.p.T(id, "On", r.On, "Value", r.Value, "Date", w.p.Date(r.Since))
}

// sources names who saw it, in which of its own reports, so that a recipient who has those reports
// can recognise what he knows already.
func (w *writer) sources(x *group) string {
	var names, ids []string
	for _, e := range x.shown {
		r := w.reports[e.LastReport]
		if !slices.Contains(names, r.sourceName) {
			names = append(names, r.sourceName)
		}
		id := r.name
		if own := e.Evidence["source_id"]; own != "" {
			id += " " + defuse(own)
		}
		if !slices.Contains(ids, id) && len(ids) < 5 {
			ids = append(ids, id)
		}
	}
	return w.p.T("notify.mail.source", "Source", w.p.List(names), "Type", x.kind, "Reports", strings.Join(ids, ", "))
}

// next says when we write again, and promises no mail that never comes.
func (w *writer) next(g *gathering, reminder bool) string {
	p := w.p
	s := p.T("notify.mail.next.none")
	switch {
	case g.remind > 0:
		s = p.T("notify.mail.next.remind", "Days", int(g.remind/(24*time.Hour)))
	case reminder:
		s = p.T("notify.mail.next.last")
	}
	if slices.ContainsFunc(g.groups, func(x *group) bool { return slices.ContainsFunc(x.shown, w.closes) }) {
		s += " " + p.T("notify.mail.next.solved")
	}
	return s
}

// closes tells whether we hear it when an exposure is solved: events and lists made once do not say.
func (w *writer) closes(e Exposure) bool {
	r := w.reports[e.LastReport]
	return closesByAbsence(r.format, r.kind, e.Class, r.regular)
}

func (w *writer) footer(l *mail.Letter, reference string) {
	w.n.proof(l, w.p, reference)
	if w.behalf == "" {
		l.Say(w.p.T("notify.mail.sender", "Centre", w.n.set.Centre, "Name", w.to.Name))
	} else {
		l.Say(w.p.T("notify.mail.behalf.sender", "Centre", w.n.set.Centre, "Name", w.to.Name, "Holder", w.behalf))
	}
}

// proof ends each letter with how its reader can tell that we wrote it.
func (n *Notify) proof(l *mail.Letter, p *i18n.Printer, reference string) {
	l.Rule()
	l.Heading(p.T("notify.mail.real.heading"))
	l.Say(p.T("notify.mail.real.text", "Reference", reference))
	l.Link(n.set.BaseURL + "/verify")
	if n.set.Phone != "" {
		l.Say(p.T("notify.mail.phone", "Centre", n.set.Centre, "Phone", n.set.Phone))
	}
}

// greet begins a letter; to whoever reads it by a mandate it says for whom that is, in the subject too.
func (w *writer) greet(l *mail.Letter) {
	if w.behalf == "" {
		l.Say(w.p.T("notify.mail.greeting", "Name", w.to.Name))
		return
	}
	l.Subject = w.p.T("notify.mail.behalf.subject", "Name", w.to.Name, "Subject", l.Subject)
	l.Say(w.p.T("notify.mail.greeting", "Name", w.behalf))
	l.Say(w.p.T("notify.mail.behalf.why", "Name", w.to.Name, "Holder", w.behalf, "Date", w.p.Date(w.ends.Add(-time.Microsecond))))
}

// test writes that warnings come through.
func (w *writer) test(reference string) *mail.Letter {
	p := w.p
	l := &mail.Letter{Language: p.Lang(), Subject: p.T("notify.mail.test.subject", "Reference", reference)}
	w.greet(l)
	l.Say(p.T("notify.mail.test.text", "Centre", w.n.set.Centre, "Name", w.to.Name))
	l.Say(p.T("notify.mail.test.real"))
	w.footer(l, reference)
	return l
}

// closing writes about exposures that two fresh reports no longer showed.
func (w *writer) closing(g *gathering, reference string) *mail.Letter {
	p := w.p
	l := &mail.Letter{Language: p.Lang(), Subject: p.N("notify.mail.subject.closing", g.total, "Reference", reference)}
	w.greet(l)
	l.Say(p.N("notify.mail.closing.text", g.total))
	for _, x := range g.sorted() {
		l.Heading(w.text(x.kind, x.class).Title)
		var lines []string
		for _, e := range x.shown {
			lines = append(lines, what(e)+": "+w.seen(e))
		}
		if len(lines) > 0 {
			l.List(lines)
		}
		if more := x.total - len(x.shown); more > 0 {
			l.Say(p.N("notify.mail.more", more))
		}
	}
	l.Say(p.T("notify.mail.closing.again"))
	w.footer(l, reference)
	return l
}

// desk writes to the centre's own desk that somebody asks for help.
func (w *writer) desk(f Feedback, exposures []Exposure, about string) *mail.Letter {
	p := w.p
	l := &mail.Letter{Language: p.Lang(), Subject: p.T("notify.mail.subject.desk", "Name", w.to.Name, "Reference", about)}
	l.Say(p.T("notify.mail.desk.text", "Name", w.to.Name, "Reference", about, "Email", w.to.Email))
	if f.Note != "" {
		l.Say(p.T("notify.mail.desk.note", "Note", defuse(f.Note)))
	}
	var lines []string
	for i, e := range exposures {
		if i == mostLines {
			break
		}
		lines = append(lines, fmt.Sprintf("%s: %s (%s)", adviceText(e.Type, e.Class, p.Lang()).Title, what(e), p.T("notify.severity."+e.Severity.String())))
	}
	if len(lines) > 0 {
		l.List(lines)
	}
	return l
}

func adviceText(kind, class, lang string) advice.Text {
	a := advice.For(kind, class)
	if t, ok := a.Text[lang]; ok {
		return t
	}
	return a.Text["en"]
}

// compareExposures orders exposures as a reader looks for them: worst first, then by type, then by
// address as numbers and not as text.
func compareExposures(a, b Exposure) int {
	x, _ := netip.ParseAddr(a.Address)
	y, _ := netip.ParseAddr(b.Address)
	return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Type, b.Type), x.Compare(y),
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Vulnerability, b.Vulnerability),
		cmp.Compare(a.Account(), b.Account()))
}
