-- +goose Up
-- What an organisation has, the worst and newest first; state and type stand in it so that counting reads no rows.
-- last_seen does not: it changes with every report, and an index of it would have to be written anew each time.
CREATE INDEX notify_exposure_worst ON notify_exposure (organisation_id, severity, first_seen, fingerprint, state, type);
CREATE INDEX notify_exposure_type ON notify_exposure (organisation_id, type);
CREATE INDEX notify_report_completed ON notify_report (completed_at);

-- Feedback also comes from people who are signed in and from programs; that is about exposures, and not by way of a
-- notification.
CREATE TABLE notify_feedback_next (
    id              BYTEA  NOT NULL PRIMARY KEY,
    notification_id BYTEA  REFERENCES notify_notification (id) ON DELETE CASCADE,  -- by the link in which; NULL: by no link
    organisation_id BYTEA  NOT NULL,
    holder          TEXT   NOT NULL CHECK (holder IN ('recipient', 'supplier', 'person', 'program')),
    account_id      BYTEA,            -- of a person who is signed in, until that person is forgotten
    token_id        BYTEA,            -- of a program
    behalf          TEXT   NOT NULL,  -- the organisation that a delegate came from; '' for no delegate
    answer          TEXT   NOT NULL CHECK (answer IN ('on_it', 'solved', 'false_positive', 'not_ours', 'forwarded', 'help')),
    note            TEXT   NOT NULL,
    exposures       BIGINT NOT NULL,
    given_at        BIGINT NOT NULL
);
INSERT INTO notify_feedback_next (id, notification_id, organisation_id, holder, behalf, answer, note, exposures, given_at)
    SELECT id, notification_id, organisation_id, holder, '', answer, note, exposures, given_at FROM notify_feedback;
DROP TABLE notify_feedback;
ALTER TABLE notify_feedback_next RENAME TO notify_feedback;
CREATE INDEX notify_feedback_given ON notify_feedback (given_at);
CREATE INDEX notify_feedback_notification ON notify_feedback (notification_id);
CREATE INDEX notify_feedback_organisation ON notify_feedback (organisation_id, given_at);
CREATE INDEX notify_feedback_account ON notify_feedback (account_id) WHERE account_id IS NOT NULL;

-- Which exposures feedback is about, whichever door it came by.
CREATE TABLE notify_feedback_item (
    organisation_id BYTEA NOT NULL,
    fingerprint     BYTEA NOT NULL,
    feedback_id     BYTEA NOT NULL REFERENCES notify_feedback (id) ON DELETE CASCADE,
    PRIMARY KEY (organisation_id, fingerprint, feedback_id)
);
CREATE INDEX notify_feedback_item_feedback ON notify_feedback_item (feedback_id);

-- Of what was said before, it is known only where it was about the whole of its notification.
INSERT INTO notify_feedback_item (organisation_id, fingerprint, feedback_id)
    SELECT i.organisation_id, i.fingerprint, f.id FROM notify_feedback f JOIN notify_item i ON i.notification_id = f.notification_id
    WHERE f.exposures = (SELECT count(*) FROM notify_item c WHERE c.notification_id = f.notification_id);
