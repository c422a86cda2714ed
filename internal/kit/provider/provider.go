// Package provider is a real OIDC provider on loopback, for tests only: zitadel's, with one person
// who is signed in there already, as Person says at that moment.
package provider

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// Person is who is signed in at the provider, and what it says of that.
type Person struct {
	Subject, Level, Mail, Name, Number string
	MailVerified                       bool
	At                                 time.Time // of signing in there
	Nonce                              string    // what the token says in place of what was asked; "" for that
	Refuses                            bool      // the person does not want to
}

// NumberClaim is where the provider puts Person.Number.
const NumberClaim = "urn:etoegang:1.9:EntityConcernedID:KvKnr"

// Client is how the relying party is known.
const (
	Client = "polder"
	Secret = "not-a-secret"
)

// Provider is one that runs.
type Provider struct {
	Issuer string
	server *httptest.Server

	mu       sync.Mutex
	person   Person
	redirect []string
	requests map[string]*request
	codes    map[string]string
	asked    url.Values // of the last authorization request
	key      *rsa.PrivateKey
}

// Start runs a provider until the test ends.
func Start(t testing.TB) *Provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{requests: map[string]*request{}, codes: map[string]string{}, key: key}
	p.server = httptest.NewUnstartedServer(nil)
	p.Issuer = "http://" + p.server.Listener.Addr().String()
	handler, err := op.NewProvider(&op.Config{CryptoKey: [32]byte{1}, CodeMethodS256: true, SupportedScopes: []string{"openid", "email", "profile"}},
		storage{p}, op.StaticIssuer(p.Issuer), op.WithAllowInsecure())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked = r.URL.Query()
		refuses := p.person.Refuses
		p.mu.Unlock()
		if refuses {
			back, _ := url.Parse(r.URL.Query().Get("redirect_uri"))
			back.RawQuery = url.Values{"error": {"access_denied"}, "state": {r.URL.Query().Get("state")}}.Encode()
			http.Redirect(w, r, back.String(), http.StatusFound)
			return
		}
		handler.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		id := r.URL.Query().Get("id")
		p.mu.Lock()
		if q := p.requests[id]; q != nil {
			q.person, q.done = p.person, true
		}
		p.mu.Unlock()
		http.Redirect(w, r, p.Issuer+"/authorize/callback?id="+url.QueryEscape(id), http.StatusFound)
	})
	p.server.Config.Handler = mux
	p.server.Start()
	t.Cleanup(p.server.Close)
	return p
}

// Redirects says where the relying party may have people sent back to.
func (p *Provider) Redirects(to ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.redirect = to
}

// As makes this the person who is signed in from now on.
func (p *Provider) As(person Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person = person
}

// Asked returns the last authorization request.
func (p *Provider) Asked() url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// Stop ends the provider before the test does.
func (p *Provider) Stop() { p.server.Close() }

// request is an authorization request as the library wants it.
type request struct {
	id     string
	in     *oidc.AuthRequest
	person Person
	done   bool
}

func (q *request) GetID() string          { return q.id }
func (q *request) GetACR() string         { return q.person.Level }
func (q *request) GetAMR() []string       { return nil }
func (q *request) GetAudience() []string  { return []string{q.in.ClientID} }
func (q *request) GetAuthTime() time.Time { return q.person.At }
func (q *request) GetClientID() string    { return q.in.ClientID }
func (q *request) GetCodeChallenge() *oidc.CodeChallenge {
	if q.in.CodeChallenge == "" {
		return nil
	}
	return &oidc.CodeChallenge{Challenge: q.in.CodeChallenge, Method: q.in.CodeChallengeMethod}
}
func (q *request) GetNonce() string {
	if q.person.Nonce != "" {
		return q.person.Nonce
	}
	return q.in.Nonce
}
func (q *request) GetRedirectURI() string             { return q.in.RedirectURI }
func (q *request) GetResponseType() oidc.ResponseType { return q.in.ResponseType }
func (q *request) GetResponseMode() oidc.ResponseMode { return q.in.ResponseMode }
func (q *request) GetScopes() []string                { return q.in.Scopes }
func (q *request) GetState() string                   { return q.in.State }
func (q *request) GetSubject() string                 { return q.person.Subject }
func (q *request) Done() bool                         { return q.done }

// client is the relying party.
type client struct{ redirect []string }

func (c client) GetID() string                       { return Client }
func (c client) RedirectURIs() []string              { return c.redirect }
func (c client) PostLogoutRedirectURIs() []string    { return nil }
func (c client) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c client) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethodBasic }
func (c client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c client) GrantTypes() []oidc.GrantType        { return []oidc.GrantType{oidc.GrantTypeCode} }
func (c client) LoginURL(id string) string           { return "/login?id=" + url.QueryEscape(id) }
func (c client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeBearer }
func (c client) IDTokenLifetime() time.Duration      { return 60 * time.Minute }
func (c client) DevMode() bool                       { return true }
func (c client) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(s []string) []string { return s }
}
func (c client) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(s []string) []string { return s }
}
func (c client) IsScopeAllowed(string) bool           { return true }
func (c client) IDTokenUserinfoClaimsAssertion() bool { return true }
func (c client) ClockSkew() time.Duration             { return 0 }

var errNot = errors.New("not in this provider")

// storage keeps what the library asks to be kept, in memory.
type storage struct{ p *Provider }

func (s storage) CreateAuthRequest(_ context.Context, in *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	q := &request{id: rand.Text(), in: in}
	s.p.requests[q.id] = q
	return q, nil
}

func (s storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if q, ok := s.p.requests[id]; ok {
		return q, nil
	}
	return nil, errors.New("no such request")
}

func (s storage) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	s.p.mu.Lock()
	id := s.p.codes[code]
	s.p.mu.Unlock()
	return s.AuthRequestByID(ctx, id)
}

func (s storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.codes[code] = id
	return nil
}

func (s storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	delete(s.p.requests, id)
	return nil
}

func (s storage) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return rand.Text(), time.Now().Add(5 * time.Minute), nil
}

func (s storage) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (string, string, time.Time, error) {
	return "", "", time.Time{}, errNot
}

func (s storage) TokenRequestByRefreshToken(context.Context, string) (op.RefreshTokenRequest, error) {
	return nil, errNot
}
func (s storage) TerminateSession(context.Context, string, string) error { return errNot }
func (s storage) RevokeToken(context.Context, string, string, string) *oidc.Error {
	return oidc.ErrServerError()
}
func (s storage) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}

type signingKey struct{ key *rsa.PrivateKey }

func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k signingKey) Key() any                                    { return k.key }
func (k signingKey) ID() string                                  { return "k" }

type publicKey struct{ key *rsa.PrivateKey }

func (k publicKey) ID() string                         { return "k" }
func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return &k.key.PublicKey }

func (s storage) SigningKey(context.Context) (op.SigningKey, error) { return signingKey{s.p.key}, nil }
func (s storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}
func (s storage) KeySet(context.Context) ([]op.Key, error) { return []op.Key{publicKey{s.p.key}}, nil }

func (s storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if id != Client {
		return nil, errors.New("no such client")
	}
	return client{s.p.redirect}, nil
}

func (s storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	if id != Client || secret != Secret {
		return errors.New("wrong secret")
	}
	return nil
}

func (s storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromRequest puts in the ID token what the provider says of the person.
func (s storage) SetUserinfoFromRequest(_ context.Context, u *oidc.UserInfo, r op.IDTokenRequest, _ []string) error {
	q, ok := r.(*request)
	if !ok {
		return nil
	}
	u.Subject, u.Name, u.Email, u.EmailVerified = q.person.Subject, q.person.Name, q.person.Mail, oidc.Bool(q.person.MailVerified)
	if q.person.Number != "" {
		u.AppendClaims(NumberClaim, q.person.Number)
	}
	return nil
}

func (s storage) SetUserinfoFromToken(context.Context, *oidc.UserInfo, string, string, string) error {
	return errNot
}
func (s storage) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errNot
}
func (s storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}
func (s storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errNot
}
func (s storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errNot
}
func (s storage) Health(context.Context) error { return nil }
