-- +goose Up
-- A file that was pushed, from when it is here whole until it is forgotten.
CREATE TABLE collect_push (
    id          BYTEA  NOT NULL PRIMARY KEY,
    account_id  BYTEA  NOT NULL,         -- whose token it came with
    token_id    BYTEA  NOT NULL,
    name        TEXT   NOT NULL,
    source_key  TEXT   NOT NULL,         -- '' for what the format says
    type        TEXT   NOT NULL,
    mapping     TEXT   NOT NULL,
    sha256      BYTEA  NOT NULL,
    size        BIGINT NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('waiting', 'read', 'refused')),
    summary     TEXT   NOT NULL,         -- JSON, once it is read
    problem     TEXT   NOT NULL,         -- why it was refused
    received_at BIGINT NOT NULL,
    ended_at    BIGINT
);
CREATE INDEX collect_push_waiting ON collect_push (account_id) WHERE state = 'waiting';
CREATE INDEX collect_push_received ON collect_push (received_at);

-- How often a source should deliver, where somebody said so: it is learned otherwise.
CREATE TABLE collect_expectation (
    source_key TEXT   NOT NULL PRIMARY KEY,
    hours      BIGINT NOT NULL,          -- 0: never mind
    changed_at BIGINT NOT NULL
);

-- What should have come and did not.
CREATE TABLE collect_alarm (
    id         BYTEA  NOT NULL PRIMARY KEY,
    source_key TEXT   NOT NULL,
    kind       TEXT   NOT NULL CHECK (kind IN ('late', 'smaller', 'failing')),
    since      BIGINT NOT NULL,          -- last report; day of the small one; first failure
    was        BIGINT NOT NULL,          -- smaller: lines it usually has
    is_now     BIGINT NOT NULL,          -- smaller: lines it had; failing: failures
    raised_at  BIGINT NOT NULL,
    cleared_at BIGINT
);
CREATE UNIQUE INDEX collect_alarm_open ON collect_alarm (source_key, kind) WHERE cleared_at IS NULL;
CREATE INDEX collect_alarm_raised ON collect_alarm (raised_at);
