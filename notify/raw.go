package notify

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// rawFile is a copy of an offered file in the data folder, not yet in its place.
type rawFile struct {
	file *os.File
	size int64
	sha  []byte
	temp string // "" once it is in its place
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

// keep puts the file where it belongs, durably; when it is not new, only if it is not there.
func (k *rawFile) keep(path string, isNew bool) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !isNew {
		return nil // read before and deleted at the end of its term: it is not kept again
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := k.file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(k.temp, path); err != nil {
		return err
	}
	k.temp = ""
	return syncDir(filepath.Dir(path))
}

// discard closes the copy, and removes it when it was not put in place.
func (k *rawFile) discard() {
	k.file.Close()
	if k.temp != "" {
		os.Remove(k.temp)
	}
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
