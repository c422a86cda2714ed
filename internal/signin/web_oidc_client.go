package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// issuers keeps what providers say of themselves, for an hour; while one cannot be reached, what it
// said last.
type issuers struct {
	mu   sync.Mutex
	byID map[string]*issuer
}

type issuer struct {
	mu       sync.Mutex
	provider *oidc.Provider
	asked    time.Time
	failed   time.Time // when it last could not be asked
	style    oauth2.AuthStyle
	says     bool // it says in each answer who it is (RFC 9207)
}

// outside is the client for what providers serve. Their addresses are the operator's, and their
// answers small.
var outside = &http.Client{
	Timeout: 10 * time.Second,
	Transport: bounded{&http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 8 * time.Second,
		MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10}},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// bounded ends an answer that is longer than any could be.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	w, err := b.next.RoundTrip(r)
	if err == nil {
		w.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(w.Body, 1<<20), w.Body}
	}
	return w, err
}

// issuerOf asks a provider where its parts are.
func (s *Signin) issuerOf(ctx context.Context, p Provider) (*issuer, error) {
	s.issuers.mu.Lock()
	if s.issuers.byID == nil {
		s.issuers.byID = map[string]*issuer{}
	}
	x := s.issuers.byID[p.Issuer]
	if x == nil {
		x = &issuer{}
		s.issuers.byID[p.Issuer] = x
	}
	s.issuers.mu.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.provider != nil && s.now().Sub(x.asked) < time.Hour {
		return x, nil
	}
	if since := s.now().Sub(x.failed); x.provider == nil && since >= 0 && since < 5*time.Second {
		return nil, refused("unreachable", errors.New("the provider could not be asked a moment ago")) // people do not wait in a row for it
	}
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), outside), p.Issuer)
	if err != nil {
		x.failed = s.now()
		if x.provider != nil {
			return x, nil
		}
		return nil, refused("unreachable", err)
	}
	var extra struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
		Says    bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&extra); err != nil {
		return nil, refused("unreachable", err)
	}
	x.provider, x.asked, x.says, x.style = found, s.now(), extra.Says, oauth2.AuthStyleInHeader
	for _, m := range extra.Methods { // client_secret_basic is what a provider takes that does not say
		if m == "client_secret_post" {
			x.style = oauth2.AuthStyleInParams
		}
	}
	for _, m := range extra.Methods {
		if m == "client_secret_basic" {
			x.style = oauth2.AuthStyleInHeader
		}
	}
	return x, nil
}

func (s *Signin) flow(p Provider, x *issuer) *oauth2.Config {
	end := x.provider.Endpoint()
	end.AuthStyle = x.style
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: end, Scopes: append([]string{oidc.ScopeOpenID}, p.Scopes...),
		RedirectURL: s.set.BaseURL + "/sign-in/with/" + p.Key + "/callback"}
}

// redeem turns the code into the claims of an ID token that the provider signed for us.
func (s *Signin) redeem(ctx context.Context, p Provider, v visit, code string) (c claims, err error) {
	x, err := s.issuerOf(ctx, p)
	if err != nil {
		return c, err
	}
	ctx = oidc.ClientContext(ctx, outside)
	t, err := s.flow(p, x).Exchange(ctx, code, oauth2.VerifierOption(v.Verifier))
	var answered *oauth2.RetrieveError
	switch {
	case errors.As(err, &answered): // not the answer itself, which may hold what we sent
		status := 0
		if answered.Response != nil {
			status = answered.Response.StatusCode
		}
		if status >= 500 {
			return c, refused("unreachable", fmt.Errorf("the provider answered %d", status))
		}
		return c, refused("mismatch", fmt.Errorf("the provider refused the code: %d %.60q", status, answered.ErrorCode))
	case err != nil:
		return c, refused("unreachable", errors.New("the provider could not be asked to redeem the code"))
	}
	raw, ok := t.Extra("id_token").(string)
	if !ok {
		return c, refused("mismatch", errors.New("the answer has no ID token"))
	}
	token, err := x.provider.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID, Now: s.now}).Verify(ctx, raw)
	if err != nil {
		return c, refused("mismatch", fmt.Errorf("the ID token cannot be used: %w", err))
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(t.AccessToken); err != nil {
			return c, refused("mismatch", errors.New("the access token is not that of the ID token"))
		}
	}
	var body rawClaims
	if err := token.Claims(&body); err != nil {
		return c, refused("mismatch", errors.New("the claims cannot be read"))
	}
	return readClaims(body, p)
}

// rawClaims keeps the claims as they came.
type rawClaims []byte

// UnmarshalJSON keeps a copy.
func (r *rawClaims) UnmarshalJSON(b []byte) error {
	*r = append((*r)[:0], b...)
	return nil
}
