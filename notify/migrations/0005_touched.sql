-- +goose Up
-- When something about an organisation's exposures last changed: what is kept beside them, or told about them, looks
-- here for what there is to do.
CREATE TABLE notify_touched (
    organisation_id BYTEA  NOT NULL PRIMARY KEY,
    touched_at      BIGINT NOT NULL
);
CREATE INDEX notify_touched_at ON notify_touched (touched_at, organisation_id);
INSERT INTO notify_touched (organisation_id, touched_at) SELECT organisation_id, max(state_at) FROM notify_exposure GROUP BY organisation_id;

-- Open exposures of an organisation at the end of a day; a row for a day on which that changed.
CREATE TABLE notify_trend (
    organisation_id BYTEA  NOT NULL,
    day             BIGINT NOT NULL,  -- days since 1970, by the clock of the centre
    critical        BIGINT NOT NULL,
    high            BIGINT NOT NULL,
    medium          BIGINT NOT NULL,
    low             BIGINT NOT NULL,
    info            BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, day)
);
CREATE INDEX notify_trend_day ON notify_trend (day);
