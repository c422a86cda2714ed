-- +goose Up
-- How the registration number is to be read: a key of the table schemes.
ALTER TABLE directory_organisation ADD COLUMN scheme TEXT NOT NULL DEFAULT 'kvk';
ALTER TABLE directory_organisation ADD COLUMN domain TEXT NOT NULL DEFAULT '';         -- A-labels; finds duplicates, proves nothing
ALTER TABLE directory_organisation ADD COLUMN register_name TEXT NOT NULL DEFAULT '';  -- as the trade register has it; '' when not asked
ALTER TABLE directory_organisation ADD COLUMN wished_name TEXT NOT NULL DEFAULT '';    -- what the owner asks staff to make of it
ALTER TABLE directory_organisation ADD COLUMN wished_number TEXT NOT NULL DEFAULT '';
ALTER TABLE directory_organisation ADD COLUMN waits_at BIGINT;                         -- since when staff has something to decide
ALTER TABLE directory_organisation ADD COLUMN closed_at BIGINT;
ALTER TABLE directory_organisation ADD COLUMN erase_at BIGINT;                         -- when what is left of a closed one goes

CREATE INDEX directory_organisation_waits ON directory_organisation (waits_at, id) WHERE waits_at IS NOT NULL;
CREATE INDEX directory_organisation_asked ON directory_organisation (created_at, id) WHERE state = 'asked';
CREATE INDEX directory_organisation_erase ON directory_organisation (erase_at) WHERE erase_at IS NOT NULL;
CREATE INDEX directory_organisation_domain ON directory_organisation (domain) WHERE domain <> '';
CREATE INDEX directory_organisation_number ON directory_organisation (REPLACE(REPLACE(registration_number, ' ', ''), '.', ''));

-- Several contacts for each purpose; the main one is where its mail goes, and is always verified.
-- The contact that the operator imports has the id of its organisation.
CREATE TABLE directory_contact_new (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    purpose         TEXT   NOT NULL,
    email           TEXT   NOT NULL,
    main            BIGINT NOT NULL CHECK (main = 0 OR main = 1 AND verified_at IS NOT NULL),
    created_at      BIGINT NOT NULL,
    created_by      BYTEA,               -- account; NULL: the operator
    verified_at     BIGINT,
    verified_by     BYTEA,               -- account; NULL: the operator
    code_hash       BYTEA,               -- keyed, of the six digits that were mailed last
    code_until      BIGINT,
    code_tries      BIGINT NOT NULL,     -- left
    UNIQUE (organisation_id, purpose, email)
);
INSERT INTO directory_contact_new (id, organisation_id, purpose, email, main, created_at, verified_at, code_tries)
    SELECT organisation_id, organisation_id, purpose, email, 1, created_at, created_at, 0 FROM directory_contact;
DROP TABLE directory_contact;
ALTER TABLE directory_contact_new RENAME TO directory_contact;
CREATE UNIQUE INDEX directory_contact_main ON directory_contact (organisation_id, purpose) WHERE main = 1;

-- What staff and organisation said to one another about the registration.
CREATE TABLE directory_note (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    kind            TEXT   NOT NULL CHECK (kind IN ('question', 'answer', 'accepted', 'refused', 'changed', 'unchanged')),
    text            TEXT   NOT NULL,
    account_id      BYTEA,               -- who wrote it; NULL when forgotten
    at              BIGINT NOT NULL
);
CREATE INDEX directory_note_organisation ON directory_note (organisation_id, at);
CREATE INDEX directory_note_account ON directory_note (account_id);

CREATE TABLE directory_invitation (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    mail            TEXT   NOT NULL,     -- '' once it is of no use any more
    place           TEXT   NOT NULL CHECK (place IN ('owner', 'security-contact', 'member')),
    hash            BYTEA  NOT NULL UNIQUE,  -- of the token in the link
    invited_by      BYTEA,
    invited_at      BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    accepted_by     BYTEA,
    accepted_at     BIGINT,
    withdrawn_at    BIGINT
);
CREATE INDEX directory_invitation_organisation ON directory_invitation (organisation_id, invited_at);
CREATE INDEX directory_invitation_ends ON directory_invitation (ends_at);

-- Somebody asks to be let into an organisation that is there already.
CREATE TABLE directory_join (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    account_id      BYTEA  NOT NULL,
    asked_at        BIGINT NOT NULL,
    decided_at      BIGINT,
    UNIQUE (organisation_id, account_id)
);
CREATE INDEX directory_join_account ON directory_join (account_id);

-- How often something was tried in a day, for limits that must hold in all processes.
CREATE TABLE directory_tally (
    subject BYTEA  NOT NULL,             -- account or organisation
    what    TEXT   NOT NULL,
    day     BIGINT NOT NULL,             -- since 1970
    times   BIGINT NOT NULL,
    PRIMARY KEY (subject, what, day)
);
CREATE INDEX directory_tally_day ON directory_tally (day);

ALTER TABLE directory_mandate ADD COLUMN by_holder BIGINT NOT NULL DEFAULT 0 CHECK (by_holder IN (0, 1));  -- 1: laid down, not withdrawn
CREATE INDEX directory_mandate_held ON directory_mandate (holder_id, id);
CREATE INDEX directory_mandate_given ON directory_mandate (organisation_id, id);
