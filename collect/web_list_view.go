package collect

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/i18n"
	"polder/internal/web"
	"polder/notify"
	"polder/notify/advice"
	"polder/notify/feeds"
)

type listOption struct {
	Value, Text string
	Chosen      bool
}

type listColumn struct {
	ID, Name string
	Values   []string
	Options  []listOption
}

type previewLine struct {
	Line                int64
	What, Type, Details string
	Severity            string
	Seen                time.Time
	Reason, Raw         string
}

type listPage struct {
	*List
	Path, Done, Format           string
	Ours, Sent, Sending          bool // columns are to be chosen
	StateTag                     web.Status
	Columns                      []listColumn
	Source, Type, Licence        web.Field
	Observed, TimeForm           web.Field
	Classes, Severities, TLPs    []listOption
	Zones, Encodings, Delimiters []listOption
	Types                        []listOption
	Preview                      []previewLine
	Rejected                     int
	PreviewWrong                 string
	ReportURL, Lines             string
	Errors                       map[string]string
}

func listState(say *i18n.Printer, l List) web.Status {
	kind := map[string]string{"draft": "info", "rehearsed": "busy", "sending": "busy", "sent": "done", "failed": "alarm"}[l.State]
	return web.Status{Kind: kind, Text: say.T("collect.list.state." + l.State)}
}

func listOptions(chosen string, first string, values ...string) (list []listOption) {
	if first != "" {
		list = append(list, listOption{"", first, chosen == ""})
	}
	for _, v := range values {
		list = append(list, listOption{v, v, v == chosen})
	}
	if chosen != "" && !slices.Contains(values, chosen) {
		list = append(list, listOption{chosen, chosen, true})
	}
	return list
}

// show is the page on which the columns are chosen.
func (p *listPages) show(w http.ResponseWriter, r *http.Request, l *List, done string, wrong []web.FieldError) error {
	say, h := web.Printer(r), l.Choices
	v := &listPage{List: l, Path: listsPath + "/" + l.ID.String(), Done: done, Format: l.Guess.Format, Ours: l.Guess.Format == feeds.FormatMapped, StateTag: listState(say, *l),
		Sent: l.State == "sent", Sending: l.State == "sending", Lines: say.N("collect.list.lines", int(linesOf(l))), Errors: map[string]string{}}
	for _, e := range wrong {
		v.Errors[e.Field] = e.Text
	}
	if v.Sent || v.Sending {
		if !l.Report.IsZero() {
			v.ReportURL = "/desk/reports/" + l.Report.String()
		}
		return p.render(w, r, "list", web.Page{Title: say.T("collect.list.heading", "Name", l.Name), Errors: wrong, Data: v})
	}
	for i, col := range l.Guess.Columns {
		c := listColumn{ID: "column-" + strconv.Itoa(i), Name: col.Name, Values: col.Values, Options: []listOption{{"", say.T("collect.list.column.keep"), true}}}
		for _, k := range listKeys {
			c.Options = append(c.Options, listOption{k, say.T("collect.list.column.k_" + strings.ReplaceAll(k, ".", "_")), i < len(h.Keys) && h.Keys[i] == k})
		}
		v.Columns = append(v.Columns, c)
	}
	v.Source = web.Field{Name: "source", Label: say.T("collect.list.source"), Hint: say.T("collect.list.source_hint"), Value: h.Source, MaxLength: 40, Required: true, Error: v.Errors["source"]}
	v.Licence = web.Field{Name: "licence", Label: say.T("collect.list.licence"), Value: h.Licence, MaxLength: 120}
	v.Observed = web.Field{Name: "observed", Type: "datetime-local", Label: say.T("collect.list.observed"), Hint: say.T("collect.list.observed_hint"), Value: h.Observed.In(p.c.zone()).Format("2006-01-02T15:04"), Error: v.Errors["observed"]}
	v.TimeForm = web.Field{Name: "timeform", Label: say.T("collect.list.timeform"), Hint: say.T("collect.list.timeform_hint"), Value: h.TimeForm, MaxLength: 60}
	v.Type = web.Field{Name: "type", Label: say.T("collect.list.type"), Hint: say.T("collect.list.type_hint"), Value: h.Type, MaxLength: 64}
	for _, t := range feeds.Types() {
		v.Types = append(v.Types, listOption{Value: t.Name, Text: adviceTitle(t.Name, t.Class, say.Lang())})
	}
	v.Classes = listOptions(h.Class, say.T("collect.list.class_by_type"), feeds.Classes()...)
	for _, s := range []string{"", "critical", "high", "medium", "low", "info"} {
		text := say.T("collect.list.severity_line")
		if s != "" {
			text = say.T("web.severity." + s)
		}
		v.Severities = append(v.Severities, listOption{s, text, s == h.Severity})
	}
	for _, t := range []string{"clear", "green", "amber", "amber+strict", "red"} {
		v.TLPs = append(v.TLPs, listOption{t, "TLP:" + strings.ToUpper(t), t == h.TLP})
	}
	v.Zones = listOptions(h.Zone, "", "Europe/Amsterdam", "UTC", "Europe/London", "America/New_York")
	v.Encodings = listOptions(h.Encoding, "", feeds.EncodingUTF8, feeds.EncodingWindows, feeds.EncodingUTF16)
	for _, d := range []string{",", ";", "tab", "|"} {
		v.Delimiters = append(v.Delimiters, listOption{d, say.T("collect.list.delimiter." + map[string]string{",": "comma", ";": "semicolon", "tab": "tab", "|": "pipe"}[d]), d == h.Delimiter})
	}
	if err := p.preview(r, l, v); err != nil {
		return err
	}
	return p.render(w, r, "list", web.Page{Title: say.T("collect.list.heading", "Name", l.Name), Errors: wrong, Data: v})
}

func adviceTitle(kind, class, lang string) string {
	a := advice.For(kind, class)
	if t, ok := a.Text[lang]; ok {
		return t.Title
	}
	return a.Text["en"].Title
}

func (p *listPages) preview(r *http.Request, l *List, v *listPage) error {
	say := web.Printer(r)
	read, err := p.c.PreviewList(r.Context(), l)
	if err != nil {
		if wrong := listWrong(r, err, ""); wrong != nil {
			v.PreviewWrong = wrong[0].Text
			return nil
		}
		return err
	}
	if read.Wrong != nil {
		v.PreviewWrong = web.Say(say, read.Wrong)
	}
	for i := range read.Findings {
		v.Preview = append(v.Preview, previewOf(say, &read.Findings[i]))
	}
	for _, x := range read.Rejects {
		v.Preview = append(v.Preview, previewLine{Line: x.Line, Reason: x.Reason, Raw: x.Raw})
	}
	v.Rejected = len(read.Rejects)
	slices.SortStableFunc(v.Preview, func(a, b previewLine) int { return int(a.Line - b.Line) })
	return nil
}

// previewOf says what a line was read as.
func previewOf(say *i18n.Printer, f *feeds.Finding) previewLine {
	x := previewLine{Line: f.Line, Type: adviceTitle(f.Type, f.Class, say.Lang()), Severity: f.Severity.String(), Seen: f.Observed}
	var what []string
	if f.Addr.IsValid() {
		s := f.Addr.String()
		if f.Port != 0 {
			s = netip.AddrPortFrom(f.Addr, f.Port).String()
		}
		what = append(what, s)
	}
	for _, n := range f.Names {
		if !slices.Contains(what, n.Value) {
			what = append(what, n.Value)
		}
	}
	if f.Account != "" {
		what = append(what, f.Account)
	}
	x.What = strings.Join(what, ", ")
	x.Details = strings.Join(append(slices.Clone(f.Vulnerabilities), nonEmpty(f.Product, f.Version, f.Malware, f.Description)...), ", ")
	return x
}

func nonEmpty(values ...string) (list []string) {
	for _, v := range values {
		if v != "" {
			list = append(list, v)
		}
	}
	return list
}

type mailRow struct {
	notify.RehearsedMail
	URL, When string
}

type silentRow struct{ Name, Why string }

type rehearsalPage struct {
	*List
	Path, Changed, Next, First string
	KnownURL                   string
	Headline                   string
	Mails                      []mailRow
	Silent                     []silentRow
	MoreSilent, Problem        string
	CanSend                    bool
	Cut, Second, KeptBack      string
	Note                       string
}

func (p *listPages) rehearsal(w http.ResponseWriter, r *http.Request) error {
	id, err := listID(r)
	if err != nil {
		return err
	}
	return p.showRehearsal(w, r, id, nil)
}

func (p *listPages) showRehearsal(w http.ResponseWriter, r *http.Request, id db.ID, wrong []web.FieldError) error {
	l, err := p.c.List(r.Context(), id)
	if err != nil {
		return err
	}
	path := listsPath + "/" + id.String()
	if l.Summary == nil || l.State == "sending" || l.State == "sent" {
		if len(wrong) > 0 {
			return p.show(w, r, &l, "", wrong)
		}
		http.Redirect(w, r, path, http.StatusSeeOther)
		return nil
	}
	after, err := mailNumber(r.URL.Query().Get("after"), r.URL.Query().Has("after"))
	if err != nil {
		return err
	}
	mails, err := p.c.ListMails(r.Context(), id, after, mailsPerPage)
	if err != nil {
		return err
	}
	say, s := web.Printer(r), l.Summary
	v := &rehearsalPage{List: &l, Path: path, Headline: say.T("collect.list.headline.none")}
	if s.MailCount > 0 {
		v.Headline = say.N("collect.list.headline.mails", s.MailCount, "Organisations", say.N("collect.list.headline.organisations", s.Organisations))
	}
	if !s.Known.IsZero() {
		v.KnownURL, v.Headline = "/desk/reports/"+s.Known.String(), say.T("collect.list.known")
	}
	if r.URL.Query().Get("changed") == "1" && l.Difference.Any() {
		v.Changed = say.T("collect.list.changed")
	}
	if s.Cut {
		v.Cut = say.T("collect.list.cut", "Lines", say.Number(s.Lines), "Concerned", say.Number(int64(s.Concerned)))
	}
	if s.Second {
		v.Second = say.T("collect.list.second")
	}
	if s.KeptBack > 0 {
		v.KeptBack = say.N("collect.list.kept_back", int(min(s.KeptBack, 1<<30)))
	}
	v.Problem, v.CanSend = s.Problem, s.Known.IsZero() && s.Rows > s.Rejected
	for i, m := range mails {
		n := after + int64(i) + 1
		row := mailRow{RehearsedMail: m, URL: path + "/rehearsal/" + strconv.FormatInt(n, 10), When: say.T("collect.list.when.soon")}
		if !m.AtOnce {
			row.When = say.DateTime(m.At)
		}
		if m.Held {
			row.When = say.T("collect.list.when.held")
		}
		v.Mails = append(v.Mails, row)
	}
	if after > 0 {
		v.First = path + "/rehearsal"
	}
	if last := after + int64(len(mails)); len(mails) == mailsPerPage && last < int64(min(s.MailCount, mostMails)) {
		v.Next = path + "/rehearsal?after=" + strconv.FormatInt(last, 10)
	}
	for i, x := range s.Silent {
		if i == 100 {
			v.MoreSilent = say.N("collect.list.silent_more", len(s.Silent)-100)
			break
		}
		v.Silent = append(v.Silent, silentRow{x.Name, say.T("collect.list.why." + x.Why)})
	}
	return p.render(w, r, "list-rehearsal", web.Page{Title: say.T("collect.list.rehearsal", "Name", l.Name), Under: listsPath, Errors: wrong, Data: v})
}

func mailNumber(s string, asked bool) (int64, error) {
	if !asked {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != s {
		return 0, fault.Hidden()
	}
	return n, nil
}

type listMailPage struct {
	mailRow
	Back string
}

// mail shows one mail as it would go out.
func (p *listPages) mail(w http.ResponseWriter, r *http.Request) error {
	id, err := listID(r)
	if err != nil {
		return err
	}
	n, err := mailNumber(r.PathValue("mail"), true)
	if err != nil {
		return err
	}
	mails, err := p.c.ListMails(r.Context(), id, n-1, 1)
	if err != nil {
		return err
	}
	if len(mails) == 0 {
		return fault.Hidden()
	}
	say := web.Printer(r)
	v := &listMailPage{mailRow: mailRow{RehearsedMail: mails[0], When: say.T("collect.list.when.soon")}, Back: listsPath + "/" + id.String() + "/rehearsal"}
	if !v.AtOnce {
		v.When = say.DateTime(v.At)
	}
	if v.Held {
		v.When = say.T("collect.list.when.held")
	}
	return p.render(w, r, "list-mail", web.Page{Title: v.Subject, Under: listsPath, Data: v})
}

// linesOf counts the lines of a list that say something: not its heading.
func linesOf(l *List) int64 {
	if l.Choices.Header && l.Guess.Lines > 0 {
		return l.Guess.Lines - 1
	}
	return l.Guess.Lines
}
