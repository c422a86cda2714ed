package web

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"polder/internal/fault"
)

// Paging is the part of a request that asks for a piece of a list; embed it in the input.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
	Cursor string `query:"cursor" maxLength:"1000" doc:"The value of next in the answer before; without it the list begins."`
}

// After returns the values that Cursor was made of, n of them, or n empty ones at the beginning. A
// cursor gives no right to anything: it only says where in the asker's own list to go on.
func (p Paging) After(n int) ([]string, error) {
	if p.Cursor == "" {
		return make([]string, n), nil
	}
	var values []string
	b, err := base64.RawURLEncoding.Strict().DecodeString(p.Cursor)
	if err == nil {
		err = json.Unmarshal(b, &values)
	}
	if err != nil || len(values) != n || slices.ContainsFunc(values, func(v string) bool { return strings.ContainsRune(v, 0) }) {
		return nil, fault.New(fault.Invalid, "web.api.cursor")
	}
	return values, nil
}

// Piece is the piece of a list that an answer holds.
type Piece[T any] struct {
	Items []T    `json:"items" nullable:"false" doc:"The piece of the list."`
	Next  string `json:"next,omitempty" doc:"Cursor of the next piece; absent at the end of the list."`
}

// PieceOf makes the piece from a list that was asked for with a limit of one more than p.Limit. key
// gives the values by which the list goes on after an item.
func PieceOf[T any](p Paging, list []T, key func(T) []string) Piece[T] {
	out := Piece[T]{Items: list}
	if len(list) > p.Limit {
		out.Items = list[:p.Limit]
		b, err := json.Marshal(key(list[p.Limit-1]))
		if err != nil {
			panic(err) // strings can always be written
		}
		out.Next = base64.RawURLEncoding.EncodeToString(b)
	}
	if out.Items == nil {
		out.Items = []T{}
	}
	return out
}
