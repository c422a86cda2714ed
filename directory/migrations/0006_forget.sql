-- +goose Up
-- What is looked for when a person is forgotten, so that it takes no reading of whole tables.
CREATE INDEX directory_invitation_mail ON directory_invitation (mail);
CREATE INDEX directory_invitation_by ON directory_invitation (invited_by) WHERE invited_by IS NOT NULL;
CREATE INDEX directory_invitation_taken ON directory_invitation (accepted_by) WHERE accepted_by IS NOT NULL;
CREATE INDEX directory_contact_by ON directory_contact (created_by) WHERE created_by IS NOT NULL;
CREATE INDEX directory_contact_verified ON directory_contact (verified_by) WHERE verified_by IS NOT NULL;
