-- SPDX-License-Identifier: PostgreSQL
-- The strings of a profile, each with its number, and the modules: pprof.c copies them.

-- pprof takes what stands in angle brackets for a template's arguments and leaves it out: '<module>' would have no name.
CREATE TEMP VIEW export_function AS
  SELECT id AS place, CASE WHEN function GLOB '<*>' THEN printf('%s of %s', trim(function, '<>'), basename(file))
                           ELSE ifnull(function, name) END AS plain_name
  FROM export_place;
CREATE TEMP TABLE export_string (id INTEGER PRIMARY KEY, text TEXT UNIQUE);
INSERT INTO export_string VALUES (0, '');
INSERT OR IGNORE INTO export_string (text)
  SELECT printable(text) FROM (
    SELECT weight AS text FROM export_measure UNION SELECT unit FROM export_measure
    UNION SELECT kind || 's' FROM export_choice UNION SELECT 'program' UNION SELECT program FROM export_weight
    UNION SELECT file FROM export_place
    UNION SELECT plain_name FROM export_function UNION SELECT exe FROM main.process
    UNION SELECT path FROM main.module UNION SELECT build_id FROM main.module)
  WHERE text IS NOT NULL ORDER BY text;

CREATE TEMP TABLE export_mapping (id INTEGER PRIMARY KEY, module TEXT UNIQUE);
INSERT INTO export_mapping (module) SELECT exe FROM main.process ORDER BY id LIMIT 1; -- the first is taken for the program
INSERT OR IGNORE INTO export_mapping (module) SELECT DISTINCT module FROM export_place WHERE module IS NOT NULL ORDER BY module;
