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
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record is append-only';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
