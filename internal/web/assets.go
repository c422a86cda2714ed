package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"polder/internal/fault"
)

//go:embed static
var staticFiles embed.FS

// styles is the one stylesheet, in this order. The theme's tokens.css comes after all of them.
var styles = []string{
	"fonts.css",
	"utrecht/skip-link.css", "utrecht/button.css", "utrecht/alert.css", "utrecht/data-list.css",
	"utrecht/table.css", "utrecht/form-field.css", "utrecht/textbox.css",
	"tokens.css", "bridge.css", "polder.css", "chart.css", "work.css", "reports.css", "picture.css", "proof.css", "print.css",
}

// file is one static file as it is served.
type file struct {
	address  string // "/assets/polder.1a2b3c4d5e6f.css"
	kind     string
	etag     string
	body, gz []byte // gz is nil when it would save nothing
}

// assets are the static files, by plain name ("logo.svg") and by address.
type assets struct {
	byName    map[string]*file
	byAddress map[string]*file
	name      string // of the site
	themed    bool   // the theme has its own logo
}

// loadAssets reads our own files and lays the theme over them.
func loadAssets(theme fs.FS) (*assets, error) {
	own, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, fmt.Errorf("open assets: %w", err)
	}
	a := &assets{byName: map[string]*file{}, byAddress: map[string]*file{}, name: "Polder"}
	if err := a.addAll(own); err != nil {
		return nil, err
	}
	var css bytes.Buffer
	for _, name := range styles {
		text, err := fs.ReadFile(own, name)
		if err != nil {
			return nil, fmt.Errorf("read stylesheet: %w", err)
		}
		fmt.Fprintf(&css, "%s\n", text)
	}
	if theme != nil {
		if err := a.addTheme(theme, &css); err != nil {
			return nil, fmt.Errorf("read theme: %w", err)
		}
	}
	a.add("polder.css", a.link(css.Bytes()))
	return a, nil
}

// addAll takes every file but the stylesheets and the notes about where they come from.
func (a *assets) addAll(from fs.FS) error {
	return fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if slices.Contains([]string{".svg", ".js", ".woff2", ".png"}, path.Ext(name)) {
			body, err := fs.ReadFile(from, name)
			if err != nil {
				return err
			}
			a.add(name, body)
		}
		return nil
	})
}

func (a *assets) addTheme(theme fs.FS, css *bytes.Buffer) error {
	if err := a.addAll(theme); err != nil {
		return err
	}
	if _, err := fs.Stat(theme, "logo.svg"); err == nil {
		a.themed = true
	}
	for name, use := range map[string]func([]byte){
		"tokens.css": func(text []byte) { css.Write(text) },
		"name.txt":   func(text []byte) { a.name = strings.TrimSpace(string(text)) },
	} {
		text, err := fs.ReadFile(theme, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		default:
			use(text)
		}
	}
	return nil
}

// add names a file for its content, so that it may be kept for ever. A later file of the same name replaces it.
func (a *assets) add(name string, body []byte) {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:6])
	ext := path.Ext(name)
	f := &file{
		address: "/assets/" + strings.TrimSuffix(name, ext) + "." + hash + ext,
		kind:    kindOf(ext), etag: `"` + hash + `"`, body: body,
	}
	if ext != ".woff2" && ext != ".png" {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		// Writing to memory does not fail.
		_, _ = z.Write(body)
		_ = z.Close()
		if packed.Len() < len(body) {
			f.gz = packed.Bytes()
		}
	}
	if before := a.byName[name]; before != nil {
		delete(a.byAddress, before.address)
	}
	a.byName[name], a.byAddress[f.address] = f, f
}

// kindOf does not ask the machine for its opinion, as mime.TypeByExtension would for some of these.
func kindOf(ext string) string {
	switch ext {
	case ".woff2":
		return "font/woff2"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(ext)
}

var reference = regexp.MustCompile(`url\(["']?([^"')]+)["']?\)`)

// link replaces the names of our files in a stylesheet by their addresses.
func (a *assets) link(css []byte) []byte {
	return reference.ReplaceAllFunc(css, func(found []byte) []byte {
		name := string(reference.FindSubmatch(found)[1])
		if f := a.byName[strings.TrimPrefix(name, "./")]; f != nil {
			return []byte(`url("` + f.address + `")`)
		}
		return found
	})
}

// address gives where a static file is served; an unknown name is an error in the template.
func (a *assets) address(name string) (string, error) {
	f := a.byName[name]
	if f == nil {
		return "", fmt.Errorf("no asset %q", name)
	}
	return f.address, nil
}

// serve answers with a file that may be kept for a year: another content has another address.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) error {
	f := a.byAddress["/assets/"+r.PathValue("file")]
	if f == nil {
		return fault.Hidden()
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	body := f.body
	if f.gz != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = f.gz
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("send asset: %w", err)
	}
	return nil
}

func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if name, q := weighted(part); (name == "gzip" || name == "*") && q > 0 {
			return true
		}
	}
	return false
}
