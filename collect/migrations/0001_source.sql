-- +goose Up
-- Whom we ask for reports on a schedule.
CREATE TABLE collect_source (
    id         BYTEA  NOT NULL PRIMARY KEY,
    key        TEXT   NOT NULL UNIQUE,  -- of the source as notify knows it, and in addresses
    kind       TEXT   NOT NULL CHECK (kind IN ('https', 'shadowserver', 'imap', 'maildir')),
    address    TEXT   NOT NULL,         -- URL, HOST:PORT or folder
    every      BIGINT NOT NULL,         -- minutes; 0: daily at the hour
    hour       BIGINT NOT NULL CHECK (hour BETWEEN 0 AND 23),
    type       TEXT   NOT NULL,
    mapping    TEXT   NOT NULL,         -- YAML; '' for none
    tlp        TEXT   NOT NULL,         -- '' for what notify knows of the source
    licence    TEXT   NOT NULL,
    ways       TEXT   NOT NULL,         -- JSON: what the kind needs besides, nothing of it secret
    secret     BYTEA,                   -- sealed for this row
    memory     TEXT   NOT NULL,         -- JSON: what was had last, by which the next question is asked
    failures   BIGINT NOT NULL,         -- one after the other
    next_at    BIGINT,                  -- NULL: off
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX collect_source_next ON collect_source (next_at) WHERE next_at IS NOT NULL;

-- What came of asking one.
CREATE TABLE collect_run (
    id         BYTEA  NOT NULL PRIMARY KEY,
    source_id  BYTEA  NOT NULL REFERENCES collect_source (id) ON DELETE CASCADE,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT,                  -- NULL: under way, or its process was killed
    outcome    TEXT   NOT NULL CHECK (outcome IN ('running', 'delivered', 'nothing', 'failed')),
    bytes      BIGINT NOT NULL,
    reports    BIGINT NOT NULL,         -- new ones
    again      BIGINT NOT NULL,         -- that were read before
    lines      BIGINT NOT NULL,
    rejected   BIGINT NOT NULL,
    report_id  BYTEA,                   -- the last of them
    reason     TEXT   NOT NULL,         -- id of a message that says why it failed; '' otherwise
    detail     TEXT   NOT NULL          -- what the other side said, without secrets
);
CREATE INDEX collect_run_source ON collect_run (source_id, started_at);

-- What was had of a source that lists what there is, so that it is not asked for again.
CREATE TABLE collect_had (
    source_id BYTEA  NOT NULL REFERENCES collect_source (id) ON DELETE CASCADE,
    item      TEXT   NOT NULL,
    had_at    BIGINT NOT NULL,
    PRIMARY KEY (source_id, item)
);
CREATE INDEX collect_had_at ON collect_had (had_at);
