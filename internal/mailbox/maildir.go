package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// Maildir is a folder with new, cur and tmp in it, where a mail server of this machine delivers.
type Maildir string

// mostNames is how many names of a folder are looked at: a sender may have filled it.
const mostNames = 20_000

// Each reads what lies in new, and moves what is done to cur with the flag S (seen), or FS
// (flagged too). Links, folders and all that is not a file is left alone.
func (m Maildir) Each(ctx context.Context, o Bounds, take func(ctx context.Context, m Message) error) (res Result, err error) {
	o.fill()
	root, err := os.OpenRoot(string(m))
	if err != nil {
		return res, fmt.Errorf("%w: %w", ErrNoFolder, err)
	}
	defer root.Close()
	for _, sub := range []string{"new", "cur"} {
		if s, err := root.Stat(sub); err != nil || !s.IsDir() {
			return res, fmt.Errorf("%w: it has no %q in it", ErrNoFolder, sub)
		}
	}
	names, err := waiting(root)
	if err != nil {
		return res, err
	}
	var failed error
	offered := 0
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return res, errors.Join(failed, err)
		}
		if offered == o.Messages {
			res.More = true
			break
		}
		file, info, err := regular(root, path.Join("new", name))
		if err != nil || file == nil { // gone, or no file
			continue
		}
		offered++
		if info.Size() > o.Size {
			file.Close()
			res.TooLarge++
			failed = errors.Join(failed, done(root, name, "FS"))
			continue
		}
		err = take(ctx, Message{ID: name, Received: info.ModTime().UTC(), Size: info.Size(), Body: io.LimitReader(file, o.Size)})
		file.Close()
		res.tally(err)
		switch {
		case err == nil:
			err = done(root, name, "S")
		case errors.Is(err, ErrRefused):
			err = done(root, name, "FS")
		}
		failed = errors.Join(failed, err)
	}
	return res, failed
}

// waiting lists the names in new. They begin with the time of delivery, so their order is that of coming.
func waiting(root *os.Root) (names []string, err error) {
	dir, err := root.Open("new")
	if err != nil {
		return nil, fmt.Errorf("look for new mail: %w", err)
	}
	defer dir.Close()
	for len(names) < mostNames {
		page, err := dir.Readdirnames(1000)
		for _, name := range page {
			if !strings.HasPrefix(name, ".") {
				names = append(names, name)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("look for new mail: %w", err)
		}
	}
	slices.Sort(names)
	return names, nil
}

// regular opens a file that is one; nil when it is anything else. A pipe must not hold us up.
func regular(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	if s, err := root.Lstat(name); err != nil || !s.Mode().IsRegular() {
		return nil, nil, err
	}
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, nil, err
	}
	s, err := file.Stat()
	if err != nil || !s.Mode().IsRegular() {
		file.Close()
		return nil, nil, err
	}
	return file, s, nil
}

// done moves a message to cur with flags, beside what may have the same name there already.
func done(root *os.Root, name, flags string) error {
	base, _, _ := strings.Cut(name, ":")
	to := path.Join("cur", base+":2,"+flags)
	for i := 1; i < 100; i++ {
		if _, err := root.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			break
		}
		to = path.Join("cur", fmt.Sprintf("%s.%d:2,%s", base, i, flags))
	}
	if err := root.Rename(path.Join("new", name), to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("mark a message as done: %w", err)
	}
	return nil
}
