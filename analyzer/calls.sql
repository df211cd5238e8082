-- SPDX-License-Identifier: PostgreSQL
-- Stacks in words, for reports.  Needs the analyzer's SQL functions basename() and short_name().

CREATE TEMP VIEW driver_module AS
  -- Modules between the user's code and libpq.
  SELECT m.id AS module FROM module m WHERE EXISTS (SELECT 1 FROM driver d WHERE m.path GLOB d.pattern);

CREATE TEMP VIEW call AS
  -- A frame's functions, innermost first, inlined ones included.  `head` may be shortened, `tail` says where.
  SELECT f.id AS frame, ifnull(y.depth, 0) AS depth, m.path AS module, p.language, f."offset", y.function, y.file, y.line,
         ifnull(f.module IN (SELECT module FROM driver_module), 0)
           OR EXISTS (SELECT 1 FROM driver d WHERE p.file GLOB d.pattern)
           OR EXISTS (SELECT 1 FROM driver_function d WHERE y.function GLOB d.pattern) AS driver,
         CASE WHEN y.function IS NOT NULL THEN y.function
              WHEN y.line > 0 THEN '??'
              WHEN m.path IS NOT NULL THEN printf('%s+0x%x', basename(m.path), f."offset")
              ELSE printf('0x%x', f."offset") END AS head,
         CASE WHEN y.line > 0 THEN printf(' (%s:%d)', basename(y.file), y.line)
              WHEN p.id IS NOT NULL THEN printf(' (%s)', basename(p.file))
              WHEN m.path IS NULL THEN ' (in no module)'
              WHEN y.function IS NULL THEN ''
              WHEN y.depth > 0 THEN printf(' (in %s)', basename(m.path))
              ELSE printf(' (%s+0x%x)', basename(m.path), f."offset") END AS tail
  FROM frame f LEFT JOIN module m ON m.id = f.module LEFT JOIN script p ON p.id = f.script
  LEFT JOIN frame_name y ON y.frame = f.id;

CREATE TEMP VIEW target_text AS
  -- A target as user@host:port/database.
  SELECT id AS target,
         printf('%s@%s:%s/%s', iif(user = '', '?', user),
                CASE WHEN host = '' THEN '?' WHEN host LIKE '%:%' THEN '[' || host || ']' ELSE host END,
                iif(port = '', '?', port), iif(database = '', '?', database)) AS text
  FROM target;
