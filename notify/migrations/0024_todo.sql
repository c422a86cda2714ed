-- +goose Up
-- What an organisation has, the worst and newest first: what is still to be done by itself, so that the first pages pass
-- by nothing that is over. Lists of both read both.
DROP INDEX notify_exposure_worst;
CREATE INDEX notify_exposure_todo ON notify_exposure (organisation_id, severity, first_seen, fingerprint, state, type)
    WHERE state IN ('new', 'open', 'acknowledged', 'reopened');
CREATE INDEX notify_exposure_done ON notify_exposure (organisation_id, severity, first_seen, fingerprint, type)
    WHERE state IN ('solved', 'false_positive', 'not_ours', 'expired');
