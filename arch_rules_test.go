package polder_test

import (
	"strings"
	"testing"
)

// Small breaches on purpose: each rule must see its own, and must leave what is allowed alone.
func TestTheRulesBite(t *testing.T) {
	long := strings.Repeat("\n", 501)
	for _, c := range []struct {
		rule, name, text string
		breaches         int
	}{
		{"arrows", "notify/notify.go", `import "polder/footprint"`, 0},
		{"arrows", "notify/notify.go", `import "polder/directory"`, 0},
		{"arrows", "notify/notify.go", `import "polder/notify/feeds"`, 0},
		{"arrows", "notify/x_test.go", `import "polder/notify"`, 0},
		{"arrows", "exchange/exchange.go", `import "polder/notify/feeds"`, 0},
		{"arrows", "cmd/polder/app.go", `import "polder/notify"`, 0},
		{"arrows", "insight/insight.go", `import ("polder/partners"; "polder/directory"; "polder/internal/db")`, 0},
		{"arrows", "internal/web/web.go", `import "polder/internal/i18n"`, 0},
		{"arrows", "footprint/footprint.go", `import "polder/notify"`, 1},
		{"arrows", "footprint/footprint.go", `import "polder/notify/feeds"`, 1},
		{"arrows", "footprint/footprint_test.go", `import "polder/notify"`, 1},
		{"arrows", "directory/directory.go", `import ("polder/footprint"; "polder/partners")`, 2},
		{"arrows", "partners/partners.go", `import "polder/footprint"`, 1},
		{"arrows", "advise/advise.go", `import "polder/insight"`, 1},
		{"arrows", "internal/web/web.go", `import "polder/notify"`, 1},
		{"arrows", "internal/web/web_test.go", `import "polder/notify"`, 1},
		{"arrows", "notify/feeds/open.go", `import "polder/internal/db"`, 1},
		{"arrows", "notify/feeds/open.go", `import "polder/notify/advice"`, 1},
		{"arrows", "notify/feeds/open_test.go", `import "polder/internal/kit"`, 0},
		{"arrows", "notify/notify.go", `import "polder/internal/kit"`, 1},
		{"arrows", "cmd/polder/main.go", `import "polder/internal/kit/browser"`, 1},
		{"arrows", "internal/web/web.go", `import "polder/cmd/polder"`, 1},
		{"arrows", "util/strings.go", ``, 1},
		{"arrows", "notify/service/service.go", ``, 1},

		{"SQL in store files", "notify/store_report.go", "const q = `SELECT 1`", 0},
		{"SQL in store files", "notify/notify_test.go", "const q = `SELECT 1`", 0},
		{"SQL in store files", "notify/notify.go", `const s = "select a range, then WITH care"`, 0},
		{"SQL in store files", "notify/notify.go", "const q = `\n\tSELECT 1`", 1},
		{"SQL in store files", "notify/notify.go", `var q = "DELETE FROM " + "x"`, 1},
		{"SQL in store files", "cmd/polder/main.go", `var q = "WITH x AS (SELECT 1) SELECT 2"`, 1},
		{"SQL in store files", "notify/storage.go", `import "database/sql"`, 1},

		{"own tables", "notify/store.go", "const q = `SELECT a FROM notify_report`", 0},
		{"own tables", "insight/store.go", "const q = `SELECT a FROM notify_kpi_days`", 0},
		{"own tables", "insight/store.go", "const q = `SELECT a FROM notify_report`", 1},
		{"own tables", "notify/store.go", "const q = `SELECT a FROM notify_report JOIN directory_contact`", 1},
		{"own tables", "notify/store.go", "var q = x + ` LEFT JOIN footprint_asset`", 1},
		{"own tables", "internal/audit/audit.go", "const q = `INSERT INTO jobs_job`", 1},

		{"HTTP in web and api files", "notify/web.go", `import "net/http"`, 0},
		{"HTTP in web and api files", "notify/web_feedback.go", `import "net/http"`, 0},
		{"HTTP in web and api files", "cmd/polder/web_demo.go", `import "net/http"`, 0},
		{"HTTP in web and api files", "internal/web/router.go", `import "net/http"`, 0},
		{"HTTP in web and api files", "notify/webbing.go", `import "net/http"`, 1},
		{"HTTP in web and api files", "internal/mail/mail.go", `import "net/http"`, 1},

		{"time is passed in", "internal/jobs/jobs.go", `import "time"; var t = time.Now()`, 0},
		{"time is passed in", "notify/notify_test.go", `import "time"; var t = time.Now()`, 0},
		{"time is passed in", "notify/notify.go", `import "time"; var t = time.Now()`, 1},
		{"time is passed in", "notify/notify.go", `import "time"; var now = time.Now`, 1},
		{"time is passed in", "notify/feeds/open.go", `import "time"; var d = time.Since(time.Time{})`, 1},

		{"nothing put off", "notify/notify.go", "// TO" + "DO: later", 1},
		{"nothing put off", "notify/notify_test.go", "// FIX" + "ME", 1},
		{"nothing put off", "notify/notify.go", "// mastodon and todo lists", 0},

		{"short files", "notify/notify.go", long, 1},
		{"short files", "notify/notify_test.go", long, 0},
	} {
		s, err := parse(c.name, "package x\n"+c.text)
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		if bad := rules[c.rule](s); len(bad) != c.breaches {
			t.Errorf("%s, %s, %.60q: %d breaches, want %d: %q", c.rule, c.name, c.text, len(bad), c.breaches, bad)
		}
	}
}

func TestTheRuleForMigrationsBites(t *testing.T) {
	for _, c := range []struct {
		name, text string
		breaches   int
	}{
		{"notify/migrations/1.sql", "CREATE TABLE notify_x (id BIGINT, o BYTEA REFERENCES directory_organisation (id));", 0},
		{"notify/migrations/1.sql", "-- as footprint_asset says, but for cases_case\nCREATE INDEX notify_x_id ON notify_x (id);", 0},
		{"internal/jobs/migrations/1.sql", "CREATE TABLE jobs_job (id TEXT);", 0},
		{"notify/migrations/1.sql", "CREATE TABLE report (id BIGINT);", 1},
		{"notify/migrations/1.sql", "create table if not exists report (id BIGINT);", 1},
		{"directory/migrations/1.sql", "ALTER TABLE directory_x ADD y BYTEA REFERENCES notify_report (id);", 1},
		{"notify/migrations/1.sql", "UPDATE directory_organisation SET name = '';", 1},
		{"notify/migrations/1.sql", "INSERT INTO notify_x SELECT id FROM footprint_asset;", 1},
		{"internal/web/1.sql", "CREATE TABLE web_x (id BIGINT);", 1},
	} {
		if bad := migrationRule(c.name, c.text); len(bad) != c.breaches {
			t.Errorf("%s %q: %d breaches, want %d: %q", c.name, c.text, len(bad), c.breaches, bad)
		}
	}
}

func TestTheRuleForModulesBites(t *testing.T) {
	s, err := parse("notify/notify.go", `package x; import ("time"; "polder/directory"; "example.org/known/sub"; "example.org/knownnot")`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		modules  map[string]string
		breaches int
	}{
		{map[string]string{"example.org/known": "needed", "example.org/knownnot": "needed"}, 0},
		{map[string]string{"example.org/known": "needed"}, 1},
		{map[string]string{"example.org/known": "needed", "example.org/knownnot": "needed", "example.org/old": "needed"}, 1},
		{map[string]string{"example.org/known": "", "example.org/knownnot": "needed"}, 1},
	} {
		if bad := moduleRule([]source{s}, c.modules); len(bad) != c.breaches {
			t.Errorf("%v: %d breaches, want %d: %q", c.modules, len(bad), c.breaches, bad)
		}
	}
}
