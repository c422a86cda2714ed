package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"polder/directory"
	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/i18n"
	"polder/internal/jobs"
	"polder/internal/mail"
	"polder/internal/outbox"
	"polder/internal/signin"
	"polder/internal/web"
)

const (
	viewers   = 200 // people, each owner of an organisation
	atOnce    = 16  // connections
	viewsLast = 5 * time.Second
)

// pages measures how many pages a second the real program shows to people who are signed in: the
// home of an organisation and its list of assets, by turns, each with the check of the session and
// of the place in the organisation. This process, which asks, shares the processors with it.
func (b *bench) pages(ctx context.Context) error {
	views, err := b.audience(ctx)
	if err != nil {
		return fmt.Errorf("make people: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	serve := exec.CommandContext(ctx, b.polder, "serve", "--no-work")
	serve.Env = append(os.Environ(), "POLDER_DATA="+b.data, "POLDER_DATABASE="+b.database, "POLDER_LISTEN="+address, "POLDER_BASE_URL=http://localhost:"+port)
	var said bytes.Buffer
	serve.Stdout, serve.Stderr = io.Discard, &said
	serve.Cancel = func() error { return serve.Process.Signal(os.Interrupt) }
	if err := serve.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- serve.Wait() }()
	defer func() {
		serve.Process.Signal(os.Interrupt)
		<-ended
	}()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for {
		r, err := client.Get("http://" + address + "/readyz")
		if err == nil {
			r.Body.Close()
			break
		}
		select {
		case err := <-ended:
			ended <- err
			return fmt.Errorf("polder serve ended: %v\n%s", err, said.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	var mu sync.Mutex
	var took []time.Duration
	var wrong error
	var wg sync.WaitGroup
	start := time.Now()
	for i := range atOnce {
		wg.Go(func() {
			var own []time.Duration
			for n := i; time.Since(start) < viewsLast; n += atOnce {
				v := views[n%len(views)]
				begun := time.Now()
				err := view(ctx, client, "http://"+address+v.paths[n/len(views)%2], v.cookie)
				if err != nil {
					mu.Lock()
					wrong = err
					mu.Unlock()
					return
				}
				own = append(own, time.Since(begun))
			}
			mu.Lock()
			took = append(took, own...)
			mu.Unlock()
		})
	}
	wg.Wait()
	total := time.Since(start)
	if wrong != nil {
		return fmt.Errorf("%w\n%.2000s", wrong, said.String())
	}
	slices.Sort(took)
	b.table.row(b.name, "signed-in page views, with session and access checks", fmt.Sprintf("%.0f/s", float64(len(took))/total.Seconds()),
		fmt.Sprintf("%d connections, half of the pages before %.1f ms, 95 %% before %.1f ms", atOnce, millis(took[len(took)/2]), millis(took[len(took)*95/100])))
	return nil
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func view(ctx context.Context, client *http.Client, url, cookie string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	r.AddCookie(&http.Cookie{Name: "polder_session", Value: cookie})
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", url, answer.StatusCode)
	}
	return nil
}

// viewer is somebody who is signed in, and what that person looks at.
type viewer struct {
	cookie string
	paths  [2]string
}

// audience makes people with a session, each the owner of one of the organisations.
func (b *bench) audience(ctx context.Context) (views []viewer, err error) {
	log := slog.New(slog.DiscardHandler)
	d, err := db.Open(ctx, b.database, b.data)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	catalog, err := i18n.New(web.Messages, signin.Locales(), directory.Locales())
	if err != nil {
		return nil, err
	}
	key := []byte(strings.Repeat("k", 32))
	queue := jobs.New(d, log)
	out := outbox.New(d, queue, &mail.Post{}, time.Now, log, outbox.Settings{Centre: "Bench", From: "Bench <bench@bench.example>", Key: key})
	people := signin.New(d, out, catalog, time.Now, log, signin.Settings{BaseURL: "http://localhost", Centre: "Bench", Key: key, Idle: time.Hour, Longest: time.Hour})
	organisations := directory.New(d, time.Now)
	list, err := organisations.List(ctx, "", viewers)
	if err != nil {
		return nil, err
	}
	for i, o := range list {
		added, err := people.AddPerson(ctx, fmt.Sprintf("owner%d@bench.example", i), "Owner", "nl", 0)
		if err != nil {
			return nil, err
		}
		if _, err := organisations.Admit(ctx, o.ID, added.Account.ID, actor.Owner); err != nil {
			return nil, err
		}
		v := viewer{paths: [2]string{"/o/" + o.ID.String(), "/o/" + o.ID.String() + "/assets"}}
		err = d.Write(ctx, func(tx *db.Tx) error {
			v.cookie, err = people.Begin(ctx, tx, added.Account.ID, "passkey", "bench")
			return err
		})
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}
