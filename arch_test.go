package polder_test

// The rules of the house, as docs/architecture.md tells them: which folder may import which, where
// SQL and HTTP may stand, and which modules we answer for. Only go/parser is needed. Each rule is a
// function from one file to its breaches; arch_rules_test.go shows that each of them bites.

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says which domains a domain may import; what those may import, it may too.
var arrows = map[string][]string{
	"insight":   {"exchange", "grants", "assess", "advise", "community", "collect", "outreach"},
	"exchange":  {"cases"},
	"cases":     {"notify"},
	"collect":   {"notify"},
	"outreach":  {"notify"},
	"follow":    {"notify"},
	"notify":    {"footprint"},
	"footprint": {"directory"},
	"grants":    {"partners"},
	"partners":  {"directory"},
	"assess":    {"directory"},
	"advise":    {"directory"},
	"community": {"directory"},
	"directory": {},
}

// pure packages lie inside a domain, which may import them, and import nothing of Polder.
var pure = []string{"notify/feeds", "notify/advice", "outreach/securitytxt"}

// plumbing are the folders of internal/ that have tables, by the prefix of their names.
var plumbing = []string{"audit", "jobs", "signin"}

// modules are those that our code imports, each with its reason.
var modules = map[string]string{
	"github.com/alecthomas/kong":               "command line and settings in one struct, with help",
	"github.com/alecthomas/kong-yaml":          "settings from a file",
	"github.com/boombuler/barcode":             "the QR code of a new app for codes, drawn on the server",
	"github.com/chromedp/cdproto":              "browser tests: the protocol of chromedp",
	"github.com/chromedp/chromedp":             "browser tests: real clicks in Chromium",
	"github.com/coreos/go-oidc/v3":             "OpenID Connect: discovery, keys, signatures of ID tokens",
	"github.com/danielgtaylor/huma/v2":         "OpenAPI 3.1 and checked requests from the Go types of an operation",
	"github.com/emersion/go-imap/v2":           "reports that come by mail: IMAP as a client; a server for tests",
	"github.com/emersion/go-message":           "the parts of a mail that was received",
	"github.com/emersion/go-msgauth":           "DKIM signatures",
	"github.com/emersion/go-sasl":              "authentication of the SMTP server for tests and the demo",
	"github.com/emersion/go-smtp":              "an SMTP server for tests and the demo",
	"github.com/gaissmai/bart":                 "longest-prefix look-ups in 200 ns, changed copy-on-write",
	"github.com/go-jose/go-jose/v4":            "tests: keys of a real OIDC provider on loopback",
	"github.com/go-webauthn/webauthn":          "passkeys",
	"github.com/google/uuid":                   "UUIDv7",
	"github.com/jackc/pgx/v5":                  "PostgreSQL, with COPY",
	"github.com/miekg/dns":                     "asking a resolver of our choice for TXT records and addresses; a DNS server for tests",
	"github.com/nicksnyder/go-i18n/v2":         "plural rules, Dutch and English",
	"github.com/openrdap/rdap":                 "RDAP with IANA's list of servers: whose network an address is",
	"github.com/pb33f/libopenapi":              "tests: the schema of OpenAPI 3.1",
	"github.com/pquerna/otp":                   "codes of an app (RFC 6238)",
	"github.com/pressly/goose/v3":              "migrations in plain SQL files",
	"github.com/prometheus/client_golang":      "metrics",
	"github.com/santhosh-tekuri/jsonschema/v6": "tests: the description of the API against that schema",
	"github.com/schollz/progressbar/v3":        "progress of a long ingest on a terminal",
	"github.com/wneessen/go-mail":              "SMTP as a client: STARTTLS, authentication, many mails on one connection",
	"github.com/zitadel/oidc/v3":               "tests: a real OIDC provider on loopback",
	"go.yaml.in/yaml/v3":                       "advice texts and mappings of columns",
	"golang.org/x/crypto":                      "argon2id",
	"golang.org/x/net":                         "the public suffix list; A-labels of names",
	"golang.org/x/oauth2":                      "the code flow of OIDC, with PKCE",
	"golang.org/x/sync":                        "errgroup",
	"golang.org/x/term":                        "whether we write to a terminal, and its width",
	"golang.org/x/text":                        "language tags; character sets",
	"golang.org/x/time":                        "how often a token may ask, and how often we ask the registers of others",
	"modernc.org/sqlite":                       "SQLite without cgo",
	"pgregory.net/rapid":                       "property tests of matching",
}

// source is one Go file; its name is relative to the root.
type source struct {
	name, text string
	file       *ast.File
	fset       *token.FileSet
}

func parse(name, text string) (source, error) {
	s := source{name: name, text: text, fset: token.NewFileSet()}
	var err error
	s.file, err = parser.ParseFile(s.fset, name, text, parser.ParseComments)
	return s, err
}

func (s source) isTest() bool { return strings.HasSuffix(s.name, "_test.go") || s.in("internal/kit") }

// in tells whether the file lies in one of the folders or below.
func (s source) in(folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return strings.HasPrefix(s.name, f+"/") })
}

// named tells whether the file is called PREFIX.go or PREFIX_something.go.
func (s source) named(prefix string) bool {
	base := strings.TrimSuffix(path.Base(s.name), ".go")
	return base == prefix || strings.HasPrefix(base, prefix+"_")
}

func (s source) imports() (all []string) {
	for _, i := range s.file.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		all = append(all, p)
	}
	return all
}

func (s source) at(p token.Pos, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: ", s.name, s.fset.Position(p).Line) + fmt.Sprintf(format, args...)
}

// reach is all that a domain may import.
func reach(domain string) (all []string) {
	for _, d := range arrows[domain] {
		all = append(all, d)
		all = append(all, reach(d)...)
	}
	return all
}

// domainOf returns the root folder when it is a domain.
func domainOf(name string) (string, bool) {
	root, _, _ := strings.Cut(name, "/")
	_, ok := arrows[root]
	return root, ok
}

var rules = map[string]func(s source) []string{
	"arrows": func(s source) (bad []string) {
		dir := path.Dir(s.name)
		domain, isDomain := domainOf(s.name)
		switch {
		case dir == ".", s.in("cmd", "internal"):
		case !isDomain:
			bad = append(bad, s.name+": a folder that the arrows do not know")
		case dir != domain && !slices.Contains(pure, dir):
			bad = append(bad, s.name+": a domain is one flat package, but for the pure ones")
		}
		for _, p := range s.imports() {
			target, ours := strings.CutPrefix(p, "polder/")
			if !ours || target == dir { // its own package, from an external test
				continue
			}
			to, toDomain := domainOf(target)
			switch {
			case strings.HasPrefix(target, "internal/kit"):
				if !s.isTest() {
					bad = append(bad, s.name+": internal/kit is for tests only")
				}
			case strings.HasPrefix(target, "cmd/"):
				bad = append(bad, s.name+": nothing imports cmd")
			case s.in("cmd"):
			case slices.Contains(pure, dir):
				bad = append(bad, s.name+": is pure, and imports "+target)
			case toDomain && !isDomain:
				bad = append(bad, s.name+": plumbing knows no mission, and imports "+target)
			case toDomain && slices.Contains(pure, target):
				if to != domain && !slices.Contains(reach(domain), to) {
					bad = append(bad, s.name+": the arrows do not lead to "+target)
				}
			case toDomain && !slices.Contains(reach(domain), to):
				bad = append(bad, s.name+": the arrows do not lead to "+target)
			case !toDomain && !strings.HasPrefix(target, "internal/"):
				bad = append(bad, s.name+": the arrows do not know "+target)
			}
		}
		return bad
	},
	"SQL in store files": func(s source) (bad []string) {
		// Three folders of plumbing are nothing but storage.
		if s.isTest() || s.named("store") || s.in("internal/db", "internal/jobs", "internal/audit") {
			return nil
		}
		if slices.Contains(s.imports(), "database/sql") {
			bad = append(bad, s.name+": database/sql belongs in store*.go")
		}
		for _, l := range literals(s) {
			if sqlStart.MatchString(l.text) {
				bad = append(bad, s.at(l.pos, "SQL belongs in store*.go: %.40q", strings.TrimSpace(l.text)))
			}
		}
		return bad
	},
	"own tables": func(s source) (bad []string) {
		owner, known := ownerOf(s.name)
		if s.isTest() || !known || !s.named("store") && !s.in("internal/audit", "internal/jobs") {
			return nil
		}
		for _, l := range literals(s) {
			for _, name := range foreign(owner, l.text) {
				bad = append(bad, s.at(l.pos, "%s belongs to somebody else", name))
			}
		}
		return bad
	},
	"HTTP in web and api files": func(s source) (bad []string) {
		if s.isTest() || s.named("web") || s.named("api") || s.in("internal/web") {
			return nil
		}
		if slices.Contains(s.imports(), "net/http") {
			bad = append(bad, s.name+": net/http belongs in web*.go and api*.go")
		}
		return bad
	},
	"time is passed in": func(s source) (bad []string) {
		if _, domain := domainOf(s.name); !domain || s.isTest() {
			return nil
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				x, _ := sel.X.(*ast.Ident)
				if x != nil && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) {
					bad = append(bad, s.at(n.Pos(), "time.%s in a domain: take the time as an argument", sel.Sel.Name))
				}
			}
			return true
		})
		return bad
	},
	"nothing put off": func(s source) (bad []string) {
		for i, line := range strings.Split(s.text, "\n") {
			if putOff.MatchString(line) {
				bad = append(bad, fmt.Sprintf("%s:%d: do it, or make it an issue", s.name, i+1))
			}
		}
		return bad
	},
	"short files": func(s source) (bad []string) {
		if n := strings.Count(s.text, "\n"); n > 500 && !s.isTest() && !ast.IsGenerated(s.file) {
			bad = append(bad, fmt.Sprintf("%s: %d lines; look for the second noun in it", s.name, n))
		}
		return bad
	},
}

var (
	sqlStart = regexp.MustCompile(`^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|WITH|WHERE|ORDER BY|GROUP BY|JOIN)\s`)
	putOff   = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)
	created  = regexp.MustCompile(`(?i)\bCREATE\s+(?:UNIQUE\s+)?(?:TABLE|VIEW|INDEX|TRIGGER|FUNCTION)\s+(?:IF\s+NOT\s+EXISTS\s+)?([a-z0-9_]+)`)
	pointsTo = regexp.MustCompile(`(?i)\bREFERENCES\s+([a-z0-9]+)_[a-z0-9_]+`)
	comment  = regexp.MustCompile(`--[^\n]*`)
	tables   = func() *regexp.Regexp {
		owners := slices.Clone(plumbing)
		for d := range arrows {
			owners = append(owners, d)
		}
		return regexp.MustCompile(`\b(` + strings.Join(owners, "|") + `)_[a-z0-9_]+`)
	}()
)

type literal struct {
	text string
	pos  token.Pos
}

func literals(s source) (all []literal) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		if _, ok := n.(*ast.ImportSpec); ok {
			return false
		}
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			text, _ := strconv.Unquote(l.Value)
			all = append(all, literal{text, l.Pos()})
		}
		return true
	})
	return all
}

// ownerOf returns the prefix of the tables that a file may name.
func ownerOf(name string) (string, bool) {
	if inside, ok := strings.CutPrefix(name, "internal/"); ok {
		owner, _, _ := strings.Cut(inside, "/")
		return owner, slices.Contains(plumbing, owner)
	}
	return domainOf(name)
}

// foreign lists the tables of others that a text names. A foreign key may point the way the arrows
// go, and insight reads the views that others publish for it.
func foreign(owner, text string) (names []string) {
	text = comment.ReplaceAllString(text, "")
	text = pointsTo.ReplaceAllStringFunc(text, func(ref string) string {
		if slices.Contains(reach(owner), pointsTo.FindStringSubmatch(ref)[1]) {
			return ""
		}
		return ref
	})
	for _, m := range tables.FindAllStringSubmatch(text, -1) {
		published := owner == "insight" && strings.HasPrefix(m[0], m[1]+"_kpi_")
		if m[1] != owner && !published {
			names = append(names, m[0])
		}
	}
	return names
}

// migrationRule checks one migration: it makes and names only what belongs to its owner.
func migrationRule(name, text string) (bad []string) {
	owner, known := ownerOf(name)
	if !known {
		return []string{name + ": a migration outside a domain and the plumbing that has tables"}
	}
	text = comment.ReplaceAllString(text, "")
	for _, m := range created.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], owner+"_") {
			bad = append(bad, name+": makes "+m[1]+", which does not begin with "+owner+"_")
		}
	}
	for _, table := range foreign(owner, text) {
		bad = append(bad, name+": "+table+" belongs to somebody else")
	}
	return bad
}

// moduleRule compares the imports of all files with the modules, both ways.
func moduleRule(all []source, modules map[string]string) (bad []string) {
	used := map[string]bool{}
	for _, s := range all {
		for _, p := range s.imports() {
			first, _, _ := strings.Cut(p, "/")
			if !strings.Contains(first, ".") {
				continue
			}
			module := ""
			for m := range modules {
				if (p == m || strings.HasPrefix(p, m+"/")) && len(m) > len(module) {
					module = m
				}
			}
			if module == "" {
				bad = append(bad, s.name+": imports "+p+", of a module without a reason in arch_test.go")
			}
			used[module] = true
		}
	}
	for m, reason := range modules {
		if !used[m] {
			bad = append(bad, "no code imports "+m+" any more")
		}
		if len(reason) < 5 {
			bad = append(bad, m+": no reason given")
		}
	}
	return bad
}

func TestArchitecture(t *testing.T) {
	var all []source
	var bad []string
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if base := e.Name(); name != "." && (base == "testdata" || base == "bin" || base == "node_modules" || strings.HasPrefix(base, ".")) {
				return fs.SkipDir
			}
			return nil
		}
		switch path.Ext(name) {
		case ".go":
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			s, err := parse(name, string(b))
			if err != nil {
				return err
			}
			all = append(all, s)
			for _, rule := range rules {
				bad = append(bad, rule(s)...)
			}
		case ".sql":
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			bad = append(bad, migrationRule(name, string(b))...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	bad = append(bad, moduleRule(all, modules)...)
	slices.Sort(bad)
	for _, b := range bad {
		t.Error(b)
	}
}
