package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"polder/internal/config"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/mailbox"
	"polder/internal/signin"
	"polder/notify"
)

type stopCommand struct {
	Reason []string `arg:"" optional:"" help:"Why, in a few words; the desk reads it."`
}

// Run stops all outgoing messages.
func (c *stopCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		reason := strings.Join(c.Reason, " ")
		if strings.TrimSpace(reason) == "" {
			reason = "polder stop"
		}
		if err := a.notify.Stop(ctx, reason); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.out, "all outgoing messages are stopped; start again with polder go-on, or on the desk under Outgoing")
		return err
	})
}

type goOnCommand struct{}

// Run ends the stop.
func (c *goOnCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		stopped, err := a.notify.GoOn(ctx)
		if err != nil {
			return err
		}
		text := "outgoing messages go on"
		if !stopped {
			text = "nothing was stopped"
		}
		_, err = fmt.Fprintln(s.out, text)
		return err
	})
}

type bounceCommand struct{}

// Run reads a mail that came back, as a mail server hands it to a program.
func (c *bounceCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		reference, err := a.notify.TakeBounce(ctx, s.in)
		if err != nil {
			return err
		}
		text := "came back: " + reference
		if reference == "" {
			text = "this is about no mail of ours that was still thought to have arrived"
		}
		_, err = fmt.Fprintln(s.out, text)
		return err
	})
}

// colleagues tells notify who works at the centre.
func colleagues(ctx context.Context, tx *db.Tx, ids []db.ID) (map[db.ID]notify.Colleague, error) {
	accounts, err := signin.Accounts(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	list := map[db.ID]notify.Colleague{}
	for id, a := range accounts {
		c := notify.Colleague{Name: a.Name}
		if a.State == signin.Active {
			c.Roles = a.Staff
		}
		list[id] = c
	}
	return list, nil
}

// bounces is the mailbox of the settings that mails come back to; nil when there is none.
func bounces(set *config.Settings) (mailbox.Box, error) {
	if set.Bounces == "" {
		return nil, nil
	}
	if !strings.Contains(set.Bounces, "://") {
		return mailbox.Maildir(set.Bounces), nil
	}
	u, err := url.Parse(set.Bounces)
	if err != nil || u.Scheme != "imaps" || u.Hostname() == "" || u.User.Username() == "" {
		return nil, unusable{fault.Invalidf("POLDER_BOUNCES must be a folder, or imaps://USER@HOST/FOLDER")}
	}
	if _, in := u.User.Password(); in {
		return nil, unusable{fault.Invalidf("POLDER_BOUNCES must not hold a password; put it in a file and name that in POLDER_BOUNCES_PASSWORD")}
	}
	password, err := os.ReadFile(set.BouncesPassword)
	if err != nil {
		return nil, unusable{fault.Wrap(fault.Invalid, err, "the file of POLDER_BOUNCES_PASSWORD cannot be read")}
	}
	port := u.Port()
	if port == "" {
		port = "993"
	}
	dialer := &tls.Dialer{NetDialer: &net.Dialer{Timeout: 30 * time.Second}, Config: &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}}
	return mailbox.IMAP{User: u.User.Username(), Password: strings.TrimRight(string(password), "\r\n"), Folder: strings.TrimPrefix(u.Path, "/"),
		Dial: func(ctx context.Context) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
		}}, nil
}
