package collect

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/mail"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/notify/feeds"
)

// Kind is the way in which a source is asked.
type Kind string

// The kinds of sources.
const (
	HTTPS        Kind = "https"        // one file at an address
	Shadowserver Kind = "shadowserver" // the reports API of the Shadowserver Foundation
	IMAP         Kind = "imap"         // a folder on a mail server
	Maildir      Kind = "maildir"      // a folder with mail on this machine
)

// Kinds lists them, in the order in which people are asked to choose.
var Kinds = []Kind{Shadowserver, HTTPS, IMAP, Maildir}

// mailed tells whether reports come as attachments.
func (k Kind) mailed() bool { return k == IMAP || k == Maildir }

// Source is whom we ask on a schedule.
type Source struct {
	ID      db.ID
	Key     string // of the source as notify knows it
	Kind    Kind
	Address string
	Every   time.Duration // zero: daily at Hour
	Hour    int           // in the centre's time zone
	Type    string        // of its reports, where their names do not tell
	Mapping string        // YAML
	TLP     string        // "" for what notify knows of the source
	Licence string
	Ways    Ways

	Sealed    []byte // Secret, for this row alone
	Memory    Memory
	Failures  int       // one after the other
	NextAt    time.Time // zero: it is off
	CreatedAt time.Time
	ChangedAt time.Time
}

// Ways is what a kind needs to know besides; nothing of it is secret.
type Ways struct {
	Auth    string   `json:"auth,omitempty"`    // https: "", "bearer", "basic" or "header"
	Header  string   `json:"header,omitempty"`  // https: name of the header for "header"
	User    string   `json:"user,omitempty"`    // https with "basic", imap
	Folder  string   `json:"folder,omitempty"`  // imap: INBOX when ""
	Senders []string `json:"senders,omitempty"` // mail: addresses, or @domain for all of a domain
	Lists   []string `json:"lists,omitempty"`   // shadowserver: names of lists of reports; all when empty
	Files   string   `json:"files,omitempty"`   // shadowserver: where reports are downloaded; its own when ""
}

// Secret is what is sealed.
type Secret struct {
	Key    string `json:"key,omitempty"`    // shadowserver: the API key
	Secret string `json:"secret,omitempty"` // password, token, or the secret that Shadowserver's requests are signed with
}

// Memory is what was had last.
type Memory struct {
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
	Good         time.Time `json:"good,omitzero"` // when a run last came to its end without a failure
}

// On tells whether the source is asked on its schedule.
func (s Source) On() bool { return !s.NextAt.IsZero() }

// next is when it is asked again after a run that went well.
func (s Source) next(now time.Time, zone *time.Location) time.Time {
	if s.Every > 0 {
		return now.Add(s.Every)
	}
	local := now.In(zone)
	at := time.Date(local.Year(), local.Month(), local.Day(), s.Hour, 0, 0, 0, zone)
	if !at.After(now) {
		at = time.Date(local.Year(), local.Month(), local.Day()+1, s.Hour, 0, 0, 0, zone)
	}
	return at.UTC()
}

// later is when it is asked again after a run that failed: 5, 10, 20 minutes and so on to six hours.
func (s Source) later(now time.Time) time.Time {
	return now.Add(min(5*time.Minute<<min(max(s.Failures-1, 0), 8), 6*time.Hour))
}

// Mistake is what is wrong with one field of a source.
type Mistake struct{ Field, Message string }

// Mistakes is the error of a source that cannot be kept as it is.
type Mistakes []Mistake

func (m Mistakes) Error() string {
	var list []string
	for _, x := range m {
		list = append(list, x.Field+": "+x.Message)
	}
	return "the source cannot be kept: " + strings.Join(list, ", ")
}

var (
	keyForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)
	typeForm   = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)
	headerForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,60}$`)
	domainForm = regexp.MustCompile(`^@[a-z0-9.-]{1,250}$`)
)

// TLPs are the labels that a source may have, by TLP 2.0.
var TLPs = []string{"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"}

// settable are headers that a source may want a secret in; others steer the conversation itself.
func settable(name string) bool {
	return headerForm.MatchString(name) && !slices.Contains([]string{"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "cookie", "te", "trailer", "upgrade", "range"}, strings.ToLower(name))
}

// check finds what is wrong with a source as somebody wants it.
func (c *Collect) check(s *Source, secret Secret) (wrong Mistakes) {
	bad := func(field, message string) { wrong = append(wrong, Mistake{field, "collect.wrong." + message}) }
	if !keyForm.MatchString(s.Key) || s.Key == "new" {
		bad("key", "key")
	}
	if !slices.Contains(Kinds, s.Kind) {
		bad("kind", "kind")
	}
	if s.Every != 0 && (s.Every < 5*time.Minute || s.Every > 7*24*time.Hour) || s.Hour < 0 || s.Hour > 23 {
		bad("every", "every")
	}
	if s.Type != "" && !typeForm.MatchString(s.Type) {
		bad("type", "type")
	}
	if s.TLP != "" && !slices.Contains(TLPs, s.TLP) {
		bad("tlp", "tlp")
	}
	if utf8.RuneCountInString(s.Licence) > 200 || !oneLine(s.Licence) {
		bad("licence", "line")
	}
	if len(s.Mapping) > 16<<10 {
		bad("mapping", "mapping_long")
	} else if s.Mapping != "" {
		if _, err := feeds.ParseMapping(strings.NewReader(s.Mapping)); err != nil {
			bad("mapping", "mapping")
		}
	}
	for field, v := range map[string]string{"user": s.Ways.User, "folder": s.Ways.Folder, "secret": secret.Secret, "apikey": secret.Key} {
		if len(v) > 1000 || !oneLine(v) {
			bad(field, "line")
		}
	}
	c.checkAddress(s, bad)
	c.checkWays(s, secret, bad)
	return wrong
}

func (c *Collect) checkAddress(s *Source, bad func(field, message string)) {
	if len(s.Address) > 2000 {
		bad("address", "address")
		return
	}
	switch s.Kind {
	case HTTPS, Shadowserver:
		if c.client.Check(s.Address) != nil {
			bad("address", "address")
		}
		if s.Ways.Files != "" && c.client.Check(s.Ways.Files) != nil {
			bad("address", "address")
		}
	case IMAP:
		host, port, err := hostPort(s.Address)
		if err != nil || c.client.CheckHost(host, port) != nil {
			bad("address", "address_imap")
		}
	case Maildir:
		if !c.allowedFolder(s.Address) {
			bad("address", "address_maildir")
		}
	}
}

func (c *Collect) checkWays(s *Source, secret Secret, bad func(field, message string)) {
	has := len(s.Sealed) > 0 || secret.Secret != ""
	switch s.Kind {
	case HTTPS:
		if !slices.Contains([]string{"", "bearer", "basic", "header"}, s.Ways.Auth) {
			bad("auth", "auth")
		}
		if s.Ways.Auth == "header" && !settable(s.Ways.Header) {
			bad("header", "header")
		}
		if s.Ways.Auth == "basic" && (s.Ways.User == "" || strings.Contains(s.Ways.User, ":")) {
			bad("user", "user")
		}
		if s.Ways.Auth != "" && !has {
			bad("secret", "secret")
		}
	case Shadowserver:
		if !has {
			bad("secret", "secret")
		}
		if len(s.Sealed) == 0 && secret.Key == "" {
			bad("apikey", "apikey")
		}
		if len(s.Ways.Lists) > 50 || slices.ContainsFunc(s.Ways.Lists, func(l string) bool { return !typeForm.MatchString(strings.ToLower(l)) }) {
			bad("lists", "lists")
		}
	case IMAP:
		if s.Ways.User == "" {
			bad("user", "user")
		}
		if !has {
			bad("secret", "secret")
		}
	}
	if s.Kind.mailed() {
		if len(s.Ways.Senders) == 0 || len(s.Ways.Senders) > 50 || slices.ContainsFunc(s.Ways.Senders, func(a string) bool { return !isSender(a) }) {
			bad("senders", "senders")
		}
	}
}

// isSender tells whether this is a mail address, or @ and a domain.
func isSender(s string) bool {
	if domainForm.MatchString(s) {
		return true
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 250
}

// sends tells whether the address is one of the senders.
func (w Ways) sends(address string) bool {
	at := strings.LastIndexByte(address, '@')
	return at > 0 && (slices.Contains(w.Senders, address) || slices.Contains(w.Senders, address[at:]))
}

func hostPort(address string) (host, port string, err error) {
	if !strings.Contains(address, ":") {
		return address, "993", nil
	}
	return net.SplitHostPort(address)
}

// allowedFolder tells whether the operator lets us read mail in this folder: it lies in one that
// POLDER_COLLECT_ALLOW names, or in the folder mail of the data folder.
func (c *Collect) allowedFolder(path string) bool {
	if !filepath.IsAbs(path) || filepath.Clean(path) != path {
		return false
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		real = path // it is not there yet
	}
	data, _ := filepath.Abs(c.db.Dir())
	for _, root := range append([]string{filepath.Join(data, "mail")}, c.set.Folders...) {
		if resolved, err := filepath.EvalSymlinks(root); err == nil {
			root = resolved
		}
		if real == root || strings.HasPrefix(real, root+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

func oneLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// allowed tells whether an analyst asks, or the operator at the command line.
func allowed(ctx context.Context) bool {
	a := actor.From(ctx)
	return !a.Account.IsZero() && a.Token.IsZero() && a.Staff.Any(actor.Analyst) ||
		!a.Known() && strings.HasPrefix(audit.ActorOf(ctx), "operator")
}

// Add keeps a new source, which is asked as soon as there is somebody to do so.
func (c *Collect) Add(ctx context.Context, s Source, secret Secret) (db.ID, error) {
	if !allowed(ctx) {
		return db.ID{}, fault.Hidden()
	}
	now := c.now()
	s.ID, s.Sealed, s.Memory, s.Failures = db.NewID(), nil, Memory{}, 0
	s.CreatedAt, s.ChangedAt, s.NextAt = now, now, now
	if wrong := c.check(&s, secret); wrong != nil {
		return db.ID{}, wrong
	}
	if err := c.sealIn(&s, secret); err != nil {
		return db.ID{}, err
	}
	err := c.db.Write(ctx, func(tx *db.Tx) error {
		if n, err := countSources(ctx, tx); err != nil || n >= mostSources {
			return either(err, Mistakes{{"", "collect.wrong.full"}})
		}
		added, err := insertSource(ctx, tx, s)
		if err != nil || !added {
			return either(err, Mistakes{{"key", "collect.wrong.key_taken"}})
		}
		if hours, set, err := expected(ctx, tx, s.Key); err != nil {
			return err
		} else if set && hours == 0 { // as of one that was removed before
			if err := setExpected(ctx, tx, s.Key, -1, now); err != nil {
				return err
			}
		}
		if err := c.record(ctx, tx, s, "added"); err != nil {
			return err
		}
		return c.queue.Insert(ctx, tx, pullArgs{Source: s.ID.String(), Asked: true}, time.Time{})
	})
	return s.ID, err
}

// mostSources is how many there may be, so that a list of them needs no pages.
const mostSources = 500

// Change keeps a source otherwise. Empty secrets leave those that it has; but where they are sent to
// cannot change without them, so that nobody can have them sent to himself.
func (c *Collect) Change(ctx context.Context, id db.ID, want Source, secret Secret) error {
	if !allowed(ctx) {
		return fault.Hidden()
	}
	return c.db.Write(ctx, func(tx *db.Tx) error {
		s, err := lockSource(ctx, tx, id)
		if err != nil {
			return err
		}
		moved := s.Address != want.Address || s.Ways.Files != want.Ways.Files || s.Ways.Auth != want.Ways.Auth || s.Ways.Header != want.Ways.Header || s.Ways.User != want.Ways.User
		if moved && len(s.Sealed) > 0 {
			if secret == (Secret{}) && (s.Kind != HTTPS || want.Ways.Auth != "") {
				return Mistakes{{"secret", "collect.wrong.secret_again"}}
			}
			s.Sealed = nil // what the new address is sent is given with it
		}
		if moved {
			s.Memory.ETag, s.Memory.LastModified = "", ""
		}
		s.Address, s.Every, s.Hour, s.Type, s.Mapping, s.TLP, s.Licence, s.Ways = want.Address, want.Every, want.Hour, want.Type, want.Mapping, want.TLP, want.Licence, want.Ways
		if wrong := c.check(&s, secret); wrong != nil {
			return wrong
		}
		if err := c.sealIn(&s, secret); err != nil {
			return err
		}
		now := c.now()
		s.ChangedAt = now
		if s.On() {
			s.NextAt = s.next(now, c.set.Location)
		}
		if err := updateSource(ctx, tx, s); err != nil {
			return err
		}
		return c.record(ctx, tx, s, "changed")
	})
}

// Switch lets a source be asked on its schedule, from now on, or not any more.
func (c *Collect) Switch(ctx context.Context, id db.ID, on bool) error {
	if !allowed(ctx) {
		return fault.Hidden()
	}
	return c.db.Write(ctx, func(tx *db.Tx) error {
		s, err := lockSource(ctx, tx, id)
		if err != nil || s.On() == on {
			return err
		}
		s.NextAt, s.Failures, s.ChangedAt = time.Time{}, 0, c.now()
		what := "switched off"
		if on {
			s.NextAt, what = c.now(), "switched on"
		}
		if err := updateSource(ctx, tx, s); err != nil {
			return err
		}
		return c.record(ctx, tx, s, what)
	})
}

// Try has a source asked now, also one that is off.
func (c *Collect) Try(ctx context.Context, id db.ID) error {
	if !allowed(ctx) {
		return fault.Hidden()
	}
	return c.db.Write(ctx, func(tx *db.Tx) error {
		s, err := lockSource(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := c.record(ctx, tx, s, "tried"); err != nil {
			return err
		}
		return c.queue.Insert(ctx, tx, pullArgs{Source: id.String(), Asked: true}, time.Time{})
	})
}

// Find returns the source with the key.
func (c *Collect) Find(ctx context.Context, key string) (s Source, err error) {
	if !allowed(ctx) {
		return s, fault.Hidden()
	}
	err = c.db.Read(ctx, func(tx *db.Tx) error {
		s, err = sourceByKey(ctx, tx, key)
		return err
	})
	return s, err
}

// sealIn seals the secrets that are given; without any, what is sealed already stays, unless nothing
// is secret any more.
func (c *Collect) sealIn(s *Source, secret Secret) error {
	switch {
	case s.Kind == Maildir || s.Kind == HTTPS && s.Ways.Auth == "":
		s.Sealed = nil
		return nil
	case secret == (Secret{}):
		return nil
	case len(s.Sealed) > 0: // one of the two may be left as it is
		old, err := c.secretOf(*s)
		if err != nil {
			break
		}
		if secret.Key == "" {
			secret.Key = old.Key
		}
		if secret.Secret == "" {
			secret.Secret = old.Secret
		}
	}
	b, err := json.Marshal(secret)
	if err != nil {
		return fmt.Errorf("seal the secret of %s: %w", s.Key, err)
	}
	s.Sealed = c.box.Seal(b, s.ID[:])
	return nil
}

func (c *Collect) secretOf(s Source) (secret Secret, err error) {
	if len(s.Sealed) == 0 {
		return secret, nil
	}
	b, err := c.box.Open(s.Sealed, s.ID[:])
	if err != nil {
		return secret, err
	}
	return secret, json.Unmarshal(b, &secret)
}

// record says in the record that something was done with a source: never its address, which may hold
// what somebody took for a secret.
func (c *Collect) record(ctx context.Context, tx *db.Tx, s Source, what string) error {
	return audit.Append(ctx, tx, audit.Event{At: c.now(), Action: audit.Change, Object: "source " + s.ID.String(), Detail: s.Key + ": " + what})
}

func either(err error, other error) error {
	if err != nil {
		return err
	}
	return other
}
