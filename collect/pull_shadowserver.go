package collect

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"polder/internal/db"
	"polder/internal/fetch"
)

// The reports API of the Shadowserver Foundation: every request is a POST of JSON with the key in it,
// and an HMAC-SHA256 of these bytes in the header HMAC2. reports/list says what there is, each with an
// id; the file of an id lies at another host and needs no key, as the id itself cannot be guessed.
const (
	ShadowserverAddress = "https://transform.shadowserver.org/api2/"
	shadowserverFiles   = "https://dl.shadowserver.org/"
)

const (
	mostListed  = 32 << 20 // bytes of a list
	mostReports = 1000     // of one run
	lookBack    = 3 * 24 * time.Hour
	farthest    = 14 * 24 * time.Hour // they keep reports for longer, but what is older is no news
	mostInARow  = 3                   // reports that fail before the run gives up
)

// listed is one report as reports/list says it.
type listed struct {
	ID        string `json:"id"`
	File      string `json:"file"`
	Type      string `json:"type"`
	Report    string `json:"report"`
	Timestamp string `json:"timestamp"` // a day
}

var reportID = regexp.MustCompile(`^[A-Za-z0-9_-]{8,200}$`)

// fromShadowserver fetches all reports of the last days that were not had yet.
func (h *haul) fromShadowserver(ctx context.Context) error {
	list, err := h.list(ctx)
	if err != nil {
		return err
	}
	var had map[string]bool
	err = h.c.db.Read(ctx, func(tx *db.Tx) (err error) {
		had, err = hadOf(ctx, tx, h.source.ID, h.run.StartedAt.Add(-2*farthest))
		return err
	})
	if err != nil {
		return err
	}
	var failed error
	inARow := 0
	for i, r := range list {
		if had[r.ID] {
			continue
		}
		if i >= mostReports || ctx.Err() != nil {
			break
		}
		had[r.ID] = true
		err := h.report(ctx, r)
		var cut *brokenOff
		var bad *unreadable
		if err != nil {
			failed = fmt.Errorf("%s: %w", nameOr(r.File), err)
			if !errors.As(err, &cut) && !errors.As(err, &bad) {
				if reasonOf(err) == Ours {
					return failed
				}
				if inARow++; inARow == mostInARow {
					return failed
				}
				continue
			}
		}
		inARow = 0
		// Also what cannot be read was had: the same file again would be the same again.
		if err := h.c.db.Write(ctx, func(tx *db.Tx) error { return noteHad(ctx, tx, h.source.ID, r.ID, h.c.now()) }); err != nil {
			return err
		}
	}
	return errors.Join(failed, ctx.Err())
}

// list asks what reports there are, the oldest first.
func (h *haul) list(ctx context.Context) (list []listed, err error) {
	now := h.run.StartedAt.UTC()
	from := now.Add(-lookBack)
	if good := h.memory.Good; !good.IsZero() && good.Before(now.Add(-24*time.Hour)) {
		from = good.Add(-lookBack + 24*time.Hour)
	}
	if oldest := now.Add(-farthest); from.Before(oldest) {
		from = oldest
	}
	question := map[string]any{"apikey": h.secret.Key, "date": from.Format(time.DateOnly) + ":" + now.Format(time.DateOnly), "limit": 10_000}
	if len(h.source.Ways.Lists) > 0 {
		question["reports"] = h.source.Ways.Lists
	}
	if h.source.Type != "" {
		question["type"] = h.source.Type
	}
	body, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	code := hmac.New(sha256.New, []byte(h.secret.Secret))
	code.Write(body)
	answer, err := h.c.client.Stream(ctx, fetch.Question{Method: "POST", URL: join(h.source.Address, "reports/list"), Body: body, Size: mostListed,
		Header: map[string]string{"Content-Type": "application/json"}, Secret: map[string]string{"HMAC2": hex.EncodeToString(code.Sum(nil))}})
	if err != nil {
		return nil, outside(err)
	}
	defer answer.Close()
	text, err := io.ReadAll(answer)
	if err != nil {
		return nil, outside(err)
	}
	h.run.Bytes += int64(len(text))
	var said struct {
		Error string `json:"error"`
	}
	json.Unmarshal(text, &said) //nolint:errcheck // a list is no object, and says nothing of an error
	if answer.Status != 200 || said.Error != "" {
		status := answer.Status
		if status == 200 {
			status = 401 // an error in an answer of theirs is about who asks
		}
		return nil, &answered{status, said.Error}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("%w: the list of reports is not JSON of the kind that we know", errOdd)
	}
	list = slices.DeleteFunc(list, func(r listed) bool { return !reportID.MatchString(r.ID) })
	slices.SortStableFunc(list, func(a, b listed) int { return strings.Compare(a.Timestamp, b.Timestamp) })
	return list, nil
}

// report downloads one report and has it read.
func (h *haul) report(ctx context.Context, r listed) error {
	files := h.source.Ways.Files
	if files == "" {
		files = shadowserverFiles
	}
	answer, err := h.c.client.Stream(ctx, fetch.Question{URL: join(files, r.ID), Size: h.c.set.MaxReport})
	if err != nil {
		return outside(err)
	}
	defer answer.Close()
	if answer.Status != 200 {
		return &answered{status: answer.Status}
	}
	kind := r.Type
	if strings.Contains(r.File, kind) || !typeForm.MatchString(kind) {
		kind = "" // the name tells it
	}
	return h.offer(ctx, nameOr(r.File), kind, marked{answer}, h.c.now())
}

func join(base, path string) string { return strings.TrimSuffix(base, "/") + "/" + path }
