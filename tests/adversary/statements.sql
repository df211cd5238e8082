-- SPDX-License-Identifier: PostgreSQL
-- What somebody who can write a trace could have it run, in a traced program and in the analyzer: a case a line, and each
-- makes pqleak refuse the trace.
CREATE TRIGGER t AFTER INSERT ON process BEGIN DELETE FROM connection; END;
CREATE TRIGGER t AFTER UPDATE ON process BEGIN SELECT zeroblob(1000000000); END;
CREATE TRIGGER t BEFORE DELETE ON symbol BEGIN SELECT raise(ABORT, 'x'); END;
CREATE VIEW v AS SELECT 1 AS x; CREATE TRIGGER t INSTEAD OF INSERT ON v BEGIN DELETE FROM connection; END;
DROP TABLE misuse; CREATE VIEW misuse AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r;
DROP TABLE event; CREATE TABLE event (number CHECK (length(zeroblob(1000000000)) > 0));
DROP TABLE event; CREATE TABLE Event (number, slow AS (hex(zeroblob(100000000))));
DROP TABLE fold; CREATE TABLE "fold" (kind, process, acquire_stack);
DROP TABLE property; CREATE TABLE property (name TEXT PRIMARY KEY, value DEFAULT (zeroblob(1000000000)));
CREATE INDEX i ON connection (hex(zeroblob(1000000)));
CREATE INDEX i ON process (pid) WHERE length(command) > 0;
DROP INDEX frame_place; CREATE UNIQUE INDEX frame_place ON frame (abs(id));
CREATE VIRTUAL TABLE words USING fts5(word);
ALTER TABLE process ADD COLUMN more GENERATED ALWAYS AS (zeroblob(1000000000)) VIRTUAL;
