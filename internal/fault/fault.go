// Package fault gives every error two faces: a message that may be shown to the person, named by a
// key in the message catalogue, and a cause that goes to the log and nowhere else.
//
// An error without a kind is Internal: it shows nothing of itself. So nothing leaks by forgetting.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of thing went wrong, and with that what an answer looks like.
type Kind uint8

// The kinds. The zero value is Internal on purpose.
const (
	Internal    Kind = iota // our fault: says nothing of the cause
	Invalid                 // what was sent cannot be used; the message says how to mend it
	NotFound                // does not exist, or may not be seen: the two answer alike
	Denied                  // who is asking may never do this
	Conflict                // true a moment ago, not any more
	Gone                    // was there, and has expired or been withdrawn
	TooMany                 // asked too often
	Unavailable             // try again later
)

// String returns the kind's name as it appears in logs.
func (k Kind) String() string {
	names := [...]string{"internal", "invalid", "not found", "denied", "conflict", "gone", "too many", "unavailable"}
	if int(k) < len(names) {
		return names[k]
	}
	return "internal"
}

// Error is an error with a kind, a public message and a private cause.
type Error struct {
	Kind  Kind
	Key   string         // id in the message catalogue; for Invalid from a command line, the sentence itself
	Args  map[string]any // values for the message's placeholders
	Cause error          // for the log only
}

// Error returns the whole story, for logs and command lines; pages use Public.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Key
	}
	if e.Key == "" {
		return e.Cause.Error()
	}
	return e.Key + ": " + e.Cause.Error()
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.Cause }

// New makes an error of the kind with a message key and pairs of placeholder and value.
func New(kind Kind, key string, pairs ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args(pairs)}
}

// Hidden is the answer to whoever may not see something: as if it did not exist, and the same as for
// what does not.
func Hidden() error { return New(NotFound, "web.error.not_found.text") }

// Wrap gives the cause a kind and a public message. A nil cause gives nil.
func Wrap(kind Kind, cause error, key string, pairs ...any) error {
	if cause == nil {
		return nil
	}
	return &Error{Kind: kind, Key: key, Args: args(pairs), Cause: cause}
}

// Invalidf makes an Invalid error whose message is the sentence itself, for input that an operator
// gave on the command line: it says what is wrong and what to do.
func Invalidf(format string, a ...any) *Error {
	return &Error{Kind: Invalid, Key: fmt.Sprintf(format, a...)}
}

// KindOf returns the kind of the first Error in the chain; Internal when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Public returns the message key and its values, or "" when the error has none to show.
func Public(err error) (key string, values map[string]any) {
	var e *Error
	if errors.As(err, &e) && e.Kind != Internal {
		return e.Key, e.Args
	}
	return "", nil
}

func args(pairs []any) map[string]any {
	if len(pairs) == 0 {
		return nil
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}
