-- +goose Up
-- Which exposures were matched by which asset: what their reasons say, in an order that finds them. Kept by whatever
-- changes the reasons. A mandate for some assets sees through it.
CREATE TABLE notify_exposure_asset (
    organisation_id BYTEA NOT NULL,
    asset_id        BYTEA NOT NULL,
    fingerprint     BYTEA NOT NULL,
    PRIMARY KEY (organisation_id, asset_id, fingerprint)
) WITHOUT ROWID;
INSERT OR IGNORE INTO notify_exposure_asset (organisation_id, asset_id, fingerprint)
    SELECT e.organisation_id, unhex(replace(json_extract(r.value, '$.asset'), '-', '')), e.fingerprint
    FROM notify_exposure e, json_each(e.reasons) r
    WHERE length(replace(json_extract(r.value, '$.asset'), '-', '')) = 32;
