package feeds

import (
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// maxRatio and ratioFrom say when a packed file is a bomb: reports shrink
	// to a fifth or a tenth, never to a thousandth.
	maxRatio  = 1000
	ratioFrom = 64 << 20 // bytes unpacked
	// maxDirectory is how many bytes we read to find the one file in a zip.
	maxDirectory = 1 << 20
)

// counted is a source that counts what is read of it.
type counted struct {
	src    io.ReaderAt
	n      int64
	budget int64 // fails reading when n would pass it; 0 for none
}

var errBudget = errors.New("too much was read")

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	if c.budget > 0 && c.n+int64(len(p)) > c.budget {
		return 0, errBudget
	}
	n, err := c.src.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}

func isGzip(head []byte) bool { return len(head) > 1 && head[0] == 0x1f && head[1] == 0x8b }

func isZip(head []byte) bool {
	return len(head) > 3 && head[0] == 'P' && head[1] == 'K' && (head[2] == 3 && head[3] == 4 || head[2] == 5 && head[3] == 6)
}

// unpack gives the text in src, and the name that a zip gives it.
func unpack(src *counted, size, max int64) (text io.Reader, inner string, err error) {
	head := make([]byte, 4)
	n, err := io.ReadFull(io.NewSectionReader(src, 0, size), head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, "", err
	}
	src.n = 0
	switch head = head[:n]; {
	case isGzip(head):
		z, err := gzip.NewReader(io.NewSectionReader(src, 0, size))
		if err != nil {
			return nil, "", packError(err, 0)
		}
		return &unpacked{src: z, packed: src, max: max}, "", nil
	case isZip(head):
		z, inner, err := onlyFile(src, size)
		if err != nil {
			return nil, "", err
		}
		src.n = 0
		return &unpacked{src: z, packed: src, max: max}, inner, nil
	}
	return io.NewSectionReader(src, 0, size), "", nil
}

// onlyFile opens the one file in a zip.
func onlyFile(src *counted, size int64) (io.Reader, string, error) {
	src.budget = maxDirectory
	z, err := zip.NewReader(src, size)
	src.budget = 0
	switch {
	case errors.Is(err, errBudget):
		return nil, "", errors.New("the zip holds too many files: pack one report alone")
	case err != nil:
		return nil, "", packError(err, 0)
	}
	var only *zip.File
	for _, f := range z.File {
		if f.FileInfo().IsDir() || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		if only != nil {
			return nil, "", errors.New("the zip holds more than one file: unpack it and read the files one by one")
		}
		only = f
	}
	switch {
	case only == nil:
		return nil, "", errors.New("the zip holds no file: fetch it again")
	case !only.Mode().IsRegular():
		return nil, "", errors.New("the zip holds something that is not a file: pack the report itself")
	case only.Flags&1 != 0:
		return nil, "", errors.New("the zip is locked with a password: unpack it first")
	}
	text, err := only.Open()
	if err != nil {
		return nil, "", packError(err, 0)
	}
	return text, only.Name, nil
}

// unpacked watches over what comes out of a packed file.
type unpacked struct {
	src    io.Reader
	packed *counted
	n, max int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.src.Read(p)
	u.n += int64(n)
	switch {
	case u.n > u.max:
		return 0, fmt.Errorf("the packed file unpacks to more than %d bytes: read it unpacked, or allow more", u.max)
	case u.n > ratioFrom && u.n/maxRatio > u.packed.n:
		return 0, fmt.Errorf("the packed file looks like a bomb (%d bytes in, %d bytes out): if you trust it, read it unpacked", u.packed.n, u.n)
	case err != nil && err != io.EOF:
		return n, packError(err, u.n)
	}
	return n, err
}

// packError says what to do about a packed file that does not unpack.
func packError(err error, at int64) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("the packed file is cut off after %d bytes unpacked: fetch it again (%w)", at, io.ErrUnexpectedEOF)
	}
	if errors.Is(err, zip.ErrAlgorithm) {
		return errors.New("the zip is packed in a way we do not read: pack it anew with an ordinary zip program")
	}
	return fmt.Errorf("the packed file is damaged after %d bytes unpacked: fetch it again (%w)", at, err)
}
