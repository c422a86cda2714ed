-- +goose Up
CREATE INDEX directory_organisation_name ON directory_organisation (LOWER(name), id);
