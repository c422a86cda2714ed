-- +goose Up
ALTER TABLE directory_organisation ADD COLUMN kind TEXT NOT NULL DEFAULT 'company' CHECK (kind IN ('company', 'partnership'));
-- Those that an operator imports are accepted; those that register themselves wait for staff.
ALTER TABLE directory_organisation ADD COLUMN state TEXT NOT NULL DEFAULT 'accepted'
    CHECK (state IN ('requested', 'asked', 'accepted', 'refused', 'closed'));

-- Who belongs to an organisation. Accounts are signin's.
CREATE TABLE directory_member (
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    account_id      BYTEA  NOT NULL,
    place           TEXT   NOT NULL CHECK (place IN ('owner', 'security-contact', 'member')),
    since           BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, account_id)
);
CREATE INDEX directory_member_account ON directory_member (account_id);

-- What an organisation lets its supplier or partnership do for it, until when.
CREATE TABLE directory_mandate (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,  -- who gave it
    holder_id       BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,  -- who holds it
    acting          BIGINT NOT NULL CHECK (acting IN (0, 1)),      -- 0: reads only
    every_asset     BIGINT NOT NULL CHECK (every_asset IN (0, 1)), -- 0: only those of directory_mandate_asset
    given_by        BYTEA  NOT NULL,
    given_at        BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    withdrawn_by    BYTEA,
    withdrawn_at    BIGINT,
    CHECK (organisation_id <> holder_id)
);
CREATE INDEX directory_mandate_organisation ON directory_mandate (organisation_id, given_at);
CREATE INDEX directory_mandate_holder ON directory_mandate (holder_id, ends_at);
CREATE UNIQUE INDEX directory_mandate_open ON directory_mandate (organisation_id, holder_id) WHERE withdrawn_at IS NULL;

-- The assets that a mandate is about; they are footprint's.
CREATE TABLE directory_mandate_asset (
    mandate_id BYTEA NOT NULL REFERENCES directory_mandate (id) ON DELETE CASCADE,
    asset_id   BYTEA NOT NULL,
    PRIMARY KEY (mandate_id, asset_id)
);
