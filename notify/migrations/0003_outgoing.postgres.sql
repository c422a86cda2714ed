-- +goose Up
-- A message may go to somebody who is in no register (kind 'stranger'): it is about no organisation of ours. And a
-- message may be held by an analyst, until another lets it go.
ALTER TABLE notify_notification ALTER COLUMN organisation_id DROP NOT NULL;
ALTER TABLE notify_notification DROP CONSTRAINT notify_notification_kind_check;
ALTER TABLE notify_notification ADD CONSTRAINT notify_notification_kind_check
    CHECK (kind IN ('warning', 'reminder', 'closing', 'desk', 'stranger', 'test') AND (organisation_id IS NOT NULL OR kind = 'stranger'));
ALTER TABLE notify_delivery DROP CONSTRAINT notify_delivery_state_check;
ALTER TABLE notify_delivery ADD CONSTRAINT notify_delivery_state_check
    CHECK (state IN ('queued', 'held', 'sent', 'deferred', 'bounced', 'failed', 'withdrawn'));
