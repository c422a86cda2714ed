package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	kongyaml "github.com/alecthomas/kong-yaml"
	"go.yaml.in/yaml/v3"
)

// settingsFile is a file of settings in YAML, by the names of the flags. A flag goes before the
// environment, and the environment before the file: kong by itself would have the file go before
// the environment. A name that is no setting is an error, so that a slip of the pen is not silent.
type settingsFile struct {
	kong.Resolver
	names []string
}

func readSettings(r io.Reader) (kong.Resolver, error) {
	b, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	values := map[string]any{}
	if err := yaml.Unmarshal(b, &values); err != nil {
		return nil, fmt.Errorf("the file with settings is not YAML with a name and a value on each line (%s)", strings.Join(strings.Fields(err.Error()), " "))
	}
	s := &settingsFile{}
	for name := range values {
		s.names = append(s.names, name)
	}
	slices.Sort(s.names)
	s.Resolver, err = kongyaml.Loader(bytes.NewReader(b))
	return s, err
}

// Resolve gives the file's value of a flag, unless the environment has one.
func (s *settingsFile) Resolve(c *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	return s.Resolver.Resolve(c, parent, flag)
}

// Validate refuses names that are no settings.
func (s *settingsFile) Validate(app *kong.Application) error {
	for _, name := range s.names {
		if !slices.ContainsFunc(app.Flags, func(f *kong.Flag) bool { return f.Name == name && len(f.Envs) > 0 }) {
			return fmt.Errorf("the file with settings names %q, which is no setting", name)
		}
	}
	return nil
}

// unusable is the error of a command line or a setting that cannot be used.
type unusable struct{ error }

func (u unusable) Unwrap() error { return u.error }
