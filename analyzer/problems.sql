-- SPDX-License-Identifier: PostgreSQL
-- What a machine is told, one row a thing: TEMP TABLE problem, for all formats but text and JSON.  Needs TEMP TABLEs
-- finding, speaker, call, site, found_misuse, gated, stack_path, excuse, suppression and judgement.

DROP TABLE IF EXISTS temp.problem;

-- `rule` and `fingerprint` are the same from run to run; a fingerprint is unique.  `file` is relative to the source root
-- when it lies below it.  `stack`: where it was acquired, or where the misuse was; the others may be null.
CREATE TEMP TABLE problem (
  number INTEGER PRIMARY KEY, rule TEXT, title TEXT, help TEXT, frame INTEGER, depth INTEGER, level TEXT, excused TEXT, reason TEXT, message TEXT, function TEXT, file TEXT,
  line INTEGER, module TEXT, stack INTEGER, used_stack INTEGER, acquire_stack INTEGER, release_stack INTEGER, fingerprint TEXT
);
INSERT INTO problem
  WITH told AS (
    SELECT 1 AS part, f.number, f.verdict || '-' || replace(f.kind, ' ', '-') AS rule,
           printf('%s %s', resource_noun(f.kind, 2), verdict_words(f.kind, f.verdict)) AS title,
           'Acquired here, and not given back. Give it back on every path that leaves this code, those of errors too: '
             || release_calls(f.kind) || '.' AS help,
           j.level, f.excused,
           (SELECT u.reason FROM member m JOIN suppression u ON u.number = m.rule
             WHERE f.excused = 'suppressed' AND m.excused = 'suppressed' AND m.acquire_stack = f.stack LIMIT 1) AS reason,
           printf('%d %s %s at %s%s', f.count, resource_noun(f.kind, f.count), verdict_words(f.kind, f.verdict), f.head, f.tail)
             AS message,
           w.frame, w.depth, f.stack, w.used_stack, NULL AS acquire_stack, w.release_stack, p.path
    FROM finding f JOIN speaker w ON w.number = f.number JOIN judgement j ON j.number = f.number
    LEFT JOIN stack_path p ON p.stack = f.stack
    WHERE f.verdict IN ('leaked', 'open-at-death', 'open')
    UNION ALL
    SELECT 2, row_number() OVER (ORDER BY m.by_design, m.count DESC, m.kind, p.path, m.stack, m.acquire_stack, m.release_stack),
           'misuse-' || replace(m.kind, ' ', '-'), misuse_noun(m.kind, 2),
           'A call that must not be: see MISUSE in libpqleak(7).',
           CASE WHEN m.excused <> '' THEN 'note'
                WHEN (m.kind, 'misuse') IN (SELECT kind, verdict FROM gated) THEN 'error' ELSE 'note' END,
           m.excused,
           (SELECT u.reason FROM excuse e JOIN suppression u ON u.number = e.rule
             WHERE m.excused = 'suppressed' AND e.kind = m.kind AND e.verdict = 'misuse' AND e.stack = m.stack),
           printf('%d %s at %s%s', m.count, misuse_noun(m.kind, m.count),
                  ifnull(short_name(s.head), 'an unknown place'), ifnull(s.tail, '')),
           s.frame, s.depth, m.stack, NULL, nullif(m.acquire_stack, 0), nullif(m.release_stack, 0), p.path
    FROM found_misuse m LEFT JOIN site s ON s.stack = m.stack LEFT JOIN stack_path p ON p.stack = m.stack),
  marked AS (
    SELECT *, row_number() OVER (PARTITION BY rule, path ORDER BY part, number) AS same FROM told)
  SELECT row_number() OVER (ORDER BY m.part, m.number), m.rule, m.title, m.help, m.frame, m.depth, m.level, m.excused, m.reason, m.message, c.function,
         source_path(c.file), nullif(c.line, 0), c.module, m.stack, m.used_stack, m.acquire_stack, m.release_stack,
         fingerprint(json_array(m.rule, m.path, m.same))
  FROM marked m LEFT JOIN call c ON c.frame = m.frame AND c.depth = m.depth;
