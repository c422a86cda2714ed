package follow

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fetch"
	"polder/internal/jobs"
	"polder/internal/mail"
	"polder/internal/outbox"
	"polder/notify"
)

const (
	batchSize = 100         // events in a post
	settle    = time.Minute // before what changed is posted: a transaction may commit after one that began later
	tryFor    = 3 * 24 * time.Hour
	mostRound = 20               // posts in one turn
	longest   = 20 * time.Second // that a turn begins posts: who takes its time waits for the next look
	pageSize  = 1000             // webhooks looked at in one query
)

// The jobs.
type (
	lookArgs struct{}                 // for webhooks that something is to be posted to
	postArgs struct{ Webhook string } // what waits
	testArgs struct{ Webhook string }
)

// Kind names the job.
func (lookArgs) Kind() string { return "follow.look" }

// Kind names the job.
func (postArgs) Kind() string { return "follow.post" }

// Kind names the job.
func (testArgs) Kind() string { return "follow.test" }

func (f *Follow) jobs() {
	q := f.house.Queue
	jobs.Register(q, jobs.Options{Every: time.Minute, OnDrain: true, Unique: true}, func(ctx context.Context, _ lookArgs) error { return f.look(ctx) })
	one := jobs.Options{Unique: true, Timeout: 10 * time.Minute, AtOnce: 4, MaxAttempts: 3}
	jobs.Register(q, one, func(ctx context.Context, a postArgs) error {
		id, err := db.ParseID(a.Webhook)
		if err != nil {
			return err
		}
		return f.post(ctx, id)
	})
	jobs.Register(q, one, func(ctx context.Context, a testArgs) error {
		id, err := db.ParseID(a.Webhook)
		if err != nil {
			return err
		}
		return f.test(ctx, id)
	})
}

// look queues a job for each webhook that something waits for: one step in an index for each.
func (f *Follow) look(ctx context.Context) error {
	var after db.ID
	until := notify.At(f.now().Add(-settle))
	for {
		var list []Webhook
		var waits []db.ID
		err := f.db.Read(ctx, func(tx *db.Tx) (err error) {
			if list, err = webhooksOn(ctx, tx, after, pageSize); err != nil {
				return err
			}
			for _, w := range list {
				if w.NextAt.After(f.now()) {
					continue
				}
				found, err := f.house.Notify.Changes(ctx, tx, w.Organisation, w.cursor, until, 1)
				if err != nil {
					return err
				}
				if len(found) > 0 || !w.batchID.IsZero() {
					waits = append(waits, w.ID)
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("look what waits for webhooks: %w", err)
		}
		if len(waits) > 0 {
			err := f.db.Write(ctx, func(tx *db.Tx) error {
				for _, id := range waits {
					if err := f.house.Queue.Insert(ctx, tx, postArgs{Webhook: id.String()}, time.Time{}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if len(list) < pageSize {
			return nil
		}
		after = list[len(list)-1].ID
	}
}

// event is one thing that happened, as it is posted.
type event struct {
	Type     string `json:"type"`
	Exposure any    `json:"exposure"`
}

// message is what is posted.
type message struct {
	Type      string    `json:"type"` // "exposures" or "ping"
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		Events []event `json:"events"`
	} `json:"data"`
}

// post posts what waits for a webhook, batch after batch, until one is not taken or nothing is left.
func (f *Follow) post(ctx context.Context, id db.ID) error {
	if err := f.house.Footprint.Load(ctx); err != nil {
		return err
	}
	begun := f.now()
	for range mostRound {
		if f.now().Sub(begun) >= longest {
			return nil
		}
		w, events, err := f.take(ctx, id)
		if err != nil || w == nil {
			return err
		}
		status, problem := 0, ""
		if len(events) > 0 {
			if status, problem, err = f.send(ctx, w, w.batchID, "exposures", events); err != nil {
				return err
			}
		}
		if err := f.noted(ctx, w, len(events), status, problem); err != nil || problem != "" {
			return err
		}
	}
	return nil
}

// take returns what is to be posted next: what is left of the batch under way, or a new one; nil for
// nothing. A batch is asked for anew at each attempt: what changed since comes in a later one, and what is
// no longer the organisation's in none.
func (f *Follow) take(ctx context.Context, id db.ID) (out *Webhook, events []event, err error) {
	now := f.now()
	err = f.db.Write(ctx, func(tx *db.Tx) error {
		w, err := webhookByID(ctx, tx, id)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		if err != nil || w.State != On || w.NextAt.After(now) {
			return err
		}
		if may, err := f.answers(ctx, tx, w.Organisation, w.MadeBy); err != nil {
			return err
		} else if !may {
			return f.switchOff(ctx, tx, w, Maker)
		}
		// What is kept back is posted when it is let go; nothing is passed over.
		if paused, err := f.house.Notify.Paused(ctx, tx, w.Organisation); err != nil || paused {
			return err
		}
		until := w.batch
		if w.batchID.IsZero() {
			until = notify.At(now.Add(-settle))
		}
		list, err := f.house.Notify.Changes(ctx, tx, w.Organisation, w.cursor, until, batchSize)
		if err != nil {
			return err
		}
		if w.batchID.IsZero() {
			if len(list) == 0 {
				return nil
			}
			w.batchID, w.batch = db.NewID(), list[len(list)-1].Moment
			if err := setBatch(ctx, tx, w.ID, w.batchID, w.batch); err != nil {
				return err
			}
		}
		for _, c := range list {
			if c.Exposure != nil {
				events = append(events, event{c.Event, c.Exposure})
			}
		}
		out = &w
		if len(events) == 0 {
			return nil
		}
		return audit.Append(ctx, tx, audit.Event{At: now, Actor: "polder", Action: audit.Read, Object: "exposures", Organisation: w.Organisation,
			Detail: fmt.Sprintf("%d to webhook %s", len(events), w.ID)})
	})
	return out, events, err
}

// send posts one message, signed as Standard Webhooks has it, and says in one word what was wrong.
func (f *Follow) send(ctx context.Context, w *Webhook, id db.ID, kind string, events []event) (status int, problem string, err error) {
	s, err := f.open(w)
	if err != nil {
		return 0, "", fmt.Errorf("open webhook %s: %w", w.ID, err)
	}
	m := message{Type: kind, Timestamp: f.now().UTC()}
	if m.Data.Events = events; events == nil {
		m.Data.Events = []event{}
	}
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(m); err != nil {
		return 0, "", err
	}
	at := strconv.FormatInt(f.now().Unix(), 10)
	name := "msg_" + strings.ReplaceAll(id.String(), "-", "")
	signature, err := sign(s.Key, name, at, body.Bytes())
	if err != nil {
		return 0, "", err
	}
	status, err = f.house.Client.Post(ctx, s.URL, map[string]string{"Content-Type": "application/json", "webhook-id": name, "webhook-timestamp": at,
		"webhook-signature": signature}, body.Bytes())
	switch {
	case ctx.Err() != nil:
		return 0, "", ctx.Err() // we are being stopped: that says nothing of the other side
	case errors.Is(err, fetch.ErrForbidden):
		return 0, "inner", nil
	case errors.Is(err, context.DeadlineExceeded) || err != nil && strings.Contains(err.Error(), "Client.Timeout"):
		return 0, "timeout", nil
	case err != nil:
		f.house.Log.Info("a webhook cannot be reached", "webhook", w.ID, "host", w.Host) // the cause would name its address, which may hold a key
		return 0, "unreachable", nil
	case status >= 200 && status < 300:
		return status, "", nil
	case status >= 300 && status < 400:
		return status, "redirect", nil
	}
	return status, "refused", nil
}

// sign makes the signature over id, time and body.
func sign(key, id, at string, body []byte) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
	if err != nil {
		return "", fmt.Errorf("the key of a webhook: %w", err)
	}
	h := hmac.New(sha256.New, raw)
	h.Write([]byte(id + "." + at + "."))
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}

// waitAfter says how long to wait after the nth attempt in a row that was not taken.
func waitAfter(attempts int) time.Duration {
	return min(time.Minute<<min(attempts-1, 20), 4*time.Hour)
}

// noted writes down what became of a batch. What nobody took for three days switches the webhook off.
func (f *Follow) noted(ctx context.Context, w *Webhook, events, status int, problem string) error {
	now := f.now()
	return f.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		if events > 0 {
			if err := insertPost(ctx, tx, w.ID, Post{Message: w.batchID, Events: events, At: now, Status: status, Problem: problem}); err != nil {
				return err
			}
		}
		if problem == "" {
			return setTaken(ctx, tx, w.ID, w.batchID, w.batch)
		}
		since := w.FailingSince
		if since.IsZero() {
			since = now
		}
		if now.Sub(since) >= tryFor {
			return f.switchOff(ctx, tx, *w, Failing)
		}
		return setFailing(ctx, tx, w.ID, w.batchID, w.attempts+1, since, now.Add(waitAfter(w.attempts+1)))
	})
}

// test posts a test, once.
func (f *Follow) test(ctx context.Context, id db.ID) error {
	var w Webhook
	may := false
	err := f.db.Read(ctx, func(tx *db.Tx) (err error) {
		if w, err = webhookByID(ctx, tx, id); errors.Is(err, db.ErrNoRows) {
			return nil
		}
		if err == nil {
			may, err = f.answers(ctx, tx, w.Organisation, w.MadeBy)
		}
		return err
	})
	if err != nil || !may {
		return err
	}
	name := db.NewID()
	status, problem, err := f.send(ctx, &w, name, "ping", nil)
	if err != nil {
		return err
	}
	return f.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		if err := insertPost(ctx, tx, id, Post{Message: name, At: f.now(), Status: status, Problem: problem}); err != nil || problem != "" {
			return err
		}
		return hurry(ctx, tx, id, f.now()) // it is there again: what waits need not wait longer
	})
}

// switchOff switches a webhook off and tells the owners and security contacts.
func (f *Follow) switchOff(ctx context.Context, tx *db.Tx, w Webhook, why State) error {
	if err := setState(ctx, tx, w.ID, why); err != nil {
		return err
	}
	keepers, err := f.house.Directory.Keepers(ctx, tx, w.Organisation)
	if err != nil {
		return err
	}
	for _, k := range keepers {
		say := f.house.Catalog.For(k.Language)
		id := "follow.mail." + string(why)
		l := mail.Letter{Subject: say.T(id+".subject", "Host", w.Host)}
		l.Say(say.T(id+".text", "Host", w.Host, "Centre", f.house.Centre))
		l.Say(say.T("follow.mail.next"))
		l.Link(f.house.BaseURL + "/o/" + w.Organisation.String() + "/follow")
		if err := f.house.Outbox.Send(ctx, tx, outbox.Letter{To: k.Mail, Printer: say, Purpose: "webhook off", Organisation: w.Organisation, Letter: l}); err != nil {
			return err
		}
	}
	return audit.Append(ctx, tx, audit.Event{At: f.now(), Actor: "polder", Action: audit.Change, Object: "connections", Organisation: w.Organisation,
		Detail: "webhook " + w.ID.String() + " switched off: " + string(why)})
}
