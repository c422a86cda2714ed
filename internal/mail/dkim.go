package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Signer signs mails with DKIM (RFC 6376), relaxed/relaxed, once with each of its keys.
//
// The signature is made here and not by a library because a second attempt must be the same bytes: go-msgauth takes
// the time of signing from the clock, and go-mail folds a long list of headers after having signed it unfolded, which
// breaks the signature. The tests verify with go-msgauth.
type Signer struct {
	domain string
	keys   []dkimKey
}

// Key is one private key under the selector that its public half is published under.
type Key struct {
	Selector string
	PEM      []byte // PKCS #1 or PKCS #8; RSA of at least 2048 bits, or Ed25519
}

// Record is a TXT record to publish in DNS.
type Record struct {
	Name  string // "selector._domainkey.example.nl"
	Value string // "v=DKIM1; k=rsa; p=..."; over 255 bytes for RSA, to be split in strings by the zone's editor
}

type dkimKey struct {
	selector, algorithm string // "rsa-sha256" or "ed25519-sha256"
	private             crypto.Signer
	record              Record
}

// NewSigner returns a signer for the domain. Give an RSA key, and an Ed25519 key besides if you have one: not every
// receiver reads Ed25519 (RFC 8463), and one that does not passes over that signature.
func NewSigner(domain string, keys ...Key) (*Signer, error) {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if !isHostname(domain) || !strings.Contains(domain, ".") {
		return nil, fmt.Errorf("DKIM domain %q is not a domain name", domain)
	}
	if len(keys) == 0 {
		return nil, errors.New("DKIM needs at least one key")
	}
	s := &Signer{domain: domain}
	seen := map[string]bool{}
	for _, k := range keys {
		if !isHostname(k.Selector) || seen[k.Selector] {
			return nil, fmt.Errorf("DKIM selector %q is malformed or used twice", k.Selector)
		}
		seen[k.Selector] = true
		key, err := readKey(k, domain)
		if err != nil {
			return nil, fmt.Errorf("DKIM key of selector %q: %w", k.Selector, err)
		}
		s.keys = append(s.keys, key)
	}
	return s, nil
}

func readKey(k Key, domain string) (dkimKey, error) {
	block, _ := pem.Decode(k.PEM)
	if block == nil {
		return dkimKey{}, errors.New("holds no PEM block")
	}
	var private any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		private, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PRIVATE KEY":
		private, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	default:
		return dkimKey{}, fmt.Errorf("holds %q, want a private key in PKCS #1 or PKCS #8 without a passphrase", block.Type)
	}
	if err != nil {
		return dkimKey{}, fmt.Errorf("cannot be read: %w", err)
	}
	out := dkimKey{selector: k.Selector, record: Record{Name: k.Selector + "._domainkey." + domain}}
	switch p := private.(type) {
	case *rsa.PrivateKey:
		if bits := p.N.BitLen(); bits < 2048 {
			return dkimKey{}, fmt.Errorf("is RSA of %d bits, want at least 2048", bits)
		}
		public, err := x509.MarshalPKIXPublicKey(&p.PublicKey)
		if err != nil {
			return dkimKey{}, err
		}
		out.private, out.algorithm = p, "rsa-sha256"
		out.record.Value = "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)
	case ed25519.PrivateKey:
		out.private, out.algorithm = p, "ed25519-sha256"
		out.record.Value = "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(p.Public().(ed25519.PublicKey))
	default:
		return dkimKey{}, fmt.Errorf("is %T, want RSA or Ed25519", private)
	}
	return out, nil
}

// Domain returns the domain that signs.
func (s *Signer) Domain() string { return s.domain }

// Records returns what must be in DNS for the signatures to count, one record for each key.
func (s *Signer) Records() []Record {
	out := make([]Record, len(s.keys))
	for i, k := range s.keys {
		out[i] = k.record
	}
	return out
}

// signedHeaders are named in the signature whether they are there or not, and once more than they occur, so that
// nobody on the way can add a second subject or a reply address.
var signedHeaders = []string{
	"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
	"Content-Transfer-Encoding", "Content-Language", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post", "Cc",
}

// Sign returns the mail with a DKIM-Signature above it for each key. The time goes into the signature (t=) in whole
// seconds. The mail must have CRLF line ends and a blank line after its header.
func (s *Signer) Sign(raw []byte, at time.Time) ([]byte, error) {
	head, body, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ok {
		return nil, errors.New("the mail has no blank line after its header")
	}
	fields := headerFields(string(head))
	var names []string
	var signed strings.Builder
	for _, name := range signedHeaders {
		values := fields[strings.ToLower(name)]
		for i := len(values) - 1; i >= 0; i-- { // from the bottom up, RFC 6376 5.4.2
			names = append(names, name)
			signed.WriteString(relaxHeader(name, values[i]) + "\r\n")
		}
		names = append(names, name)
	}
	if len(fields["from"]) != 1 {
		return nil, errors.New("the mail must have one From header")
	}
	bodyHash := sha256.Sum256(relaxBody(body))

	var out bytes.Buffer
	out.Grow(len(raw) + 1400*len(s.keys))
	for _, k := range s.keys {
		value := fmt.Sprintf(" v=1; a=%s; c=relaxed/relaxed;\r\n d=%s; s=%s;\r\n t=%d;\r\n h=%s;\r\n bh=%s;\r\n b=",
			k.algorithm, s.domain, k.selector, at.Unix(), foldNames(names),
			base64.StdEncoding.EncodeToString(bodyHash[:]))
		digest := sha256.Sum256([]byte(signed.String() + relaxHeader("DKIM-Signature", value)))
		// Both algorithms are deterministic: PKCS #1 v1.5, and Ed25519 over the digest as a message (RFC 8463, 3).
		hash := crypto.SHA256
		if k.algorithm == "ed25519-sha256" {
			hash = crypto.Hash(0)
		}
		signature, err := k.private.Sign(nil, digest[:], hash)
		if err != nil {
			return nil, fmt.Errorf("selector %q: %w", k.selector, err)
		}
		out.WriteString("DKIM-Signature:" + value + foldBase64(base64.StdEncoding.EncodeToString(signature)) + "\r\n")
	}
	out.Write(raw)
	return out.Bytes(), nil
}

// headerFields returns the values, still folded, by lower-case name and in the order of the header.
func headerFields(head string) map[string][]string {
	out := map[string][]string{}
	var last string
	for line := range strings.SplitSeq(head, "\r\n") {
		if line != "" && (line[0] == ' ' || line[0] == '\t') {
			if v := out[last]; len(v) > 0 {
				v[len(v)-1] += "\r\n" + line
			}
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		last = strings.ToLower(strings.TrimRight(name, " \t"))
		out[last] = append(out[last], value)
	}
	return out
}

// relaxHeader is the relaxed form of a header field, without its line end (RFC 6376, 3.4.2).
func relaxHeader(name, value string) string {
	value = strings.ReplaceAll(value, "\r\n", "")
	return strings.ToLower(name) + ":" + strings.Join(strings.FieldsFunc(value, isWSP), " ")
}

func isWSP(r rune) bool { return r == ' ' || r == '\t' }

// relaxBody is the relaxed form of a body (RFC 6376, 3.4.4): runs of white space become one space, none at the end of
// a line, no empty lines at the end.
func relaxBody(body []byte) []byte {
	out := make([]byte, 0, len(body)+2)
	for line := range bytes.SplitSeq(body, []byte("\r\n")) {
		space := false
		for _, c := range line {
			if c == ' ' || c == '\t' {
				space = true
				continue
			}
			if space {
				out = append(out, ' ')
				space = false
			}
			out = append(out, c)
		}
		out = append(out, '\r', '\n')
	}
	for bytes.HasSuffix(out, []byte("\r\n\r\n")) {
		out = out[:len(out)-2]
	}
	if len(out) == 2 {
		return out[:0]
	}
	return out
}

// foldNames writes the list of header names on lines of at most 76 bytes, broken after a colon.
func foldNames(names []string) string {
	var out strings.Builder
	used := 3
	for i, name := range names {
		if i > 0 {
			out.WriteByte(':')
			used++
			if used+len(name)+1 > 76 {
				out.WriteString("\r\n  ")
				used = 2
			}
		}
		out.WriteString(name)
		used += len(name)
	}
	return out.String()
}

func foldBase64(s string) string {
	var out strings.Builder
	for len(s) > 72 {
		out.WriteString(s[:72] + "\r\n ")
		s = s[72:]
	}
	out.WriteString(s)
	return out.String()
}

// isHostname reports dot-separated labels of letters, digits, hyphens and underscores.
func isHostname(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || !isToken(strings.ReplaceAll(label, "_", "-")) {
			return false
		}
	}
	return true
}
