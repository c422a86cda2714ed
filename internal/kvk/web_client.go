// Package kvk asks the trade register of the Netherlands (KvK Handelsregister) who has a number, by
// its API "basisprofielen" v1: https://developers.kvk.nl. It needs a key of the operator's own.
package kvk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Company is what the register says of a number.
type Company struct {
	Number string
	Name   string
	SBI    string // code of the main activity, such as "47241"; "" when there is none
}

// ErrUnknown says that the register has no such number.
var ErrUnknown = errors.New("the trade register has no such number")

// Client asks the register. Use New.
type Client struct {
	base, key string
	http      *http.Client
}

const (
	patience = 4 * time.Second // for a whole question: a person waits for the answer
	most     = 256 << 10       // bytes of an answer
)

// New makes a client of the API at base, "https://api.kvk.nl/api" for the real one, with the
// operator's key; nil, which is used as no register, without a key.
func New(base, key string) (*Client, error) {
	if key == "" {
		return nil, nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("the address of the trade register must be like https://api.kvk.nl/api")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxConnsPerHost = 4
	return &Client{base: strings.TrimSuffix(base, "/"), key: key, http: &http.Client{
		Timeout: patience, Transport: transport,
		// The key goes to the operator's address and to no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Company returns what the register says of a number of eight digits; ErrUnknown when it has none.
// Any other error means that it could not be asked.
func (c *Client) Company(ctx context.Context, number string) (Company, error) {
	if len(number) != 8 || strings.Trim(number, "0123456789") != "" {
		return Company{}, ErrUnknown
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/v1/basisprofielen/"+number, nil)
	if err != nil {
		return Company{}, fmt.Errorf("ask the trade register: %w", err)
	}
	req.Header.Set("apikey", c.key)
	req.Header.Set("Accept", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return Company{}, fmt.Errorf("ask the trade register: %w", err)
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return Company{}, ErrUnknown
	default:
		return Company{}, fmt.Errorf("the trade register answered %d", res.StatusCode)
	}
	var profile struct {
		KvkNummer       string `json:"kvkNummer"`
		Naam            string `json:"naam"`
		SbiActiviteiten []struct {
			SbiCode            string `json:"sbiCode"`
			IndHoofdactiviteit string `json:"indHoofdactiviteit"`
		} `json:"sbiActiviteiten"`
		Handelsnamen []struct {
			Naam     string `json:"naam"`
			Volgorde int    `json:"volgorde"`
		} `json:"handelsnamen"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, most)).Decode(&profile); err != nil {
		return Company{}, fmt.Errorf("read the answer of the trade register: %w", err)
	}
	if profile.KvkNummer != number {
		return Company{}, errors.New("the trade register answered about another number")
	}
	found := Company{Number: number, Name: clean(profile.Naam)}
	if found.Name == "" && len(profile.Handelsnamen) > 0 {
		found.Name = clean(profile.Handelsnamen[0].Naam)
	}
	for _, a := range profile.SbiActiviteiten {
		if found.SBI == "" || strings.EqualFold(a.IndHoofdactiviteit, "ja") {
			found.SBI = a.SbiCode
		}
	}
	return found, nil
}

// clean keeps what a name may hold, on one line, at most 200 characters.
func clean(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))), " ")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200])
	}
	return s
}
