-- +goose Up
-- A list that somebody at the desk reads in by hand, from the upload until it is sent. The file itself
-- lies in the data folder.
CREATE TABLE collect_list (
    id           BYTEA  NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL,        -- of the file
    size         BIGINT NOT NULL,
    sha256       BYTEA  NOT NULL,
    guess        TEXT   NOT NULL,        -- JSON: what the file looks like
    choices      TEXT   NOT NULL,        -- JSON: what the analyst made of it
    version      BIGINT NOT NULL,        -- of the choices: who saves others than he saw is told
    state        TEXT   NOT NULL CHECK (state IN ('draft', 'rehearsed', 'sending', 'sent', 'failed')),
    summary      TEXT   NOT NULL,        -- JSON: what the rehearsal said, but for the mails; '' before
    hash         TEXT   NOT NULL,        -- of all that would go out; '' before a rehearsal
    rehearsed_at BIGINT,
    difference   TEXT   NOT NULL,        -- JSON: what changed since the rehearsal before; '' for nothing
    report_id    BYTEA,                  -- what it became
    problem      TEXT   NOT NULL,
    account_id   BYTEA  NOT NULL,        -- who read it in
    created_at   BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL
);
CREATE INDEX collect_list_changed ON collect_list (changed_at);

-- The mails that would go out, as the latest rehearsal wrote them.
CREATE TABLE collect_list_mail (
    list_id BYTEA  NOT NULL REFERENCES collect_list (id) ON DELETE CASCADE,
    n       BIGINT NOT NULL,
    mail    TEXT   NOT NULL,  -- JSON
    PRIMARY KEY (list_id, n)
);

-- What was made of a list, kept under the name of its source for the next one of the same columns.
CREATE TABLE collect_kept (
    source     TEXT   NOT NULL PRIMARY KEY,
    columns    BYTEA  NOT NULL,  -- hash of the names of the columns
    choices    TEXT   NOT NULL,  -- JSON
    account_id BYTEA  NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX collect_kept_columns ON collect_kept (columns, changed_at);
