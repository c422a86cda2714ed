package web

import (
	"net/http"
	"time"

	"polder/internal/sheet"
)

// piece is how many rows of a download go out at once.
const piece = 500

// CSV answers with a download under the file name given: the header, and the rows that fill gives to
// row, in pieces, so that its size does not matter; no value can be taken for a formula. Nobody keeps
// a copy on the way. An error before the first piece becomes a page as any other; one after it breaks
// the connection, so that no part of a list can be taken for the whole.
func CSV(w http.ResponseWriter, name string, header []string, fill func(row func(values ...string) error) error) error {
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	later := &untilFull{w: w}
	out, rows := sheet.NewWriter(later), 0
	control := http.NewResponseController(w)
	err := out.Row(header...)
	if err == nil {
		err = fill(func(values ...string) error {
			if rows++; rows%piece == 0 {
				if err := out.Flush(); err != nil {
					return err
				}
				if err := later.through(); err != nil {
					return err
				}
				// A long download may last as long as it moves. Not every writer has a deadline; those of tests do not.
				_ = control.SetWriteDeadline(time.Now().Add(time.Minute))
				_ = control.Flush()
			}
			return out.Row(values...)
		})
	}
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		return later.through()
	}
	if later.gone {
		return err
	}
	for _, name := range []string{"Content-Type", "Content-Disposition"} {
		h.Del(name)
	}
	return err
}

// untilFull keeps what is written until the first piece is whole.
type untilFull struct {
	w    http.ResponseWriter
	kept []byte
	gone bool // something went out
}

func (u *untilFull) Write(b []byte) (int, error) {
	u.kept = append(u.kept, b...)
	return len(b), nil
}

func (u *untilFull) through() error {
	u.gone = true
	_, err := u.w.Write(u.kept)
	u.kept = u.kept[:0]
	return err
}
