// Package config holds Polder's settings: one struct, filled by the command line from flags, the
// environment (POLDER_*) and a file, and checked once at start.
package config

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
	_ "time/tzdata" // the machine may have no time zones

	"polder/internal/fault"
)

// Settings is everything an operator can set. The zero value of each setting added later must work.
type Settings struct {
	Data     string `name:"data" env:"POLDER_DATA" default:"./polder-data" help:"Folder for the database, the raw reports and the secret key. Several machines that share a PostgreSQL database must share this folder." placeholder:"DIR"`
	Database string `name:"database" env:"POLDER_DATABASE" default:"sqlite" help:"'sqlite' (a file in the data folder) or 'postgres://USER:PASSWORD@HOST/NAME'." placeholder:"URL"`
	BaseURL  string `name:"base-url" env:"POLDER_BASE_URL" default:"http://localhost:8080" help:"The address at which people reach this centre; it stands in every mail." placeholder:"URL"`
	Listen   string `name:"listen" env:"POLDER_LISTEN" default:"localhost:8080" help:"Address and port to serve pages on." placeholder:"ADDRESS"`

	SMTP            string        `name:"smtp" env:"POLDER_SMTP" default:"smtp://localhost:25" help:"Mail server: smtp://USER:PASSWORD@HOST:587 (STARTTLS) or smtps://HOST:465. Add ?tls=none only for a server on a network you trust." placeholder:"URL"`
	SMTPConnections int           `name:"smtp-connections" env:"POLDER_SMTP_CONNECTIONS" default:"1" help:"Connections to the mail server at a time (1 to 8). After a crash at most one mail per connection is sent twice." placeholder:"N"`
	From            string        `name:"mail-from" env:"POLDER_MAIL_FROM" default:"Polder <warnings@localhost>" help:"Sender of warnings, as 'Name <address>'." placeholder:"ADDRESS"`
	ReplyTo         string        `name:"mail-reply-to" env:"POLDER_MAIL_REPLY_TO" help:"Where answers to warnings go; the sender when empty." placeholder:"ADDRESS"`
	DKIMDomain      string        `name:"dkim-domain" env:"POLDER_DKIM_DOMAIN" help:"Domain that signs the mails; the sender's when empty." placeholder:"DOMAIN"`
	DKIMSelector    string        `name:"dkim-selector" env:"POLDER_DKIM_SELECTOR" default:"polder" help:"DKIM selector." placeholder:"NAME"`
	DKIMKey         []string      `name:"dkim-key" env:"POLDER_DKIM_KEY" help:"Private key files for DKIM in PEM form (RSA, Ed25519, or both); mails are not signed without." placeholder:"FILE"`
	Gather          time.Duration `name:"gather" env:"POLDER_GATHER" default:"5m" help:"How long critical and high findings are gathered into one mail." placeholder:"TIME"`
	SendHour        int           `name:"send-hour" env:"POLDER_SEND_HOUR" default:"7" help:"Hour of the day, in the time zone, for daily and weekly mails." placeholder:"HOUR"`
	TimeZone        string        `name:"time-zone" env:"POLDER_TIME_ZONE" default:"Europe/Amsterdam" help:"Time zone of dates in mails and pages." placeholder:"ZONE"`

	Name            string `name:"centre" env:"POLDER_CENTRE" default:"Polder" help:"Name of this centre, as people know it." placeholder:"NAME"`
	Phone           string `name:"phone" env:"POLDER_PHONE" help:"Telephone number of the centre, in mails and pages." placeholder:"NUMBER"`
	Desk            string `name:"desk-mail" env:"POLDER_DESK_MAIL" help:"Mail address of the desk: requests for help go here." placeholder:"ADDRESS"`
	Breaker         int64  `name:"breaker" env:"POLDER_BREAKER" default:"1000" help:"How many organisations one report may warn before a second analyst has looked; 0 for any number. Ten times the usual of the same reports is too many in any case." placeholder:"N"`
	Bounces         string `name:"bounces" env:"POLDER_BOUNCES" help:"Where mails that come back are: a maildir on this machine, or imaps://USER@HOST/FOLDER." placeholder:"PLACE"`
	BouncesPassword string `name:"bounces-password" env:"POLDER_BOUNCES_PASSWORD" help:"File with the password of that mailbox." placeholder:"FILE"`
	Theme           string `name:"theme" env:"POLDER_THEME" help:"Folder with the operator's own tokens.css, logo.svg and fonts." placeholder:"DIR"`
	Secret          string `name:"secret" env:"POLDER_SECRET" help:"64 hexadecimal digits that links in mails are made with; without it, secret.key in the data folder, made at first use." placeholder:"HEX"`

	SessionIdle    time.Duration `name:"session-idle" env:"POLDER_SESSION_IDLE" default:"2h" help:"A signed-in person who does nothing for this long is signed out." placeholder:"TIME"`
	SessionLongest time.Duration `name:"session-longest" env:"POLDER_SESSION_LONGEST" default:"12h" help:"Everybody is signed out after this, however busy." placeholder:"TIME"`
	Proxies        []string      `name:"trusted-proxies" env:"POLDER_TRUSTED_PROXIES" help:"Networks of your own proxies, such as 10.0.0.0/8: their X-Forwarded-For says from which network somebody signs in. Without it all that comes through a proxy counts as one network." placeholder:"NETWORK"`

	OIDC string `name:"oidc" env:"POLDER_OIDC" help:"File with the providers of single sign-on, in YAML; see docs/operate.md." placeholder:"FILE"`

	Resolver string `name:"resolver" env:"POLDER_RESOLVER" help:"DNS resolver that proofs of domains are asked of, such as 192.0.2.53:53; those of this machine when empty." placeholder:"ADDRESS"`

	CollectAllow []string `name:"collect-allow" env:"POLDER_COLLECT_ALLOW" help:"Hosts of your own networks that sources may lie on, such as reports.internal or reports.internal:8443, and folders of this machine that may be read as maildirs, such as /var/mail/reports. Nothing inner is asked or read without." placeholder:"HOST|DIR"`
	MaxReport    int64    `name:"max-report" env:"POLDER_MAX_REPORT" default:"8192" help:"Largest report that is fetched or may be pushed, in MB." placeholder:"MB"`

	KVKURL string `name:"kvk-url" env:"POLDER_KVK_URL" default:"https://api.kvk.nl/api" help:"Address of the API of the Dutch trade register." placeholder:"URL"`
	KVKKey string `name:"kvk-key" env:"POLDER_KVK_KEY" help:"Key for the API of the Dutch trade register; without it numbers are checked by their form alone." placeholder:"KEY"`

	KeepClosed    time.Duration `name:"keep-closed" env:"POLDER_KEEP_CLOSED" default:"43800h" help:"How long name and number of an organisation are kept after it was closed (43800h is 60 months)." placeholder:"TIME"`
	KeepRaw       time.Duration `name:"keep-raw" env:"POLDER_KEEP_RAW" default:"720h" help:"How long raw reports are kept (720h is 30 days)." placeholder:"TIME"`
	KeepRejected  time.Duration `name:"keep-rejected" env:"POLDER_KEEP_REJECTED" default:"720h" help:"How long rejected lines are kept." placeholder:"TIME"`
	KeepExposures time.Duration `name:"keep-exposures" env:"POLDER_KEEP_EXPOSURES" default:"43800h" help:"How long exposures and their notifications are kept after they were last seen (43800h is 60 months)." placeholder:"TIME"`
	ExpireAfter   time.Duration `name:"expire-after" env:"POLDER_EXPIRE_AFTER" default:"720h" help:"An exposure that is not seen for this long expires." placeholder:"TIME"`
	LinkValid     time.Duration `name:"link-valid" env:"POLDER_LINK_VALID" default:"2160h" help:"How long the link in a mail works (2160h is 90 days)." placeholder:"TIME"`
}

// Check says what cannot be used, as an Invalid fault that names the setting and what to do.
func (s *Settings) Check() error {
	var wrong []string
	bad := func(format string, a ...any) { wrong = append(wrong, fmt.Sprintf(format, a...)) }
	if u, err := url.Parse(s.BaseURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		bad("POLDER_BASE_URL must look like https://warnings.example.nl")
	}
	for name, v := range map[string]string{"POLDER_MAIL_FROM": s.From, "POLDER_MAIL_REPLY_TO": s.ReplyTo, "POLDER_DESK_MAIL": s.Desk} {
		if v == "" && name != "POLDER_MAIL_FROM" {
			continue
		}
		if _, err := mail.ParseAddress(v); err != nil {
			bad("%s must be a mail address such as 'Name <name@example.nl>'", name)
		}
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil {
		bad("POLDER_TIME_ZONE must be a name such as Europe/Amsterdam")
	}
	if s.SendHour < 0 || s.SendHour > 23 {
		bad("POLDER_SEND_HOUR must be 0 to 23")
	}
	if s.SMTPConnections < 1 || s.SMTPConnections > 8 {
		bad("POLDER_SMTP_CONNECTIONS must be 1 to 8")
	}
	for name, v := range map[string]time.Duration{"POLDER_KEEP_RAW": s.KeepRaw, "POLDER_KEEP_REJECTED": s.KeepRejected, "POLDER_KEEP_EXPOSURES": s.KeepExposures, "POLDER_EXPIRE_AFTER": s.ExpireAfter, "POLDER_LINK_VALID": s.LinkValid} {
		if v < time.Hour {
			bad("%s must be at least 1h", name)
		}
	}
	if s.SessionIdle < time.Minute || s.SessionLongest < s.SessionIdle || s.SessionLongest > 30*24*time.Hour {
		bad("POLDER_SESSION_IDLE must be at least 1m, and POLDER_SESSION_LONGEST at least that and at most 720h")
	}
	for _, p := range s.Proxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			bad("POLDER_TRUSTED_PROXIES must be networks such as 10.0.0.0/8 or 192.0.2.7/32, with commas between")
		}
	}
	for _, entry := range s.CollectAllow {
		if !filepath.IsAbs(entry) && (entry == "" || strings.ContainsAny(entry, "/@ ")) {
			bad("POLDER_COLLECT_ALLOW must be hosts such as reports.internal:8443 and whole paths of folders, with commas between")
		}
	}
	if s.MaxReport < 0 || s.MaxReport > 1<<20 {
		bad("POLDER_MAX_REPORT must be 1 to 1048576")
	}
	if s.Breaker < 0 {
		bad("POLDER_BREAKER must not be negative")
	}
	if s.KeepClosed < 0 {
		bad("POLDER_KEEP_CLOSED must not be negative")
	}
	if s.Gather < 0 || s.Gather > 24*time.Hour {
		bad("POLDER_GATHER must be 0s to 24h")
	}
	if len(wrong) == 0 {
		return nil
	}
	return fault.Invalidf("%s", strings.Join(wrong, "; "))
}

// ProxyNetworks returns the trusted proxies of Check-ed settings.
func (s *Settings) ProxyNetworks() (list []netip.Prefix) {
	for _, text := range s.Proxies {
		if p, err := netip.ParsePrefix(text); err == nil {
			list = append(list, p.Masked())
		}
	}
	return list
}

// Collectable parts what sources may lie on into hosts and folders.
func (s *Settings) Collectable() (hosts, folders []string) {
	for _, entry := range s.CollectAllow {
		if filepath.IsAbs(entry) {
			folders = append(folders, filepath.Clean(entry))
		} else {
			hosts = append(hosts, entry)
		}
	}
	return hosts, folders
}

// Location returns the time zone of Check-ed settings.
func (s *Settings) Location() *time.Location {
	loc, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Key returns the 32 bytes that links in mails are made with. Without a setting it is the file
// secret.key in the data folder, made at first use, readable by its owner alone.
func (s *Settings) Key() ([]byte, error) {
	text := s.Secret
	if text == "" {
		file := filepath.Join(s.Data, "secret.key")
		b, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			if b, err = makeKey(file); err != nil {
				return nil, fmt.Errorf("make the secret key: %w", err)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("read the secret key: %w", err)
		}
		text = strings.TrimSpace(string(b))
	}
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != 32 {
		return nil, fault.Invalidf("the secret must be 64 hexadecimal digits; make one with: openssl rand -hex 32")
	}
	return key, nil
}

// makeKey writes a new key beside file and links it into place, so that of two processes that start
// together one wins and both read the same key.
func makeKey(file string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	rand.Read(key)
	tmp, err := os.CreateTemp(filepath.Dir(file), "secret-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(tmp.Name())
	_, werr := tmp.WriteString(hex.EncodeToString(key) + "\n")
	if err := errors.Join(werr, tmp.Sync(), tmp.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(tmp.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(file)
}
