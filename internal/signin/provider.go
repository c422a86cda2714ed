package signin

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"polder/internal/fault"
	"polder/internal/i18n"
)

// Provider is one OIDC provider that people may sign in with: the single sign-on of an organisation
// whose people work at the centre, or a broker for companies such as one for eHerkenning.
type Provider struct {
	Key      string            // in addresses: "rijk"
	Name     map[string]string // on the button, by language
	Company  bool              // who comes from here speaks for a company
	Issuer   string
	ClientID string
	Secret   string
	Levels   []string      // the acr values that stand for two factors; every other is refused
	MaxAge   time.Duration // how long ago the person may have signed in there
	Number   string        // claim with the registration number of the company; "" for none
	Scopes   []string      // besides openid
	Create   bool          // whoever is not known yet gets an account, without roles
	Vouched  bool          // the provider checks every mail address, also when it does not say so
}

// providerFile is a Provider as an operator writes it.
type providerFile struct {
	Key        string            `yaml:"key"`
	Name       map[string]string `yaml:"name"`
	Kind       string            `yaml:"kind"`
	Issuer     string            `yaml:"issuer"`
	ClientID   string            `yaml:"client_id"`
	SecretFile string            `yaml:"client_secret_file"`
	SecretEnv  string            `yaml:"client_secret_env"`
	Levels     []string          `yaml:"acr"`
	MaxAge     string            `yaml:"max_age"`
	Number     string            `yaml:"registration_claim"`
	Scopes     []string          `yaml:"scopes"`
	Create     *bool             `yaml:"create"`
	Vouched    bool              `yaml:"mail_is_verified"`
}

// LoadProviders reads the file of POLDER_OIDC, a list in YAML; "" is none. What cannot be used is an
// Invalid fault that names the provider and what to do.
func LoadProviders(file string) ([]Provider, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the file of POLDER_OIDC cannot be read")
	}
	defer f.Close()
	return readProviders(io.LimitReader(f, 1<<20))
}

var providerKey = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)

func readProviders(r io.Reader) (list []Provider, err error) {
	d := yaml.NewDecoder(r)
	d.KnownFields(true) // a slip of the pen must not be silent
	var files []providerFile
	if err := d.Decode(&files); err != nil && err != io.EOF {
		return nil, fault.Invalidf("the file of POLDER_OIDC is not a list of providers (%s)", strings.Join(strings.Fields(err.Error()), " "))
	}
	for _, f := range files {
		p, err := f.provider()
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, fmt.Sprintf("POLDER_OIDC, provider %q", f.Key))
		}
		if slices.ContainsFunc(list, func(o Provider) bool { return o.Key == p.Key }) {
			return nil, fault.Invalidf("POLDER_OIDC has two providers with the key %q", p.Key)
		}
		list = append(list, p)
	}
	return list, nil
}

func (f providerFile) provider() (p Provider, err error) {
	p = Provider{Key: f.Key, Name: f.Name, Company: f.Kind == "company", Issuer: f.Issuer, ClientID: f.ClientID, Levels: f.Levels,
		MaxAge: 8 * time.Hour, Number: f.Number, Scopes: f.Scopes, Create: f.Kind == "company", Vouched: f.Vouched}
	if f.Create != nil {
		p.Create = *f.Create
	}
	wrong := func(format string, a ...any) (Provider, error) { return p, fmt.Errorf(format, a...) }
	if !providerKey.MatchString(p.Key) {
		return wrong("key must be a short word of small letters, digits and hyphens")
	}
	for _, lang := range i18n.Languages {
		if strings.TrimSpace(p.Name[lang]) == "" {
			return wrong("name lacks %q: give nl and en", lang)
		}
	}
	if f.Kind != "staff" && f.Kind != "company" {
		return wrong("kind must be staff or company")
	}
	if u, err := url.Parse(p.Issuer); err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return wrong("issuer must be an https address, as the provider writes it")
	}
	if p.ClientID == "" {
		return wrong("client_id is missing")
	}
	if len(p.Levels) == 0 || slices.Contains(p.Levels, "") {
		return wrong("acr must list the levels that stand for two factors; nobody can sign in without one")
	}
	if f.MaxAge != "" {
		if p.MaxAge, err = time.ParseDuration(f.MaxAge); err != nil || p.MaxAge < time.Minute || p.MaxAge > 24*time.Hour {
			return wrong("max_age must be 1m to 24h")
		}
	}
	switch {
	case f.SecretFile != "" && f.SecretEnv != "":
		return wrong("give client_secret_file or client_secret_env, not both")
	case f.SecretFile != "":
		b, err := os.ReadFile(f.SecretFile)
		if err != nil {
			return wrong("client_secret_file cannot be read: %w", err)
		}
		p.Secret = strings.TrimSpace(string(b))
	case f.SecretEnv != "":
		p.Secret = os.Getenv(f.SecretEnv)
	}
	if p.Secret == "" {
		return wrong("there is no client secret; give client_secret_file or client_secret_env")
	}
	return p, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Button is a provider on a page: a form that posts to Action.
type Button struct{ Key, Name, Action string }

// Buttons are what the partial "providers" (templates/_providers.html) shows.
type Buttons struct {
	List    []Button
	To      string // the page to go to afterwards; "" for the front page
	Purpose string // "sign-in" or "confirm"
}

// Providers returns the buttons for the page where people sign in, in the order of the settings.
func (s *Signin) Providers(lang, to string) Buttons {
	b := Buttons{To: to, Purpose: forSignIn}
	for _, p := range s.set.Providers {
		b.List = append(b.List, p.button(lang))
	}
	return b
}

// ConfirmWith returns the buttons for the page where the person of the context shows a factor anew:
// the providers that the account is linked to.
func (s *Signin) ConfirmWith(ctx context.Context, lang, to string) (Buttons, error) {
	b := Buttons{To: to, Purpose: forConfirm}
	list, err := s.Identities(ctx)
	for _, p := range s.set.Providers {
		if slices.ContainsFunc(list, func(x Identity) bool { return x.Issuer == p.Issuer }) {
			b.List = append(b.List, p.button(lang))
		}
	}
	return b, err
}

func (p Provider) button(lang string) Button {
	return Button{Key: p.Key, Name: p.Name[lang], Action: "/sign-in/with/" + p.Key}
}

func (s *Signin) provider(key string) (Provider, error) {
	for _, p := range s.set.Providers {
		if p.Key == key {
			return p, nil
		}
	}
	return Provider{}, fault.Hidden()
}
