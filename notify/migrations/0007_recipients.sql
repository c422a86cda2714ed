-- +goose Up
-- Who besides the main contact gets what goes to an organisation, and in which language. A row is a wish: whether the
-- mailbox may have it is asked again when a message is written and just before it goes.
CREATE TABLE notify_recipient (
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    mailbox_id      BYTEA  NOT NULL,  -- a contact of the organisation, or a mandate that it gave
    language        TEXT   NOT NULL CHECK (language IN ('nl', 'en')),
    changed_at      BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, mailbox_id)
);

-- A delivery to one of those: the same message in its own words.
CREATE TABLE notify_copy (
    delivery_id BYTEA NOT NULL PRIMARY KEY REFERENCES notify_delivery (id) ON DELETE CASCADE,
    mailbox_id  BYTEA NOT NULL,
    behalf      TEXT  NOT NULL,  -- name of the holder of the mandate; '' for a contact of the organisation
    language    TEXT  NOT NULL,
    subject     TEXT  NOT NULL,
    body_text   TEXT  NOT NULL,
    body_html   TEXT  NOT NULL
);

-- What moved lately, for those whose own systems follow along.
CREATE INDEX notify_exposure_changed ON notify_exposure (organisation_id, state_at, fingerprint);
