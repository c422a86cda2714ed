package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"polder/internal/db"
	"polder/internal/kit"
)

// kill ends the sessions that hold locks in d's database, as a restarted server or a firewall would.
func kill(t *testing.T, d *db.DB) {
	t.Helper()
	tag, err := d.Pool().Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks
		WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	if err != nil {
		t.Fatal(err)
	}
	if tag.RowsAffected() != 1 {
		t.Fatalf("%d sessions hold a lock", tag.RowsAffected())
	}
}

func TestALostLockEndsWhatItGuards(t *testing.T) {
	d := kit.Postgres(t, nil)
	ctx := kit.Context(t, time.Minute)
	other := errors.New("other trouble")
	for name, answer := range map[string]func(held context.Context) error{
		"fn says nothing of it":    func(context.Context) error { return nil },
		"fn returns its context's": func(held context.Context) error { return held.Err() },
		"fn has other trouble":     func(context.Context) error { return other },
	} {
		err := d.Exclusive(ctx, "test", func(held context.Context) error {
			kill(t, d)
			<-held.Done()
			if ctx.Err() != nil {
				t.Fatalf("%s: only the caller's context ended it", name)
			}
			if cause := context.Cause(held); !errors.Is(cause, db.ErrLost) {
				t.Errorf("%s: the cause is %v", name, cause)
			}
			return answer(held)
		})
		if !errors.Is(err, db.ErrLost) || errors.Is(err, context.Canceled) || errors.Is(err, other) != (name == "fn has other trouble") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := d.TryExclusive(ctx, "test", func(held context.Context) error { return held.Err() }); err != nil {
		t.Errorf("the lock cannot be had again: %v", err)
	}
}

func TestALockIsFreedHoweverItsHolderEnds(t *testing.T) {
	kit.Each(t, nil, func(t *testing.T, d *db.DB) {
		own := errors.New("own")
		for range 3 {
			if err := d.TryExclusive(t.Context(), "test", func(held context.Context) error {
				if err := d.TryExclusive(t.Context(), "test", func(context.Context) error { return nil }); !errors.Is(err, db.ErrBusy) {
					t.Errorf("a second holder: %v", err)
				}
				return own
			}); !errors.Is(err, own) || errors.Is(err, db.ErrLost) {
				t.Error(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			if err := d.Exclusive(ctx, "test", func(held context.Context) error { cancel(); <-held.Done(); return held.Err() }); !errors.Is(err, context.Canceled) || errors.Is(err, db.ErrLost) {
				t.Error(err)
			}
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic did not come through")
					}
				}()
				d.Exclusive(t.Context(), "test", func(context.Context) error { panic("on purpose") })
			}()
		}
	})
}

func TestALockOutlivesIdleSessionTimeout(t *testing.T) {
	d := kit.Postgres(t, nil)
	if _, err := d.Pool().Exec(t.Context(), `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET idle_session_timeout = 50', current_database()); END $$`); err != nil {
		t.Fatal(err)
	}
	again := kit.Again(t, d) // its sessions have the new setting
	err := again.Exclusive(t.Context(), "test", func(held context.Context) error {
		select {
		case <-held.Done():
		case <-time.After(300 * time.Millisecond):
		}
		return context.Cause(held)
	})
	if err != nil {
		t.Error(err)
	}
}
