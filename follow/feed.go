package follow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/xml"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
	"polder/notify"
)

// Feed is a secret address at which what changed last can be read.
type Feed struct {
	ID, Organisation db.ID
	Name             string
	MadeBy           db.ID
	MadeAt           time.Time
	RevokedAt        time.Time
	ReadAt           time.Time // zero: never

	minute int64 // in which reads were counted last
	reads  int
}

const (
	mostFeeds   = 5
	mostEntries = 50
	mostReads   = 10 // of one feed in a minute
	mostName    = 60
)

// AddFeed makes a feed and returns its address, which is shown this once.
func (f *Follow) AddFeed(ctx context.Context, organisation db.ID, name string) (x Feed, address string, err error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" || utf8.RuneCountInString(name) > mostName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return x, "", fault.New(fault.Invalid, "follow.wrong.name_of_feed", "Most", mostName)
	}
	token := seal.Token()
	x = Feed{ID: db.NewID(), Organisation: organisation, Name: name, MadeAt: f.now()}
	err = f.as(ctx, organisation, true, "feed "+x.ID.String()+" made", func(tx *db.Tx, me db.ID) error {
		have, err := feedsOf(ctx, tx, organisation)
		if err != nil {
			return err
		}
		if len(have) >= mostFeeds {
			return fault.New(fault.Invalid, "follow.wrong.many_feeds", "Most", mostFeeds)
		}
		x.MadeBy = me
		return insertFeed(ctx, tx, x, seal.Hash(token))
	})
	return x, f.house.BaseURL + "/feeds/" + token + ".atom", err
}

// RevokeFeed ends a feed at once.
func (f *Follow) RevokeFeed(ctx context.Context, organisation, id db.ID) error {
	return f.as(ctx, organisation, false, "feed "+id.String()+" revoked", func(tx *db.Tx, _ db.ID) error {
		n, err := revokeFeed(ctx, tx, organisation, id, f.now())
		if err == nil && n == 0 {
			return fault.Hidden()
		}
		return err
	})
}

// ReadFeed returns the feed behind a secret, in the language given; what is not there, was revoked, or
// whose maker may no longer answer for it does not exist. Only a read that is answered is written down, so
// that guessing at secrets keeps nobody from writing.
func (f *Follow) ReadFeed(ctx context.Context, token, lang string) (doc []byte, err error) {
	if len(token) != 43 {
		return nil, fault.Hidden()
	}
	err = f.db.Read(ctx, func(tx *db.Tx) error { _, err := f.toRead(ctx, tx, token); return err })
	if err != nil {
		return nil, err
	}
	if err := f.house.Footprint.Load(ctx); err != nil {
		return nil, err
	}
	err = f.db.Write(ctx, func(tx *db.Tx) error {
		x, err := f.toRead(ctx, tx, token)
		if err != nil {
			return err
		}
		if err := noteRead(ctx, tx, x.ID, f.now(), x.minute, x.reads+1); err != nil {
			return err
		}
		doc, err = f.atom(ctx, tx, x.Organisation, lang, f.house.BaseURL+"/feeds/"+token+".atom", "feed "+x.ID.String(), x.MadeAt)
		return err
	})
	return doc, err
}

// toRead is the feed of a secret, if it may be read now, with how often it was in this minute.
func (f *Follow) toRead(ctx context.Context, tx *db.Tx, token string) (x Feed, err error) {
	found, err := feedByHash(ctx, tx, seal.Hash(token))
	if err != nil {
		return x, err
	}
	if len(found) == 0 {
		return x, fault.Hidden()
	}
	x = found[0]
	if may, err := f.answers(ctx, tx, x.Organisation, x.MadeBy); err != nil {
		return x, err
	} else if !may {
		return x, fault.Hidden()
	}
	if minute := f.now().Unix() / 60; x.minute != minute {
		x.minute, x.reads = minute, 0
	}
	if x.reads >= mostReads {
		return x, fault.New(fault.TooMany, "web.api.too_many")
	}
	return x, nil
}

// ProgramFeed is the same feed for a program with a token of its organisation.
func (f *Follow) ProgramFeed(ctx context.Context, lang, self string) (doc []byte, err error) {
	if err := f.house.Footprint.Load(ctx); err != nil {
		return nil, err
	}
	organisation := actor.From(ctx).Bound
	err = f.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := directory.May(ctx, tx, organisation, actor.Keepers, false, f.now()); err != nil {
			return err
		}
		doc, err = f.atom(ctx, tx, organisation, lang, self, "feed", time.Unix(0, 0))
		return err
	})
	return doc, err
}

// The parts of Atom (RFC 4287) that we write.
type (
	atomFeed struct {
		XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang     string      `xml:"xml:lang,attr"`
		ID       string      `xml:"id"`
		Title    string      `xml:"title"`
		Subtitle string      `xml:"subtitle"`
		Updated  string      `xml:"updated"`
		Author   atomAuthor  `xml:"author"`
		Links    []atomLink  `xml:"link"`
		Entries  []atomEntry `xml:"entry"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID      string     `xml:"id"`
		Title   string     `xml:"title"`
		Updated string     `xml:"updated"`
		Links   []atomLink `xml:"link"`
		Summary string     `xml:"summary"`
	}
)

// atom writes the feed of an organisation, in its own language when lang is "", and records that it was read.
// A feed reader may be a program in the cloud of somebody else: so there are no addresses, names of systems or
// of the organisation in it, and an entry's id is keyed, since an exposure's own could be made from its
// address by trying all.
func (f *Follow) atom(ctx context.Context, tx *db.Tx, organisation db.ID, lang, self, object string, made time.Time) ([]byte, error) {
	list, err := f.house.Notify.LatestChanges(ctx, tx, organisation, mostEntries)
	if err != nil {
		return nil, err
	}
	if lang == "" {
		of, err := directory.Get(ctx, tx, []db.ID{organisation})
		if err != nil {
			return nil, err
		}
		lang = of[organisation].Language
	}
	say := f.house.Catalog.For(lang)
	portal := f.house.BaseURL + "/o/" + organisation.String() + "/exposures"
	d := atomFeed{Lang: say.Lang(), ID: f.urn(organisation[:], nil), Title: say.T("follow.atom.title", "Centre", f.house.Centre), Subtitle: say.T("follow.atom.subtitle"),
		Author: atomAuthor{f.house.Centre}, Links: []atomLink{{"self", "application/atom+xml", self}, {"alternate", "text/html", portal}}}
	updated := made
	for _, c := range list {
		if c.Exposure == nil {
			continue
		}
		if c.At.After(updated) {
			updated = c.At
		}
		state := say.T("follow.atom.state." + string(c.State))
		q := url.Values{"type": {c.Type}, "severity": {c.Severity.String()}, "state": {"each"}}
		d.Entries = append(d.Entries, atomEntry{ID: f.urn(organisation[:], c.Print[:]),
			Title:   say.T("follow.atom.entry", "Severity", say.T("web.severity."+c.Severity.String()), "Title", notify.Title(c.Type, c.Class, say.Lang())),
			Updated: rfc3339(c.At), Summary: say.T("follow.atom.summary", "State", state), Links: []atomLink{{"alternate", "text/html", portal + "?" + q.Encode()}}})
	}
	d.Updated = rfc3339(updated)
	if err := audit.Append(ctx, tx, audit.Event{At: f.now(), Action: audit.Read, Object: object, Organisation: organisation}); err != nil {
		return nil, err
	}
	out, err := xml.MarshalIndent(d, "", " ")
	return append([]byte(xml.Header), out...), err
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// urn makes an id that stays the same and says nothing of what it is made from.
func (f *Follow) urn(organisation, print []byte) string {
	h := hmac.New(sha256.New, f.ids)
	h.Write(organisation)
	h.Write(print)
	var id db.ID
	copy(id[:], h.Sum(nil))
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8: of our own making
	return "urn:uuid:" + id.String()
}
