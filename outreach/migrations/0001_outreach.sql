-- +goose Up
-- One look at what concerned nobody: which findings, how far it is, and what came of it.
CREATE TABLE outreach_sweep (
    id          BYTEA  NOT NULL PRIMARY KEY,
    started_by  BYTEA  NOT NULL,         -- account
    chosen      TEXT   NOT NULL,         -- JSON: sources and types
    lowest      BIGINT NOT NULL,         -- severity
    since       BIGINT NOT NULL,
    until       BIGINT NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('reading', 'looking', 'ready', 'sending', 'failed')),
    reports     BIGINT NOT NULL,
    reports_done BIGINT NOT NULL,
    findings    BIGINT NOT NULL,
    subjects    BIGINT NOT NULL,
    looked      BIGINT NOT NULL,
    more        BIGINT NOT NULL,         -- 1: there were more subjects than a sweep takes
    created_at  BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL
);
CREATE INDEX outreach_sweep_created ON outreach_sweep (created_at);

-- Whom one letter of a sweep would go to.
CREATE TABLE outreach_contact (
    id         BYTEA  NOT NULL PRIMARY KEY,
    sweep_id   BYTEA  NOT NULL REFERENCES outreach_sweep (id) ON DELETE CASCADE,
    address    TEXT   NOT NULL,
    language   TEXT   NOT NULL,
    confidence BIGINT NOT NULL,          -- the lowest of its subjects: 3 high, 2 medium, 1 low
    state      TEXT   NOT NULL CHECK (state IN ('open', 'approved', 'skipped', 'queued', 'refused')),
    reason     TEXT   NOT NULL,
    subjects   BIGINT NOT NULL,
    findings   BIGINT NOT NULL,
    severity   BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    UNIQUE (sweep_id, address)
);
CREATE INDEX outreach_contact_list ON outreach_contact (sweep_id, state, severity, findings, id);

-- What a letter is about: a registrable domain, or a network of /24 or /48.
CREATE TABLE outreach_subject (
    id         BYTEA  NOT NULL PRIMARY KEY,
    sweep_id   BYTEA  NOT NULL REFERENCES outreach_sweep (id) ON DELETE CASCADE,
    kind       TEXT   NOT NULL CHECK (kind IN ('domain', 'network')),
    value      TEXT   NOT NULL,
    findings   BIGINT NOT NULL,
    severity   BIGINT NOT NULL,
    evidence   TEXT   NOT NULL,          -- JSON, at most 50 lines
    state      TEXT   NOT NULL CHECK (state IN ('waiting', 'found', 'none', 'registered', 'told')),
    candidates TEXT   NOT NULL,          -- JSON: addresses with source, confidence and reasons
    contact_id BYTEA  REFERENCES outreach_contact (id),
    confidence BIGINT NOT NULL,          -- of the contact that was chosen
    chosen     TEXT   NOT NULL,          -- why it was chosen by hand; '' when it was not
    UNIQUE (sweep_id, kind, value)
);
CREATE INDEX outreach_subject_contact ON outreach_subject (contact_id, severity, id) WHERE contact_id IS NOT NULL;
CREATE INDEX outreach_subject_state ON outreach_subject (sweep_id, state, severity, id);

-- What others answered, for a while.
CREATE TABLE outreach_lookup (
    question TEXT   NOT NULL PRIMARY KEY,
    answer   TEXT   NOT NULL,
    ends_at  BIGINT NOT NULL
);
CREATE INDEX outreach_lookup_ends ON outreach_lookup (ends_at);

-- Letters that were queued. The address is not here but as a keyed hash, which the link in it needs.
CREATE TABLE outreach_letter (
    notification_id BYTEA  NOT NULL PRIMARY KEY,
    contact_id      BYTEA  NOT NULL,     -- gone when its sweep is
    token_hash      BYTEA  NOT NULL UNIQUE,
    address_hash    BYTEA  NOT NULL,
    queued_at       BIGINT NOT NULL
);
CREATE INDEX outreach_letter_queued ON outreach_letter (queued_at);
CREATE INDEX outreach_letter_contact ON outreach_letter (contact_id);

-- What somebody was told of lately, so that nobody is written to about it again soon.
CREATE TABLE outreach_told (
    kind            TEXT   NOT NULL,
    value           TEXT   NOT NULL,
    type            TEXT   NOT NULL,
    notification_id BYTEA  NOT NULL,
    told_at         BIGINT NOT NULL,
    PRIMARY KEY (kind, value, type)
);
CREATE INDEX outreach_told_at ON outreach_told (told_at);
CREATE INDEX outreach_told_notification ON outreach_told (notification_id);

-- Who wants no such letters, for good: a keyed hash of the address or domain and nothing else of it.
CREATE TABLE outreach_opt_out (
    hash   BYTEA  NOT NULL PRIMARY KEY,
    kind   TEXT   NOT NULL CHECK (kind IN ('address', 'domain')),
    how    TEXT   NOT NULL CHECK (how IN ('link', 'desk')),
    reason TEXT   NOT NULL,
    at     BIGINT NOT NULL
);
CREATE INDEX outreach_opt_out_at ON outreach_opt_out (at);
