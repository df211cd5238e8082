-- SPDX-License-Identifier: PostgreSQL
-- The frames of the wanted stacks in words; symbols are looked up before.  As the view frame_role, with what
-- --skip and --own say.

-- The functions of these frames and whose they are, before they are worded.
CREATE TEMP TABLE frame_named (
  frame INTEGER, depth INTEGER, role, language TEXT, unit, module TEXT, "offset" INTEGER, function, file, line, state TEXT, jit
);
-- only if EXISTS (SELECT 1 FROM wanted_stack)
INSERT INTO frame_named
  WITH judged_module AS MATERIALIZED (
    SELECT m.id AS module,
           CASE WHEN EXISTS (SELECT 1 FROM skip k WHERE m.path GLOB k.pattern OR basename(m.path) GLOB k.pattern) THEN 'driver'
                WHEN EXISTS (SELECT 1 FROM own k WHERE m.path GLOB k.pattern OR basename(m.path) GLOB k.pattern) THEN 'native'
                ELSE r.role END AS role
    FROM module m JOIN module_role r ON r.module = m.id)
  SELECT f.id AS frame, ifnull(y.depth, 0) AS depth,
         CASE WHEN EXISTS (SELECT 1 FROM skip k WHERE y.function GLOB k.pattern OR short_name(y.function) GLOB k.pattern)
                THEN 'driver'
              WHEN EXISTS (SELECT 1 FROM own k WHERE y.function GLOB k.pattern OR short_name(y.function) GLOB k.pattern)
                THEN 'native'
              ELSE coalesce((SELECT iif(d.part = 'driver', 'driver', 'runner') FROM driver_function d
                             WHERE y.function GLOB d.pattern LIMIT 1), r.role, 'native') END AS role,
         NULL, m.path, m.path, f."offset", y.function, y.file, y.line, t.state, ifnull(m.path, '[jit]') = '[jit]'
  FROM (SELECT DISTINCT s.frame FROM wanted_stack w CROSS JOIN stack_frame s ON s.stack = w.stack) x
  CROSS JOIN frame f ON f.id = x.frame
  LEFT JOIN module m ON m.id = f.module LEFT JOIN judged_module r ON r.module = f.module
  LEFT JOIN module_state t ON t.module = f.module
  LEFT JOIN symbol y ON y.frame = f.id
  WHERE f.script IS NULL OR f.script NOT IN (SELECT id FROM main.script);
-- only if EXISTS (SELECT 1 FROM wanted_stack) AND EXISTS (SELECT 1 FROM main.script)
INSERT INTO frame_named
  WITH judged_script AS MATERIALIZED (
    SELECT s.id AS script,
           CASE WHEN EXISTS (SELECT 1 FROM skip k WHERE s.file GLOB k.pattern OR basename(s.file) GLOB k.pattern
                                                     OR s.function GLOB k.pattern) THEN 'driver'
                WHEN EXISTS (SELECT 1 FROM own k WHERE s.file GLOB k.pattern OR basename(s.file) GLOB k.pattern
                                                    OR s.function GLOB k.pattern) THEN 'script'
                ELSE r.role END AS role
    FROM script s JOIN script_role r ON r.script = s.id)
  SELECT f.id, 0, q.role, p.language, p.file, NULL, f."offset", nullif(p.function, ''), p.file, nullif(f."offset", 0), NULL, 0
  FROM (SELECT DISTINCT s.frame FROM wanted_stack w CROSS JOIN stack_frame s ON s.stack = w.stack) x
  CROSS JOIN frame f ON f.id = x.frame JOIN main.script p ON p.id = f.script LEFT JOIN judged_script q ON q.script = p.id;

-- What a file is called in a report.  One of the user's own below the source root by its path from there, as it is known to
-- who works on it, and a script with a relative path by that; any other by its name, and as many of its folders as tell it
-- from all the others here; by one folder at least where each package has a file of its name.  What a script's package manager installed is not the user's, wherever that is.
CREATE TEMP TABLE file_name (file TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM frame_named)
INSERT INTO file_name
  WITH RECURSIVE file AS (
    SELECT file, max(role IN ('script', 'native') OR role = 'library' AND language IS NULL) AS own,
           max(language IS NOT NULL) AS script, basename(file) AS name, rtrim(file, replace(file, '/', '')) AS folder
    FROM frame_named WHERE file IS NOT NULL GROUP BY file),
  given AS MATERIALIZED (
    SELECT file, script, iif(own, source_path(file), file) AS path,
           iif(name IN ('__init__.py', '__main__.py', 'mod.rs', 'lib.rs', 'init.lua') AND folder GLOB '*/*/',
               basename(rtrim(folder, '/')) || '/', '') || name AS name
    FROM file),
  alike AS MATERIALIZED (SELECT name FROM given GROUP BY name HAVING count(*) > 1),
  ending (file, text, folders) AS (
    SELECT file, name, 0 FROM given WHERE name IN (SELECT name FROM alike)
    UNION ALL
    SELECT file, basename(substr(file, 1, length(file) - length(text) - 1)) || '/' || text, folders + 1
    FROM ending WHERE folders < 20 AND length(text) + 1 < length(file)),
  shortest AS (
    SELECT file, text, min(folders)
    FROM (SELECT *, count(*) OVER (PARTITION BY text) AS files FROM ending) WHERE files = 1 GROUP BY file)
  SELECT g.file, CASE WHEN g.path NOT GLOB '/*' AND g.path NOT GLOB '../*' AND (g.script OR g.path <> g.file)
                        THEN iif(g.path GLOB './*', substr(g.path, 3), g.path)
                      WHEN a.name IS NULL THEN g.name
                      ELSE ifnull(e.text, g.file) END
  FROM given g LEFT JOIN alike a ON a.name = g.name LEFT JOIN shortest e ON e.file = g.file;

-- A frame's functions, innermost first, inlined ones included.  `unit` is what holds the code: the module or the script.
-- `head` may be shortened, `tail` says where.  `symbols`: whether it could be named, and if not, why.
-- (Columns have types where they are joined: SQLite uses no index to compare one that has with one that has not.)
CREATE TEMP TABLE frame_call (
  frame INTEGER, depth INTEGER, role, language, unit, module, "offset", function, file, line, symbols, head, tail, text,
  PRIMARY KEY (frame, depth)
) WITHOUT ROWID;
-- only if EXISTS (SELECT 1 FROM frame_named)
INSERT INTO frame_call
  WITH worded AS (
    SELECT n.*,
           CASE WHEN function IS NOT NULL THEN function
                WHEN line > 0 OR language IS NOT NULL THEN '??'
                WHEN jit THEN printf('0x%x', "offset")
                ELSE printf('%s+0x%x', basename(module), "offset") END AS head,
           CASE WHEN line > 0 THEN printf(' (%s:%d)', f.name, line)
                WHEN language IS NOT NULL THEN printf(' (%s)', f.name)
                WHEN jit THEN iif(function IS NULL, ' (in no module)', ' (just-in-time code)')
                WHEN function IS NULL THEN iif(state = 'changed', printf(' (%s was rebuilt since)', basename(module)), '')
                WHEN depth > 0 THEN printf(' (in %s)', basename(module))
                ELSE printf(' (%s+0x%x)', basename(module), "offset") END AS tail
    FROM frame_named n LEFT JOIN file_name f ON f.file = n.file)
  SELECT frame, depth, role, language, unit, module, "offset", function, file, line,
         CASE WHEN function IS NOT NULL OR line > 0 THEN 'ok' WHEN ifnull(state, 'ok') = 'ok' THEN 'none' ELSE state END,
         head, tail,
         head || iif(line > 0 OR function IS NULL OR module IS NULL, tail, printf(' (in %s)', basename(module)))
  FROM worded;
DROP TABLE frame_named;

-- Which function names a frame: the innermost that is no driver's or runner's, or the innermost.  In the place of the view.
CREATE TEMP TABLE frame_role (frame INTEGER PRIMARY KEY, depth INTEGER, role);
-- only if EXISTS (SELECT 1 FROM frame_call)
INSERT INTO frame_role
  SELECT frame, ifnull(min(iif(role NOT IN ('driver', 'runner'), depth, NULL)), 0), role FROM frame_call GROUP BY frame;
