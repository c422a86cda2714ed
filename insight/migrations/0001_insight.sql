-- +goose Up
-- How many of the organisations that are served have proven assets: measured by a job, as that reads all of them.
CREATE TABLE insight_coverage (
    day         BIGINT NOT NULL,  -- since 1970, UTC
    sector      TEXT   NOT NULL,
    accepted    BIGINT NOT NULL,
    proven      BIGINT NOT NULL,
    measured_at BIGINT NOT NULL,
    PRIMARY KEY (day, sector)
);

-- What an analyst finds of a source (type '') or of one of its types, otherwise than the figures say. The latest counts;
-- an empty grade leaves it to the figures again. Who it was is in the record.
CREATE TABLE insight_grade (
    id         BYTEA  NOT NULL PRIMARY KEY,
    source_key TEXT   NOT NULL,
    type       TEXT   NOT NULL,
    grade      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    given_at   BIGINT NOT NULL
);
CREATE INDEX insight_grade_of ON insight_grade (source_key, type, id);
