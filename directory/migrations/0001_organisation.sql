-- +goose Up
CREATE TABLE directory_organisation (
    id                  BYTEA  NOT NULL PRIMARY KEY,
    reference           TEXT   NOT NULL UNIQUE,  -- the operator's own key
    name                TEXT   NOT NULL,
    registration_number TEXT   NOT NULL,
    sector              TEXT   NOT NULL,
    province            TEXT   NOT NULL,
    employees           BIGINT NOT NULL CHECK (employees >= -1),  -- -1: not known
    language            TEXT   NOT NULL CHECK (language IN ('nl', 'en')),
    created_at          BIGINT NOT NULL,
    changed_at          BIGINT NOT NULL
);

-- Where an organisation's warnings go. A shared mailbox is a contact, not a person.
CREATE TABLE directory_contact (
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    purpose         TEXT   NOT NULL CHECK (purpose IN ('warnings')),
    email           TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, purpose)
);
