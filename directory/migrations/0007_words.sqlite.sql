-- +goose Up
-- The words of a name, so that it is found by one in the middle. A row of words is told by a number, as SQLite may
-- give the rows of other tables new numbers. Kept by the database itself, whoever changes a name.
CREATE TABLE directory_number (
    number          INTEGER PRIMARY KEY,
    organisation_id BYTEA NOT NULL UNIQUE
);
CREATE VIRTUAL TABLE directory_words USING fts5 (name, tokenize = "unicode61 remove_diacritics 2", prefix = '2 3');
INSERT INTO directory_number (organisation_id) SELECT id FROM directory_organisation;
INSERT INTO directory_words (rowid, name) SELECT n.number, o.name FROM directory_number n JOIN directory_organisation o ON o.id = n.organisation_id;
-- +goose StatementBegin
CREATE TRIGGER directory_words_added AFTER INSERT ON directory_organisation BEGIN
    INSERT INTO directory_number (organisation_id) VALUES (new.id);
    INSERT INTO directory_words (rowid, name) VALUES ((SELECT number FROM directory_number WHERE organisation_id = new.id), new.name);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER directory_words_changed AFTER UPDATE OF name ON directory_organisation WHEN new.name <> old.name BEGIN
    UPDATE directory_words SET name = new.name WHERE rowid = (SELECT number FROM directory_number WHERE organisation_id = new.id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER directory_words_gone AFTER DELETE ON directory_organisation BEGIN
    DELETE FROM directory_words WHERE rowid = (SELECT number FROM directory_number WHERE organisation_id = old.id);
    DELETE FROM directory_number WHERE organisation_id = old.id;
END;
-- +goose StatementEnd
