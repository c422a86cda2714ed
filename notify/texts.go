package notify

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"polder/directory"
	"polder/footprint"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/mail"
	"polder/notify/advice"
	"polder/notify/feeds"
)

// Texts are one advice in every language.
type Texts map[string]advice.Text

// TextVersion is one version of the centre's own text for a type of finding.
type TextVersion struct {
	Type        string
	Version     int
	Texts       Texts
	WrittenBy   string
	WrittenAt   time.Time
	PublishedBy string
	PublishedAt time.Time
}

// TextState says which text a type of finding has.
type TextState struct {
	Type    string
	Uses    string // the type whose text it is: its own, or that of the fall-back
	Version int    // of the centre's own; 0 for the one that is part of the program
	Waiting int    // the version that waits to be published; 0: none
	Title   map[string]string
}

// textCache remembers which change of the texts this process knows.
type textCache struct {
	mu     sync.Mutex
	known  bool
	serial int64
}

// LoadTexts makes the centre's own texts those that are used, when they changed since the last time. It
// asks for one number when they did not.
func (n *Notify) LoadTexts(ctx context.Context) error {
	n.texts.mu.Lock()
	defer n.texts.mu.Unlock()
	var serial int64
	var own map[string]advice.Advice
	err := n.db.Read(ctx, func(tx *db.Tx) (err error) {
		if serial, err = textSerial(ctx, tx); err != nil || n.texts.known && serial == n.texts.serial {
			return err
		}
		own, err = usedTexts(ctx, tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the centre's own texts: %w", err)
	}
	if own != nil {
		advice.Publish(own)
		n.texts.known, n.texts.serial = true, serial
	}
	return nil
}

// FollowTexts keeps the texts of this process those that were published in any, until ctx ends.
func (n *Notify) FollowTexts(ctx context.Context) {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := n.LoadTexts(ctx); err != nil && ctx.Err() == nil {
				n.log.Error("the texts could not be read; those that are known stay in use", "error", err)
			}
		}
	}
}

// textReader lets those pass who may read the texts.
func textReader(ctx context.Context) (actor.Actor, error) {
	a := actor.From(ctx)
	if a.Account.IsZero() || !a.Staff.Any(actor.Analyst|actor.Editor) {
		return a, hidden()
	}
	return a, nil
}

// TextStates lists every type of finding that there is a text or a report of, with the text that it has.
func (n *Notify) TextStates(ctx context.Context) (list []TextState, err error) {
	if _, err := textReader(ctx); err != nil {
		return nil, err
	}
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		list, err = n.textStates(ctx, tx)
		return err
	})
	return list, err
}

func (n *Notify) textStates(ctx context.Context, tx *db.Tx) (list []TextState, err error) {
	_, names, err := topics(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, a := range advice.All() {
		names = append(append(names, a.Type), a.Applies...)
	}
	used, waiting, err := textVersions(ctx, tx)
	if err != nil {
		return nil, err
	}
	for t := range waiting {
		names = append(names, t)
	}
	for t := range used {
		names = append(names, t)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		a := advice.For(name, "")
		s := TextState{Type: name, Uses: a.Type, Version: used[a.Type], Waiting: waiting[name], Title: map[string]string{}}
		for lang, t := range a.Text {
			s.Title[lang] = t.Title
		}
		list = append(list, s)
	}
	return list, nil
}

// TextFile is all that is known of the text of one type.
type TextFile struct {
	TextState
	Now      Texts
	BuiltIn  bool // the type has a text that is part of the program
	Versions []TextVersion
	Names    map[string]string // of who wrote and published, by how the record names them
}

// before is what a version is held against: of one that waits the text in use, so that whoever publishes it
// sees all that changes, whatever versions nobody published lie between; of another the one published before.
func (f *TextFile) before(i int) Texts {
	if i == 0 && f.Versions[0].PublishedAt.IsZero() {
		return f.Now
	}
	for _, v := range f.Versions[i+1:] {
		if !v.PublishedAt.IsZero() {
			return v.Texts
		}
	}
	return Texts(advice.BuiltIn(f.Type, "").Text)
}

// TextFile returns the text of a type with its versions, the latest first.
func (n *Notify) TextFile(ctx context.Context, kind string) (f TextFile, err error) {
	if _, err := textReader(ctx); err != nil {
		return f, err
	}
	return f, n.db.Read(ctx, func(tx *db.Tx) error {
		f, err = n.textFile(ctx, tx, kind)
		return err
	})
}

func (n *Notify) textFile(ctx context.Context, tx *db.Tx, kind string) (f TextFile, err error) {
	list, err := n.textStates(ctx, tx)
	if err != nil {
		return f, err
	}
	i := slices.IndexFunc(list, func(s TextState) bool { return s.Type == kind })
	if i < 0 {
		return f, hidden()
	}
	f = TextFile{TextState: list[i], Now: advice.For(kind, "").Text, BuiltIn: advice.BuiltIn(kind, "").Type == kind, Names: map[string]string{}}
	if f.Versions, err = versionsOf(ctx, tx, kind, 100); err != nil {
		return f, err
	}
	var ids []db.ID
	for _, v := range f.Versions {
		for _, who := range []string{v.WrittenBy, v.PublishedBy} {
			if id, ok := accountOf(who); ok {
				ids = append(ids, id)
			}
		}
	}
	if n.colleagues == nil || len(ids) == 0 {
		return f, nil
	}
	people, err := n.colleagues(ctx, tx, ids)
	for id, c := range people {
		f.Names["account:"+id.String()] = c.Name
	}
	return f, err
}

// TextWrong is one thing that keeps a text from being written down.
type TextWrong struct{ Lang, Part, Rule string }

// mostPart is how many characters one part of a text may have.
const mostPart = 800

// wrongWith tells what keeps texts from being sent: something is missing, too long, a web address or HTML.
func wrongWith(t Texts) (list []TextWrong) {
	for _, lang := range advice.Languages {
		x := t[lang]
		parts := map[string]string{"title": x.Title, "what": x.What, "why": x.Why, "supplier": x.Supplier, "effort": x.Effort, "steps": strings.Join(x.Steps, " ")}
		for _, part := range []string{"title", "what", "why", "steps", "supplier", "effort"} {
			switch text := parts[part]; {
			case text == "":
				list = append(list, TextWrong{lang, part, "missing"})
			case utf8.RuneCountInString(text) > mostPart && part != "steps", utf8.RuneCountInString(text) > advice.MaxSteps*mostPart, part == "title" && utf8.RuneCountInString(text) > 120:
				list = append(list, TextWrong{lang, part, "long"})
			}
		}
		if len(x.Steps) > advice.MaxSteps {
			list = append(list, TextWrong{lang, "steps", "too_many"})
		}
		for _, r := range advice.Lint(lang, x) {
			if r.Unfit() {
				part, _, _ := strings.Cut(r.Part, " ")
				if part == "step" {
					part = "steps"
				}
				list = append(list, TextWrong{lang, part, r.Rule})
			}
		}
	}
	return list
}

// tidy makes each part one line.
func tidy(t Texts) Texts {
	one := func(s string) string {
		return strings.Join(strings.Fields(strings.ReplaceAll(cleanAdvice(s), "\u00a0", " ")), " ")
	}
	out := Texts{}
	for _, lang := range advice.Languages {
		x := t[lang]
		y := advice.Text{Title: one(x.Title), What: one(x.What), Why: one(x.Why), Supplier: one(x.Supplier), Effort: one(x.Effort)}
		for _, s := range x.Steps {
			if s = one(s); s != "" {
				y.Steps = append(y.Steps, s)
			}
		}
		out[lang] = y
	}
	return out
}

// cleanAdvice is cleanNote for a text whose length is judged later.
func cleanAdvice(s string) string {
	var b strings.Builder
	for s != "" {
		r := []rune(s)
		most := min(len(r), mostNote)
		b.WriteString(cleanNote(string(r[:most])) + " ")
		s = string(r[most:])
		if b.Len() > 20*mostNote {
			break
		}
	}
	return b.String()
}

// WriteText writes a new version of the text of a type; it waits for somebody else to publish it. wrong is
// what has to be mended first, and then nothing was written.
func (n *Notify) WriteText(ctx context.Context, kind string, t Texts) (version int, wrong []TextWrong, err error) {
	a, err := textReader(ctx)
	if err != nil || !a.Staff.Any(actor.Editor) {
		return 0, nil, hidden()
	}
	t = tidy(t)
	if wrong = wrongWith(t); len(wrong) > 0 {
		return 0, wrong, nil
	}
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := n.textFile(ctx, tx, kind); err != nil {
			return err
		}
		if version, err = insertText(ctx, tx, TextVersion{Type: kind, Texts: t, WrittenBy: a.String(), WrittenAt: n.now()}); err != nil {
			return err
		}
		return n.recordText(ctx, tx, kind, "version "+strconv.Itoa(version)+" written")
	})
	return version, nil, err
}

func (n *Notify) recordText(ctx context.Context, tx *db.Tx, kind, what string) error {
	return audit.Append(ctx, tx, audit.Event{At: n.now(), Action: audit.Change, Object: "advice " + kind, Detail: what})
}

// PublishText makes the latest version of a text the one that is used, at once and everywhere: an
// editor or analyst other than who wrote it does so.
func (n *Notify) PublishText(ctx context.Context, kind string, version int) error {
	a, err := textReader(ctx)
	if err != nil {
		return err
	}
	if !a.Recent(n.now()) {
		return fault.New(fault.Denied, "notify.hold.step_up")
	}
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		list, err := versionsOf(ctx, tx, kind, 1)
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return hidden()
		case list[0].Version != version, !list[0].PublishedAt.IsZero():
			return fault.New(fault.Conflict, "notify.texts.not_latest")
		case list[0].WrittenBy == a.String():
			return fault.New(fault.Conflict, "notify.texts.own")
		}
		if err := useText(ctx, tx, kind, version, a.String(), n.now()); err != nil {
			return err
		}
		return n.recordText(ctx, tx, kind, "version "+strconv.Itoa(version)+" published")
	})
	if err != nil {
		return err
	}
	return n.LoadTexts(ctx)
}

// RevertText has a type use the text that is part of the program again, or the fall-back when it has none.
func (n *Notify) RevertText(ctx context.Context, kind string) error {
	a, err := textReader(ctx)
	if err != nil || !a.Staff.Any(actor.Editor) {
		return hidden()
	}
	if !a.Recent(n.now()) {
		return fault.New(fault.Denied, "notify.hold.step_up")
	}
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		there, err := dropText(ctx, tx, kind)
		if err != nil {
			return err
		}
		if !there {
			return hidden()
		}
		return n.recordText(ctx, tx, kind, "the text of the program is used again")
	})
	if err != nil {
		return err
	}
	return n.LoadTexts(ctx)
}

// PreviewText writes the mail that a text would give, about an invented finding.
func (n *Notify) PreviewText(kind, lang string, t Texts) (subject, text string) {
	now := n.now()
	class := kind
	if strings.ContainsAny(kind, "_0123456789") {
		class = "vulnerable-system"
	}
	w := &writer{n: n, p: n.catalog.For(lang).In(n.set.Location), to: directory.Organisation{Name: "Voorbeeld BV", Language: lang}, draft: t,
		reports: map[int64]reportName{0: {source: "voorbeeld", sourceName: "Voorbeeld", name: now.Format(time.DateOnly) + "-" + kind + ".csv", format: "mapped", kind: kind}}}
	var g gathering
	g.add(Exposure{Type: kind, Class: class, Severity: feeds.High, Address: "192.0.2.10", Port: 443, Name: "www.voorbeeld.example", Role: footprint.Owner,
		State: StateNew, FirstSeen: now, LastSeen: now, Count: 1, Reasons: []Reason{{Kind: "prefix", Value: "192.0.2.0/24", On: "192.0.2.10", Since: now}}})
	l := w.warning(&g, false, "PLD-VOORB-EELD0")
	return l.Subject, mail.Fill(l.Plain(), n.set.BaseURL+"/f/…")
}
