-- +goose Up
-- The desk looks at reports by source, by type, by day and by what is the matter with them; the newest first.
ALTER TABLE notify_report ADD COLUMN drifts BIGINT NOT NULL DEFAULT 0;  -- differences from what we know of its kind
UPDATE notify_report SET drifts = (SELECT count(*) FROM notify_drift d WHERE d.report_id = notify_report.id);
CREATE INDEX notify_report_source ON notify_report (source_key, seq);
CREATE INDEX notify_report_type ON notify_report (type, seq);
CREATE INDEX notify_report_day ON notify_report (day, seq);
CREATE INDEX notify_report_drift ON notify_report (seq) WHERE drifts > 0;
CREATE INDEX notify_report_rejected ON notify_report (seq) WHERE rejected > 0;
CREATE INDEX notify_report_broken ON notify_report (seq) WHERE state = 'broken';

-- Which reports a message came from, noted when it is written.
CREATE TABLE notify_cause (
    report          BIGINT NOT NULL,  -- seq
    notification_id BYTEA  NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE,
    PRIMARY KEY (report, notification_id)
);
CREATE INDEX notify_cause_notification ON notify_cause (notification_id);
