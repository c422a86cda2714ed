-- +goose Up
-- By bytes, whatever the collation of the database: what begins with something is then a range.
CREATE INDEX directory_organisation_name ON directory_organisation (LOWER(name) text_pattern_ops, id);
