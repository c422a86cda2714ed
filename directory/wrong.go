package directory

import (
	"errors"
	"strings"

	"polder/internal/fault"
)

// Wrong is one thing to mend in what somebody filled in.
type Wrong struct {
	Field  string // name of the input; "" when it is about the whole
	Key    string // of the message
	Values []any
}

// Wrongs are all things to mend at once. As an error it is an Invalid fault with the first of them.
type Wrongs []Wrong

// Error names the messages, for the log.
func (w Wrongs) Error() string {
	keys := make([]string, len(w))
	for i, x := range w {
		keys[i] = x.Key
	}
	return "to be mended: " + strings.Join(keys, ", ")
}

func (w Wrongs) err() error {
	if len(w) == 0 {
		return nil
	}
	return fault.Wrap(fault.Invalid, w, w[0].Key, w[0].Values...)
}

// wrong is one thing to mend, as an error.
func wrong(field, key string, values ...any) error {
	return Wrongs{{field, key, values}}.err()
}

// note adds what an error says is wrong, and returns other errors.
func (w *Wrongs) note(err error) error {
	var more Wrongs
	if errors.As(err, &more) {
		*w = append(*w, more...)
		return nil
	}
	return err
}
