-- +goose Up
CREATE TABLE audit_event (
    id              BYTEA  NOT NULL PRIMARY KEY,
    at              BIGINT NOT NULL,
    actor           TEXT   NOT NULL,  -- who: "operator:jan", "recipient", "polder"
    action          TEXT   NOT NULL,  -- import, read, export, send, feedback, delete
    object          TEXT   NOT NULL,  -- what, by kind and id
    organisation_id BYTEA,            -- whose data, when it is one organisation's
    detail          TEXT   NOT NULL
);
CREATE INDEX audit_event_at ON audit_event (at);
CREATE INDEX audit_event_organisation ON audit_event (organisation_id, at);
-- +goose StatementBegin
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd
