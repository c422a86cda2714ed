package notify

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"polder/footprint"
	"polder/internal/i18n"
	"polder/internal/web"
	"polder/notify/advice"
	"polder/notify/feeds"
)

// feedbackPage is what the secret link shows.
type feedbackPage struct {
	Path          string // of the link; forms go below it
	Action        string // where the answers go
	Supplier      bool   // the reader is the supplier, not the recipient
	Centre        centre
	Name          string // of the organisation
	Title         string
	Reference     string
	Severity      feeds.Severity
	Sent, Until   time.Time
	Total         int
	Jump          bool // the answers are far down: offer a way to them
	Pages         bool // there are several
	Pager         web.Pager
	Vulnerability bool         // some exposure of this page has one
	Groups        []groupView  // of this page
	Advice        []adviceView // of all pages
	Answers       []answerView
	Note          web.Field
	Said          []string
	Done          *doneView
	Link          *linkView
	Often         []oftenView
}

// groupView is the exposures of one type on this page.
type groupView struct {
	Title, What string
	Severity    feeds.Severity
	Count       int // on all pages
	Rows        []rowView
}

type rowView struct {
	Value, Where, Name, Said, Vulnerability string
	LastSeen                                time.Time
	Reports                                 int
	State                                   web.Status
	Why                                     string
	Copy, Chosen                            bool
}

type adviceView struct {
	advice.Text
	Severity feeds.Severity
}

type answerView struct {
	Value, Label, Line string
	Quiet              bool
}

// doneView says what was done just now and what happens next.
type doneView struct {
	Title, Text string
	Call        *centre // whom to call, when that helps
}

// linkView is the open link of a supplier; the link itself is not known any more.
type linkView struct{ Created, Until string }

type oftenView struct {
	Name, Label string
	Options     []optionView
}

type optionView struct {
	Value, Label string
	Chosen       bool
}

func (n *Notify) feedbackPage(say *i18n.Printer, l *Letter, token string, page int, filled form) *feedbackPage {
	path := "/f/" + token
	v := &feedbackPage{
		Path: path, Action: path, Supplier: l.Holder == Supplier, Centre: n.centre(), Name: l.Organisation.Name,
		Reference: l.Notification.Reference, Severity: feeds.Severity(l.Notification.Severity), Sent: l.Notification.CreatedAt,
		Until: l.Expires, Total: l.Total, Jump: len(l.Exposures) > 2, Pages: l.Total > pageSize,
		Note: noteField(say, filled),
	}
	for _, k := range l.Kinds {
		v.Advice = append(v.Advice, adviceView{adviceText(k.Type, k.Class, say.Lang()), k.Severity})
	}
	switch len(v.Advice) {
	case 0:
		v.Title = say.T("notify.page.empty.title")
	case 1:
		v.Title = v.Advice[0].Title
	default:
		v.Title = say.N("notify.page.title", len(v.Advice))
	}
	n.group(say, v, l, filled.chosen)
	v.Answers = answerViews(say, l.Holder)
	for _, s := range l.Said {
		v.Said = append(v.Said, saidLine(say, l, s))
	}
	if l.Supplier != nil {
		v.Link = &linkView{say.Date(l.Supplier.CreatedAt), say.Date(l.Supplier.Expires)}
	}
	if l.Holder == Recipient {
		for _, s := range asked {
			v.Often = append(v.Often, often(say, s, l.Cadence[s]))
		}
	}
	if v.Pages {
		v.Action = fmt.Sprintf("%s?page=%d", path, page)
		first := (page - 1) * pageSize
		v.Pager = web.Pager{First: first + 1, Last: first + len(l.Exposures), Total: l.Total}
		if page > 1 {
			v.Pager.Previous = fmt.Sprintf("?page=%d", page-1)
		}
		if v.Pager.Last < l.Total {
			v.Pager.Next = fmt.Sprintf("?page=%d", page+1)
		}
	}
	return v
}

// group puts the exposures of this page under the title of their advice, in the order they come in:
// the worst first.
func (n *Notify) group(say *i18n.Printer, v *feedbackPage, l *Letter, chosen []Fingerprint) {
	at := map[[2]string]int{}
	for _, k := range l.Kinds {
		text := adviceText(k.Type, k.Class, say.Lang())
		at[[2]string{k.Type, k.Class}] = len(v.Groups)
		v.Groups = append(v.Groups, groupView{Title: text.Title, What: text.What, Severity: k.Severity, Count: k.Exposures})
	}
	w := &writer{n: n, p: say}
	for _, e := range l.Exposures {
		g := &v.Groups[at[[2]string{e.Type, e.Class}]]
		v.Vulnerability = v.Vulnerability || e.Vulnerability != ""
		row := rowView{Value: hex.EncodeToString(e.Fingerprint[:]), Where: e.subject(), Said: w.said(e), Vulnerability: e.Vulnerability,
			LastSeen: e.LastSeen, Reports: e.Count, State: stateTag(say, e), Why: whySeen(say, e),
			Copy: e.Role == footprint.Provider && l.Holder == Recipient, Chosen: slices.Contains(chosen, e.Fingerprint)}
		if e.Address != "" {
			row.Name = e.Name
		}
		g.Rows = append(g.Rows, row)
	}
	v.Groups = slices.DeleteFunc(v.Groups, func(g groupView) bool { return len(g.Rows) == 0 })
}

// stateTag says where an exposure stands, in words and with the look that goes with them.
func stateTag(say *i18n.Printer, e Exposure) web.Status {
	id, look := "notify.state."+string(e.State), "muted"
	switch e.State {
	case StateNew, StateOpen:
		look = "open"
	case StateReopened:
		look = "alarm"
	case StateAcknowledged:
		look = "busy"
	case StateSolved:
		look = "done"
		if e.Confirmed {
			id = "notify.state.confirmed"
		}
	}
	return web.Status{Kind: look, Text: say.T(id)}
}

// whySeen says why an exposure concerns the organisation, to whoever reads the page.
func whySeen(say *i18n.Printer, e Exposure) string {
	if len(e.Reasons) == 0 {
		return ""
	}
	r := e.Reasons[0]
	id := "notify.page.reason." + r.Kind
	if r.Kind == "domain" {
		if id += ".below"; r.On == r.Value {
			return say.T("notify.page.reason.domain.same", "On", r.On, "Date", say.Date(r.Since))
		}
	}
	return say.T(id, "On", r.On, "Value", r.Value, "Date", say.Date(r.Since))
}

// saidLine says what a holder of a link answered last, as the reader sees him.
func saidLine(say *i18n.Printer, l *Letter, s Said) string {
	pairs := []any{"At", say.DateTime(s.At), "Answer", say.T("notify.answer." + string(s.Answer) + ".label")}
	switch {
	case s.Holder == l.Holder:
		return say.N("notify.page.said.recipient", s.Exposures, pairs...)
	case s.Holder == Supplier:
		return say.N("notify.page.said.supplier", s.Exposures, pairs...)
	}
	return say.N("notify.page.said.owner", s.Exposures, append(pairs, "Name", l.Organisation.Name)...)
}

// doneView tells what the address says was done just now. What the answer was is taken from what
// is stored, not from the address.
func (n *Notify) doneView(say *i18n.Printer, l *Letter, what string) *doneView {
	switch what {
	case "revoked", "cadence":
		if l.Holder != Recipient {
			return nil
		}
		return &doneView{Title: say.T("notify.page.done." + what + ".title"), Text: say.T("notify.page.done." + what + ".text")}
	case "answer":
		for _, s := range l.Said {
			if s.Holder == l.Holder {
				return n.afterAnswer(say, l, s.Answer)
			}
		}
	}
	return nil
}

func (n *Notify) afterAnswer(say *i18n.Printer, l *Letter, a Answer) *doneView {
	id := "notify.page.done." + string(a)
	v := &doneView{Title: say.T(id + ".title")}
	if a != Help {
		v.Text = say.T(id + ".text")
		return v
	}
	switch {
	case n.set.Desk == "": // nobody is told by mail
		v.Text = say.T(id + ".text_reply")
	case l.Holder == Supplier:
		v.Text = say.T(id+".text_supplier", "Name", l.Organisation.Name)
	default:
		v.Text = say.T(id + ".text")
	}
	if c := n.centre(); c.Phone != "" {
		v.Call = &c
	}
	return v
}

func often(say *i18n.Printer, s feeds.Severity, now Cadence) oftenView {
	v := oftenView{Name: s.String(), Label: say.T("notify.page.often." + s.String())}
	for _, c := range choices[s] {
		v.Options = append(v.Options, optionView{string(c), say.T("notify.cadence." + string(c)), c == now})
	}
	return v
}

// passedPage shows a supplier's link, this once, with a text to send it by.
type passedPage struct {
	Path, Link, Until string
	Text              string
	Mail              string // the same as an address that opens a mail program
}

func (n *Notify) passedPage(say *i18n.Printer, l *Letter, path, link string, until time.Time) *passedPage {
	v := &passedPage{Path: path, Link: link, Until: say.Date(until)}
	id := "notify.page.passed.text."
	var b strings.Builder
	line := func(s string) { b.WriteString(s + "\n\n") }
	line(say.T(id + "greeting"))
	var asks []string
	for _, k := range l.Kinds[:min(len(l.Kinds), 5)] {
		text := adviceText(k.Type, k.Class, say.Lang())
		if len(l.Kinds) == 1 {
			line(say.T(id+"body", "Centre", n.set.Centre, "About", text.Title+"."))
			line(text.Supplier)
			continue
		}
		asks = append(asks, "- "+text.Title+". "+text.Supplier)
	}
	if len(asks) > 0 {
		line(say.T(id+"body_many", "Centre", n.set.Centre))
		line(strings.Join(asks, "\n"))
	}
	b.WriteString(say.T(id+"ask") + "\n" + link + "\n\n")
	line(say.T(id+"until", "Date", v.Until))
	subject := say.T("notify.work.subject", "Centre", n.set.Centre)
	if l.Notification.Reference != "" {
		line(say.T(id+"real", "Reference", l.Notification.Reference, "Verify", n.set.BaseURL+"/verify"))
		subject = say.T(id+"subject", "Reference", l.Notification.Reference)
	}
	b.WriteString(say.T(id+"regards") + "\n" + l.Organisation.Name + "\n")
	v.Text = b.String()
	v.Mail = "mailto:?subject=" + url.PathEscape(subject) + "&body=" + mailBody(v.Text)
	return v
}

// mailBody escapes a text for a mailto address, where lines end in CRLF.
func mailBody(s string) string {
	return strings.ReplaceAll(url.QueryEscape(strings.ReplaceAll(s, "\n", "\r\n")), "+", "%20")
}
