-- +goose Up
-- The words of a name, so that it is found by one in the middle.
CREATE INDEX directory_organisation_words ON directory_organisation USING GIN (to_tsvector('simple', translate(name, '.-/@&_', '      ')));
