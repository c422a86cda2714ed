-- +goose Up
-- Which exposures were matched by which asset: what their reasons say, in an order that finds them. Kept by whatever
-- changes the reasons. A mandate for some assets sees through it.
CREATE TABLE notify_exposure_asset (
    organisation_id BYTEA NOT NULL,
    asset_id        BYTEA NOT NULL,
    fingerprint     BYTEA NOT NULL,
    PRIMARY KEY (organisation_id, asset_id, fingerprint)
);
INSERT INTO notify_exposure_asset (organisation_id, asset_id, fingerprint)
    SELECT DISTINCT e.organisation_id, decode(replace(r ->> 'asset', '-', ''), 'hex'), e.fingerprint
    FROM notify_exposure e, jsonb_array_elements(e.reasons::jsonb) r
    WHERE length(replace(r ->> 'asset', '-', '')) = 32;
