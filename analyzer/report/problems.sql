-- SPDX-License-Identifier: PostgreSQL
-- What a machine is told, one row a thing: TEMP TABLE problem and its stacks, for all formats but text.  Needs TEMP TABLEs
-- finding, finding_stack, finding_level, frame_call, site, found_misuse, found_peak_site, gated, stack_path, excuse, suppression and report_choice.

DROP VIEW IF EXISTS temp.problem_stack;
DROP TABLE IF EXISTS temp.problem;

-- `rule` and `fingerprint` are the same from run to run; fingerprints are unique, and so are the messages of a rule: some
-- readers take two of one name for one.  `file` is relative to the source root
-- when it lies below it.  `finding`: its number, of a misuse NULL.  `stack`: where it was acquired, or where the misuse was;
-- the others may be NULL.
CREATE TEMP TABLE problem (
  number INTEGER PRIMARY KEY, finding INTEGER UNIQUE, rule TEXT, title TEXT, help TEXT, frame INTEGER, depth INTEGER, level TEXT, excused TEXT,
  reason TEXT, message TEXT, function TEXT, file TEXT, line INTEGER, module TEXT, stack INTEGER, used_stack INTEGER,
  acquire_stack INTEGER, release_stack INTEGER, fingerprint TEXT
);
INSERT INTO problem
  WITH told AS (
    SELECT 1 AS part, f.number, f.kind AS excused_kind, f.verdict AS excused_verdict,
           f.verdict || '-' || replace(f.kind, ' ', '-') AS rule,
           printf('%s %s', resource_noun(f.kind, 2), verdict_words(f.kind, f.verdict)) AS title,
           'Acquired here, and not given back. Give it back on every path that leaves this code, those of errors too: '
             || release_calls(f.kind) || '.' AS help,
           j.level, f.excused,
           printf('%d %s %s at %s%s', f.count, resource_noun(f.kind, f.count), verdict_words(f.kind, f.verdict), f.head, f.tail)
             AS message,
           w.frame, w.depth, NULL AS file, NULL AS line, f.stack, w.used_stack, NULL AS acquire_stack, w.release_stack
    FROM finding f JOIN finding_stack w ON w.number = f.number JOIN finding_level j ON j.number = f.number
    WHERE f.lost
    UNION ALL
    SELECT 2, row_number() OVER (ORDER BY m.by_design, m.count DESC, m.kind, p.path, m.stack, m.acquire_stack, m.release_stack),
           m.kind, 'misuse', 'misuse-' || replace(m.kind, ' ', '-'), misuse_noun(m.kind, 2),
           'A call that must not be: see MISUSE in libpqleak(7).',
           CASE WHEN m.excused <> '' THEN 'note'
                WHEN (m.kind, 'misuse') IN (SELECT kind, verdict FROM gated) THEN 'error' ELSE 'note' END,
           m.excused,
           printf('%d %s at %s%s', m.count, misuse_noun(m.kind, m.count),
                  ifnull(short_name(s.head), 'an unknown place'), ifnull(s.tail, '')),
           s.frame, s.depth, NULL, NULL, m.stack, NULL, nullif(m.acquire_stack, 0), nullif(m.release_stack, 0)
    FROM found_misuse m LEFT JOIN site s ON s.stack = m.stack LEFT JOIN stack_path p ON p.stack = m.stack
    UNION ALL
    SELECT 3, 1, NULL, NULL, 'too-many-open', 'more connections open at once than --max-open allows',
           'Most of those that were open at that moment were opened here.', 'error', '',
           printf('%d connections open at once, --max-open=%d', a.open, c.most_open),
           s.frame, s.depth, NULL, NULL, k.acquire_stack, NULL, NULL, NULL
    FROM report_choice c CROSS JOIN peak a LEFT JOIN (SELECT acquire_stack FROM found_peak_site ORDER BY open DESC, acquire_stack LIMIT 1) k
    LEFT JOIN site s ON s.stack = k.acquire_stack
    WHERE a.open > c.most_open
    UNION ALL
    SELECT 4, u.number, NULL, NULL, 'stale-suppression', 'suppressions that expired or matched nothing',
           'Take the entry out, or give it a later date: see SUPPRESSIONS in pqleak(1).',
           iif(c.strict, 'error', 'warning'), '',
           printf('suppression of %s %s', u.pattern, iif(u.expired, 'expired on ' || u.expires, 'matched nothing')),
           NULL, NULL, source_file(u.real_file), u.line, NULL, NULL, NULL, NULL
    FROM suppression u CROSS JOIN report_choice c WHERE u.stale),
  placed AS (
    SELECT m.*, coalesce(m.file, source_file(c.file)) AS source,
           coalesce(m.line, iif(source_file(c.file) IS NULL, NULL, nullif(c.line, 0))) AS source_line,
           c.function, c.module, c."offset", iif(m.part = 4, m.message, p.path) AS path
    FROM told m LEFT JOIN frame_call c ON c.frame = m.frame AND c.depth = m.depth LEFT JOIN stack_path p ON p.stack = m.stack),
  marked AS (
    SELECT *, row_number() OVER (PARTITION BY rule, path ORDER BY source, source_line, "offset", part, number) AS same,
           row_number() OVER (PARTITION BY rule, message ORDER BY part, number) AS again
    FROM placed)
  SELECT row_number() OVER (ORDER BY m.part, m.number), iif(m.part = 1, m.number, NULL), m.rule, m.title, m.help, m.frame, m.depth, m.level, m.excused,
         u.reason, m.message || iif(m.again > 1, printf(' (%d)', m.again), ''), m.function, m.source, m.source_line, m.module, m.stack, m.used_stack, m.acquire_stack,
         m.release_stack, fingerprint(json_array(m.rule, iif(m.part = 3, '', m.path), m.same))
  FROM marked m
  LEFT JOIN excuse e ON m.excused = 'suppressed' AND e.kind = m.excused_kind AND e.verdict = m.excused_verdict
    AND e.stack = m.stack
  LEFT JOIN suppression u ON u.number = e.rule;

-- The stacks of each, in the order of events.
CREATE TEMP VIEW problem_stack AS
  SELECT number, 1 AS part, iif(rule GLOB 'misuse-*', 'called', 'acquired') AS words, stack FROM problem
  UNION ALL SELECT number, 2, 'acquired', acquire_stack FROM problem
  UNION ALL SELECT number, 3, 'last used', used_stack FROM problem
  UNION ALL SELECT number, 4, iif(rule GLOB 'misuse-*', 'released before', 'comparable ones are released'), release_stack
            FROM problem;
