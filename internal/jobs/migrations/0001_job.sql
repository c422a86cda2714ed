-- +goose Up
-- A job that succeeded is deleted, so this table holds only what is still to be done and what failed.
CREATE TABLE jobs_job (
    id            TEXT   NOT NULL PRIMARY KEY,
    kind          TEXT   NOT NULL,
    args          TEXT   NOT NULL, -- JSON
    same          TEXT,            -- for unique kinds: equal when the args are equal
    state         TEXT   NOT NULL, -- waiting, running, failed
    attempt       BIGINT NOT NULL, -- how often it was tried, the running one included
    most_attempts BIGINT NOT NULL,
    deaths        BIGINT NOT NULL, -- how often its process died; these attempts are not counted above
    run_at        BIGINT NOT NULL, -- microseconds since 1970, as all times here
    created_at    BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL, -- when it came into its state
    worker        TEXT,            -- who runs it: slot/process
    error         TEXT             -- of the last attempt
);
CREATE INDEX jobs_job_due ON jobs_job (run_at, id) WHERE state = 'waiting';
CREATE UNIQUE INDEX jobs_job_same ON jobs_job (kind, same) WHERE state = 'waiting' AND same IS NOT NULL;
CREATE INDEX jobs_job_running ON jobs_job (kind, same) WHERE state = 'running';

CREATE TABLE jobs_schedule (
    kind    TEXT   NOT NULL PRIMARY KEY,
    next_at BIGINT NOT NULL
);
