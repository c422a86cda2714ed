package db

import (
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ID is a UUIDv7 made by us, kept as 16 bytes in both databases. The zero ID is stored as NULL.
type ID [16]byte

// NewID returns a fresh id; ids made later in one process sort later.
func NewID() ID { return ID(uuid.Must(uuid.NewV7())) }

// ParseID reads the usual form with dashes.
func ParseID(s string) (ID, error) {
	u, err := uuid.Parse(s)
	return ID(u), err
}

// String returns the usual form with dashes.
func (id ID) String() string { return uuid.UUID(id).String() }

// IsZero tells whether the id is absent.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText makes the id readable in JSON.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (id *ID) UnmarshalText(b []byte) error {
	u, err := uuid.ParseBytes(b)
	*id = ID(u)
	return err
}

// Value stores 16 bytes, or NULL for the zero ID.
func (id ID) Value() (driver.Value, error) {
	if id.IsZero() {
		return nil, nil
	}
	return id[:], nil
}

// Scan reads 16 bytes, or NULL as the zero ID.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ID{}
		return nil
	case []byte:
		if len(v) == 16 {
			copy(id[:], v)
			return nil
		}
		return fmt.Errorf("an id of %d bytes", len(v))
	}
	return fmt.Errorf("an id of type %T", src)
}

// Time is a moment in UTC, stored as whole microseconds since 1970 in both databases; the zero
// time is stored as NULL.
type Time struct{ time.Time }

// At wraps a time for the database.
func At(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Microsecond)}
}

// Micros returns microseconds since 1970, for bulk rows.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// Value stores microseconds, or NULL for the zero time.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil
	}
	return t.UnixMicro(), nil
}

// Scan reads microseconds, or NULL as the zero time.
func (t *Time) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		t.Time = time.Time{}
		return nil
	case int64:
		t.Time = time.UnixMicro(v).UTC()
		return nil
	}
	return fmt.Errorf("a time of type %T", src)
}
