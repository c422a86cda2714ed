-- +goose Up
-- Entries are chained after they are there, in the order in which they are found: adding one waits for nobody. What waits
-- to be chained is noted by the database itself, so that a program that knows of no chain writes into it too.
CREATE TABLE audit_pending (
    event_id BYTEA NOT NULL PRIMARY KEY
);
INSERT INTO audit_pending (event_id) SELECT id FROM audit_event;

-- Each link holds the hash of the link before it and of its entry.
CREATE TABLE audit_link (
    seq      BIGINT NOT NULL PRIMARY KEY,
    event_id BYTEA  NOT NULL UNIQUE,
    hash     BYTEA  NOT NULL
);

-- Where the chain stood when a day was closed; also written down outside of the database.
CREATE TABLE audit_head (
    day     BIGINT NOT NULL PRIMARY KEY,  -- since 1970, UTC
    seq     BIGINT NOT NULL,
    hash    BYTEA  NOT NULL,
    made_at BIGINT NOT NULL
);

-- What came of looking whether the record is whole.
CREATE TABLE audit_verification (
    id      BYTEA  NOT NULL PRIMARY KEY,
    ran_at  BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    waiting BIGINT NOT NULL,
    heads   BIGINT NOT NULL,
    late    BIGINT NOT NULL,
    kind    TEXT   NOT NULL,  -- '': whole
    at_seq  BIGINT NOT NULL,
    detail  TEXT   NOT NULL
);

CREATE INDEX audit_event_actor ON audit_event (actor, at, id);
CREATE INDEX audit_event_action ON audit_event (action, at, id);
CREATE INDEX audit_event_object ON audit_event (object, at, id);

-- +goose StatementBegin
CREATE TRIGGER audit_event_pending AFTER INSERT ON audit_event BEGIN INSERT INTO audit_pending (event_id) VALUES (NEW.id); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_link_no_update BEFORE UPDATE ON audit_link BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_link_no_delete BEFORE DELETE ON audit_link BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_head_no_update BEFORE UPDATE ON audit_head BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd
