package notify

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// rawFile is a copy of an offered file in the data folder, not yet in its place.
type rawFile struct {
	file  *os.File
	size  int64
	sha   []byte
	temp  string // "" once it is in its place
	place string // where keep put it
}

// keepRaw copies what is offered into the data folder, hashing it on the way, so that what is read
// later is what was hashed, whatever happens to the file that was offered.
func (n *Notify) keepRaw(src io.Reader) (*rawFile, error) {
	dir := filepath.Join(n.db.Dir(), "reports")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for raw reports: %w", err)
	}
	file, err := os.CreateTemp(dir, "incoming-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("keep the raw report: %w", err)
	}
	k := &rawFile{file: file, temp: file.Name()}
	h := sha256.New()
	k.size, err = io.CopyBuffer(io.MultiWriter(file, h), src, make([]byte, 1<<20))
	if err != nil {
		k.discard()
		return nil, fmt.Errorf("keep the raw report (is the disk full?): %w", err)
	}
	k.sha = h.Sum(nil)
	return k, nil
}

// keep puts the file where it belongs, unless it is there whole. It is durable after sync.
func (k *rawFile) keep(path string) error {
	if s, err := os.Stat(path); err == nil && s.Size() == k.size {
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.Rename(k.temp, path); err != nil {
		return err
	}
	k.temp, k.place = "", path
	return nil
}

// sync makes the file and its place durable, as it must be before its report is complete.
func (k *rawFile) sync() error {
	if k.place == "" {
		return nil
	}
	return errors.Join(k.file.Sync(), syncDir(filepath.Dir(k.place)), syncDir(filepath.Dir(filepath.Dir(k.place))))
}

// discard closes the copy, and removes it when it was not put in place.
func (k *rawFile) discard() {
	k.file.Close()
	if k.temp != "" {
		os.Remove(k.temp)
	}
}

// leftBehind is how long a copy may be in the making. Its process touches it as long as it grows, and
// waits for other reports after that.
const leftBehind = 24 * time.Hour

// dropLeftBehind removes the copies whose process was killed before they were in their places.
func (n *Notify) dropLeftBehind(now time.Time) error {
	dir := filepath.Join(n.db.Dir(), "reports")
	copies, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for copies that were left behind: %w", err)
	}
	for _, c := range copies {
		if !strings.HasPrefix(c.Name(), "incoming-") {
			continue
		}
		s, err := c.Info()
		if err == nil && now.Sub(s.ModTime()) > leftBehind {
			err = os.Remove(filepath.Join(dir, c.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // it may be put in place meanwhile
			return fmt.Errorf("remove a copy that was left behind: %w", err)
		}
	}
	return nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
