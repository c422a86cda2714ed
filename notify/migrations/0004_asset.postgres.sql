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

-- What is still to be done at an organisation, the latest seen first: it is counted, and sorted so, without what is
-- long over. last_seen stands in no other index, as it changes with every report.
CREATE INDEX notify_exposure_open ON notify_exposure (organisation_id, last_seen, fingerprint, severity, state)
    WHERE state IN ('new', 'open', 'acknowledged', 'reopened');

-- The same of what is over, which no report changes.
CREATE INDEX notify_exposure_over ON notify_exposure (organisation_id, last_seen, fingerprint)
    WHERE state IN ('solved', 'false_positive', 'not_ours', 'expired');

-- What is looked for by a part of its address or name is looked for in here, without reading the exposures themselves.
CREATE INDEX notify_exposure_where ON notify_exposure (organisation_id, address, name, fingerprint);
CREATE INDEX notify_exposure_vulnerability ON notify_exposure (vulnerability, organisation_id) WHERE vulnerability <> '';
CREATE INDEX notify_report_name ON notify_report (name text_pattern_ops);
