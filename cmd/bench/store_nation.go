package main

import (
	"context"
	"net/url"

	"polder/internal/db"
)

// nationDatabase makes a database beside the one of the address, and returns its address.
func nationDatabase(ctx context.Context, address, dir string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	d, err := db.Open(ctx, address, dir)
	if err != nil {
		return "", err
	}
	defer d.Close()
	var n int
	if err := d.Pool().QueryRow(ctx, `SELECT count(*) FROM pg_database WHERE datname = 'polder_nation'`).Scan(&n); err != nil {
		return "", err
	}
	if n == 0 {
		if _, err := d.Pool().Exec(ctx, `CREATE DATABASE polder_nation`); err != nil {
			return "", err
		}
	}
	u.Path = "/polder_nation"
	return u.String(), nil
}
