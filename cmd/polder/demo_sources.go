package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"polder/collect"
	"polder/internal/audit"
	"polder/internal/fault"
)

// sources are those that the demo asks: a mailbox on this machine, in which somebody left a mail that is
// no report, and a list whose server is gone. Nobody outside is asked: the demo's name server knows no
// name.
func (w *world) sources(ctx context.Context) error {
	ctx = audit.WithActor(ctx, "operator:demo")
	data, err := filepath.Abs(w.app.set.Data)
	if err != nil {
		return err
	}
	box := filepath.Join(data, "mail", "meldingen")
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.MkdirAll(filepath.Join(box, sub), 0o700); err != nil {
			return err
		}
	}
	spam := "From: Lucky <prijs@loterij.example>\nTo: meldingen@" + demoDomain + "\nSubject: Gefeliciteerd!\n\nU hebt gewonnen.\n"
	if err := os.WriteFile(filepath.Join(box, "new", "1.M1.demo"), []byte(strings.ReplaceAll(spam, "\n", "\r\n")), 0o600); err != nil {
		return err
	}
	_, err = w.app.collect.Add(ctx, collect.Source{Key: "meldpunt-west", Kind: collect.Maildir, Address: box, Hour: 5, TLP: "AMBER", Licence: "Alleen voor wie het aangaat",
		Ways: collect.Ways{Senders: []string{"lijsten@meldpunt-west.example", "@csirt-west.example"}}}, collect.Secret{})
	if err != nil {
		return err
	}
	gone, err := w.app.collect.Add(ctx, collect.Source{Key: "oude-lijst", Kind: collect.HTTPS, Address: "https://lijsten.veldwacht.example/dagelijks.csv", Every: 4 * time.Hour, Type: "scan_http",
		Ways: collect.Ways{Auth: "bearer"}}, collect.Secret{Secret: "demo"})
	if err != nil {
		return err
	}
	if err := w.app.collect.Pull(ctx, gone, true); err != nil && fault.KindOf(err) != fault.Unavailable {
		return err
	}
	return w.app.collect.Switch(ctx, gone, false)
}
