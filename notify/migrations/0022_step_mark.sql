-- +goose Up
-- A tick belongs to what a step says, not to its place in a text that may be edited: the mark is made from the words of
-- the step in both languages. Ticks from before have none, and show nowhere: nobody can tell which words they were for.
ALTER TABLE notify_step ADD COLUMN mark TEXT;
