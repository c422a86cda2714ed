-- +goose Up
-- When both sides are told that the mandate ends soon; NULL once they were.
ALTER TABLE directory_mandate ADD COLUMN remind_at BIGINT;
UPDATE directory_mandate SET remind_at = ends_at - 1209600000000 WHERE withdrawn_at IS NULL;
CREATE INDEX directory_mandate_remind ON directory_mandate (remind_at) WHERE remind_at IS NOT NULL;
