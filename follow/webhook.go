package follow

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/fetch"
	"polder/notify"
)

// State is how a webhook stands.
type State string

// The states.
const (
	On      State = "on"
	Failing State = "failing" // switched off: nothing was taken for three days
	Maker   State = "maker"   // switched off: who answers for it may no longer do so
)

// Webhook posts what changes for an organisation to an address of its own.
type Webhook struct {
	ID, Organisation db.ID
	Host             string
	State            State
	MadeBy           db.ID
	MadeAt           time.Time
	FailingSince     time.Time // zero: what was posted last was taken
	NextAt           time.Time
	Posts            []Post // the latest first

	sealed        []byte
	cursor, batch notify.Moment
	batchID       db.ID
	attempts      int
	testedAt      time.Time
}

// Post is one attempt.
type Post struct {
	Message db.ID
	Events  int // 0: a test
	At      time.Time
	Status  int    // of HTTP; 0: no answer
	Problem string // "" when it was taken; else one of the problems
}

const (
	mostWebhooks = 3
	mostPosts    = 20 // kept of each
	mostURL      = 500
)

// secrets are what is sealed of a webhook: its address may hold a key too.
type secrets struct{ URL, Key string }

func (f *Follow) seal(id db.ID, s secrets) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings can always be written
	}
	return f.box.Seal(b, id[:])
}

func (f *Follow) open(w *Webhook) (s secrets, err error) {
	b, err := f.box.Open(w.sealed, w.ID[:])
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(b, &s)
}

// newKey makes the key of the signatures as Standard Webhooks writes it.
func newKey() string {
	b := make([]byte, 32)
	rand.Read(b)
	return "whsec_" + base64.StdEncoding.EncodeToString(b)
}

// checkURL refuses addresses that nothing will ever be posted to. That it leads to the public internet is
// asked again for every connection.
func (f *Follow) checkURL(ctx context.Context, s string) (*url.URL, error) {
	s = strings.TrimSpace(s)
	u, err := url.Parse(s)
	if err != nil || len(s) > mostURL || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Port() != "" && u.Port() != "443" {
		return nil, fault.New(fault.Invalid, "follow.wrong.url")
	}
	if _, err := f.house.Client.Addresses(ctx, u.Hostname()); err != nil {
		if errors.Is(err, fetch.ErrForbidden) {
			return nil, fault.Wrap(fault.Invalid, err, "follow.wrong.inner")
		}
		return nil, fault.Wrap(fault.Invalid, err, "follow.wrong.name")
	}
	return u, nil
}

// AddWebhook adds a webhook and returns the key of its signatures, which is shown this once. It begins
// with what changes from now on.
func (f *Follow) AddWebhook(ctx context.Context, organisation db.ID, address string) (w Webhook, key string, err error) {
	// Who may is asked before a name is looked up for anybody, and again in the transaction that adds it.
	if _, err := f.Settings(ctx, organisation); err != nil {
		return w, "", err
	}
	u, err := f.checkURL(ctx, address)
	if err != nil {
		return w, "", err
	}
	key, now := newKey(), f.now()
	w = Webhook{ID: db.NewID(), Organisation: organisation, Host: u.Hostname(), State: On, MadeAt: now, cursor: notify.At(now), NextAt: now}
	w.sealed = f.seal(w.ID, secrets{u.String(), key})
	err = f.as(ctx, organisation, true, "webhook "+w.ID.String()+" added", func(tx *db.Tx, me db.ID) error {
		have, err := webhooksOf(ctx, tx, organisation)
		if err != nil {
			return err
		}
		if len(have) >= mostWebhooks {
			return fault.New(fault.Invalid, "follow.wrong.too_many", "Most", mostWebhooks)
		}
		w.MadeBy = me
		return insertWebhook(ctx, tx, w)
	})
	return w, key, err
}

// RenewKey makes another key for a webhook; the one before signs nothing more.
func (f *Follow) RenewKey(ctx context.Context, organisation, id db.ID) (w Webhook, key string, err error) {
	key = newKey()
	err = f.as(ctx, organisation, true, "key of webhook "+id.String()+" renewed", func(tx *db.Tx, _ db.ID) error {
		if w, err = f.webhook(ctx, tx, organisation, id); err != nil {
			return err
		}
		s, err := f.open(&w)
		if err != nil {
			return err
		}
		return setSealed(ctx, tx, id, f.seal(id, secrets{s.URL, key}))
	})
	return w, key, err
}

// Resume switches a webhook on again; from then on the actor answers for it. What changed meanwhile
// follows, as nothing was passed over.
func (f *Follow) Resume(ctx context.Context, organisation, id db.ID) error {
	return f.as(ctx, organisation, true, "webhook "+id.String()+" switched on", func(tx *db.Tx, me db.ID) error {
		if _, err := f.webhook(ctx, tx, organisation, id); err != nil {
			return err
		}
		return resumeWebhook(ctx, tx, id, me, f.now())
	})
}

// RemoveWebhook takes a webhook away.
func (f *Follow) RemoveWebhook(ctx context.Context, organisation, id db.ID) error {
	return f.as(ctx, organisation, false, "webhook "+id.String()+" removed", func(tx *db.Tx, _ db.ID) error {
		if _, err := f.webhook(ctx, tx, organisation, id); err != nil {
			return err
		}
		return deleteWebhook(ctx, tx, id)
	})
}

// atLeastBetween is how long a webhook waits between tests.
const atLeastBetween = 10 * time.Second

// Test posts a test to a webhook that is on.
func (f *Follow) Test(ctx context.Context, organisation, id db.ID) error {
	return f.as(ctx, organisation, false, "webhook "+id.String()+" tested", func(tx *db.Tx, _ db.ID) error {
		w, err := f.webhook(ctx, tx, organisation, id)
		if err != nil {
			return err
		}
		if f.now().Sub(w.testedAt) < atLeastBetween {
			return fault.New(fault.TooMany, "follow.wrong.soon")
		}
		if err := setTested(ctx, tx, id, f.now()); err != nil {
			return err
		}
		return f.house.Queue.Insert(ctx, tx, testArgs{Webhook: id.String()}, time.Time{})
	})
}

// webhook returns one of an organisation; of another's it is as if it did not exist.
func (f *Follow) webhook(ctx context.Context, tx *db.Tx, organisation, id db.ID) (Webhook, error) {
	w, err := webhookByID(ctx, tx, id)
	if errors.Is(err, db.ErrNoRows) || err == nil && w.Organisation != organisation {
		return Webhook{}, fault.Hidden()
	}
	if err != nil {
		return Webhook{}, fmt.Errorf("look up a webhook: %w", err)
	}
	return w, nil
}
