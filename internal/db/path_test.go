package db_test

import (
	"os"
	"path/filepath"
	"testing"

	"polder/internal/db"
)

func TestDataFolderMayHaveAnyName(t *testing.T) {
	for _, name := range []string{"plain", "with space", "a#b", "a?b", "50%", "%41", "a&b=c", "één", "a:b"} {
		dir := filepath.Join(t.TempDir(), name)
		d, err := db.Open(t.Context(), "sqlite", dir)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "CREATE TABLE x (id BIGINT)")
			return err
		})
		if err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "polder.sqlite")); err != nil {
			t.Errorf("%q: the database lies elsewhere: %v", name, err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}
