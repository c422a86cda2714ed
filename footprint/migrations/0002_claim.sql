-- +goose Up
-- What the organisation itself says it has, from the first word to the end. An asset of the same id is proven exactly
-- while its claim is active; docs/decisions/0006-claims.md says why there are two tables.
CREATE TABLE footprint_claim (
    id              BYTEA  NOT NULL PRIMARY KEY,  -- that of the asset
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    kind            TEXT   NOT NULL CHECK (kind IN ('prefix', 'asn', 'domain', 'product')),
    value           TEXT   NOT NULL,  -- canonical, as in footprint_asset
    role            TEXT   NOT NULL CHECK (role IN ('owner', 'provider')),
    state           TEXT   NOT NULL CHECK (state IN ('pending', 'proven', 'active', 'contested', 'refused', 'unproven', 'expired', 'withdrawn')),
    method          TEXT   NOT NULL CHECK (method IN ('', 'operator', 'dns', 'file', 'rdap', 'route', 'staff', 'word')),
    evidence        TEXT   NOT NULL,  -- what was seen, in a few words that need no translation: a name, an address
    reason          TEXT   NOT NULL,  -- why staff decided so
    plea            TEXT   NOT NULL,  -- what the organisation shows staff instead of a proof; '' when it asked nothing
    via             TEXT   NOT NULL,  -- for method 'route': the name that leads to the address
    asked           TEXT   NOT NULL,  -- what is being looked at now: 'domain', 'route', 'rdap', or ''
    outcome         TEXT   NOT NULL,  -- of the last look, by a message's id; '' when there was none
    registered_by   BYTEA,            -- an account
    registered_at   BIGINT NOT NULL,
    proven_at       BIGINT,
    checked_at      BIGINT,           -- when the proof was last seen
    check_at        BIGINT,           -- when it is looked at again
    failures        BIGINT NOT NULL,  -- of looks since then
    failing_since   BIGINT,
    expires_at      BIGINT,
    reminded        BIGINT NOT NULL,  -- how many reminders of the coming end were sent
    decided_by      BYTEA,            -- an account of staff
    decided_at      BIGINT,
    changed_at      BIGINT NOT NULL,
    UNIQUE (organisation_id, kind, value)
);
CREATE INDEX footprint_claim_state ON footprint_claim (state, changed_at);
CREATE INDEX footprint_claim_check ON footprint_claim (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX footprint_claim_expires ON footprint_claim (expires_at) WHERE expires_at IS NOT NULL;

-- Whom an asset would be taken from, or shown to: looked for before a claim becomes active.
CREATE INDEX footprint_asset_value ON footprint_asset (kind, value);

-- Two organisations say that the same is theirs. The earlier keeps it until staff decide.
CREATE TABLE footprint_conflict (
    id             BYTEA  NOT NULL PRIMARY KEY,
    claim_id       BYTEA  NOT NULL REFERENCES footprint_claim (id) ON DELETE CASCADE,
    asset_id       BYTEA  NOT NULL,  -- the earlier's
    claimant_id    BYTEA  NOT NULL,
    holder_id      BYTEA  NOT NULL,
    claimant_named BIGINT NOT NULL CHECK (claimant_named IN (0, 1)),  -- agrees that the other reads its name
    holder_named   BIGINT NOT NULL CHECK (holder_named IN (0, 1)),
    opened_at      BIGINT NOT NULL,
    closed_at      BIGINT
);
CREATE UNIQUE INDEX footprint_conflict_open ON footprint_conflict (claim_id, asset_id) WHERE closed_at IS NULL;
CREATE INDEX footprint_conflict_holder ON footprint_conflict (holder_id);
CREATE INDEX footprint_conflict_asset ON footprint_conflict (asset_id);

-- A code that was mailed to the contact of a network, and the way for that contact to object.
CREATE TABLE footprint_code (
    id         BYTEA  NOT NULL PRIMARY KEY,
    claim_id   BYTEA  NOT NULL REFERENCES footprint_claim (id) ON DELETE CASCADE,
    hash       BYTEA  NOT NULL,         -- of the code
    objection  BYTEA  NOT NULL UNIQUE,  -- hash of the secret in the link to object
    sent_to    TEXT   NOT NULL,
    network    TEXT   NOT NULL,         -- handle and name that RDAP gave
    sent_at    BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    tries      BIGINT NOT NULL,
    used_at    BIGINT,
    objected_at BIGINT
);
CREATE INDEX footprint_code_claim ON footprint_code (claim_id, sent_at);
CREATE INDEX footprint_code_sent ON footprint_code (sent_to, sent_at);

-- What RDAP said of a network, for a day.
CREATE TABLE footprint_network (
    question    TEXT   NOT NULL PRIMARY KEY,  -- a prefix or an AS number
    answer      TEXT   NOT NULL,              -- JSON
    answered_at BIGINT NOT NULL
);

-- Imports are one way of proof among others now.
ALTER TABLE footprint_asset DROP COLUMN method;
ALTER TABLE footprint_asset ADD COLUMN method TEXT NOT NULL DEFAULT 'operator'
    CHECK (method IN ('operator', 'dns', 'file', 'rdap', 'route', 'staff', 'word'));
