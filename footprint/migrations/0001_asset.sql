-- +goose Up
-- One row: the number of the last change to the register. Its row lock makes changes commit in order.
CREATE TABLE footprint_version (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO footprint_version (id, version) VALUES (1, 0);

CREATE TABLE footprint_asset (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    kind            TEXT   NOT NULL CHECK (kind IN ('prefix', 'asn', 'domain', 'product')),
    value           TEXT   NOT NULL,  -- canonical: 192.0.2.0/28, AS64500, example.nl
    role            TEXT   NOT NULL CHECK (role IN ('owner', 'provider')),
    state           TEXT   NOT NULL CHECK (state IN ('proven', 'withdrawn')),
    method          TEXT   NOT NULL CHECK (method IN ('operator')),
    registered_at   BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,
    version         BIGINT NOT NULL,
    UNIQUE (organisation_id, kind, value)
);
CREATE INDEX footprint_asset_version ON footprint_asset (version, id);

-- "Not ours": what an organisation says does not belong to it, for staff to correct.
CREATE TABLE footprint_correction (
    id              BYTEA  NOT NULL PRIMARY KEY,
    asset_id        BYTEA  NOT NULL REFERENCES footprint_asset (id),
    organisation_id BYTEA  NOT NULL,
    reason          TEXT   NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at       BIGINT NOT NULL,
    closed_at       BIGINT
);
CREATE UNIQUE INDEX footprint_correction_open ON footprint_correction (asset_id) WHERE state = 'open';
