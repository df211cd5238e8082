-- SPDX-License-Identifier: PostgreSQL
-- What a machine is told, one row a thing: TEMP TABLE problem and its stacks, for all formats but text.  Needs TEMP TABLEs
-- finding, finding_stack, finding_life, finding_idle, finding_level, found_limit, frame_call, site, told_misuse, misuse_call, peak, found_peak_site, gated, stack_path, excuse,
-- suppression, note, note_sort, note_message and report_choice.

-- Each thing in the order in which it is told.  `what`: finding, misuse, peak, suppression or note.  `identity`: what tells it from
-- others of its rule, from run to run.  `stack`: where it was acquired, or where the misuse was, as `stack_words` say; the
-- other stacks may be NULL.
CREATE TEMP TABLE told (
  number INTEGER PRIMARY KEY, what TEXT, finding, rule TEXT, title, help, level, excused DEFAULT '', reason, message, identity,
  frame INTEGER, depth INTEGER, file, line, stack, stack_words DEFAULT 'acquired', used_stack, acquire_stack, release_stack,
  release_words DEFAULT 'others like it are released'
);

INSERT INTO told (what, finding, rule, title, help, level, excused, reason, message, identity, frame, depth, stack, used_stack,
                  release_stack, stack_words)
  SELECT 'finding', f.number, f.verdict || iif(d.number IS NULL, '-' || replace(f.kind, ' ', '-'), ''),
         printf('%s %s', noun(f.kind, 2), verdict_words(f.kind, f.verdict)),
         CASE f.verdict
           WHEN 'abandoned' THEN 'Used, and never again, while others like it were opened. Give it back when it has done its work: '
           WHEN 'kept' THEN 'Used once, by a thread that perhaps keeps it from all others. Let it give it back to the pool when it has done its work. It ends with '
           WHEN 'exit' THEN 'Held until the process ended. Give it back when it has done its work: '
           WHEN 'thread' THEN 'Held until a thread ended. Give it back when it has done its work: '
           WHEN 'collector' THEN 'Held until a garbage collector came. Give it back when it has done its work: '
           WHEN 'idle-in-transaction' THEN
             'An open transaction keeps its locks and keeps VACUUM from cleaning up. End it before other work: '
           ELSE 'Acquired here and not given back. Give it back on every path out of this code, including error paths: ' END
           || release_calls(f.kind) || '.',
         j.level, f.excused, u.reason,
         iif(d.number IS NOT NULL,
             printf('idle in transaction%s, begun at %s%s', iif(c.reproducible, '', ' for ' || iif(d.begun > 1, 'up to ', '') || duration(d.longest_ns)),
                    f.head, f.tail),
             printf('%d %s %s%s at %s%s%s', f.count, noun(f.kind, f.count), verdict_words(f.kind, f.verdict),
                    iif(l.pooled, ', last used', ''), f.head, f.tail,
                    iif(ifnull(l.later, 0) = 0, '', printf('; up to %d opened after their last use', l.later))))
           || ifnull('; ' || iif(b.what = 'unused' AND NOT c.reproducible, printf('unused for up to %s, ', duration(b.longest_ns)), '')
                     || printf('%s allows %s', b.option, duration(b.most_ns)), ''),
         f.acquire_function || ' < ' || ifnull(p.path, '?'), w.frame, w.depth, f.stack, w.used_stack, w.release_stack,
         iif(d.number IS NULL, 'acquired', 'begun')
  FROM finding f JOIN finding_stack w ON w.number = f.number JOIN finding_level j ON j.number = f.number
  LEFT JOIN stack_path p ON p.stack = f.stack
  LEFT JOIN excuse e ON f.excused = 'suppressed' AND e.kind = f.kind AND e.verdict = f.verdict AND e.stack = f.stack
    AND e.function = f.acquire_function
  LEFT JOIN suppression u ON u.number = e.rule LEFT JOIN finding_life l ON l.number = f.number
  LEFT JOIN finding_idle d ON d.number = f.number LEFT JOIN found_limit b ON b.number = f.number CROSS JOIN report_choice c
  WHERE f.lost ORDER BY f.number;

INSERT INTO told (what, rule, title, help, level, excused, reason, message, identity, frame, depth, stack, stack_words,
                  acquire_stack, release_stack, release_words)
  SELECT 'misuse', 'misuse-' || replace(m.kind, ' ', '-'), noun(m.kind, 2),
         'A call that must not be made: see Misuse in libpqleak(7).', m.level, m.excused, u.reason,
         printf('%d %s%s at %s%s%s', m.count, noun(m.kind, m.count), iif(m.is_shared, ', opened', ''),
                ifnull(short_name(s.head), 'an unknown place'), ifnull(s.tail, ''),
                iif(m.is_shared, '; called in a forked process: ' || (
                  SELECT group_concat(call, ', ') FROM (
                    SELECT DISTINCT c.function || ' at ' || ifnull(short_name(w.head) || w.tail, 'an unknown place') AS call
                    FROM misuse_call c LEFT JOIN site w ON w.stack = c.stack WHERE c.number = m.number ORDER BY call)), '')),
         m.function || ' < ' || ifnull(p.path, '?'), s.frame, s.depth, m.stack, 'called', nullif(m.acquire_stack, 0), nullif(m.release_stack, 0), 'released before'
  FROM told_misuse m LEFT JOIN site s ON s.stack = m.head_stack LEFT JOIN stack_path p ON p.stack = m.head_stack
  LEFT JOIN excuse e ON m.excused = 'suppressed' AND e.kind = m.kind AND e.verdict = 'misuse' AND e.stack = m.stack
    AND e.function = m.function
  LEFT JOIN suppression u ON u.number = e.rule
  ORDER BY m.by_design, m.count DESC, m.kind, p.path, m.stack, m.acquire_stack, m.release_stack;

INSERT INTO told (what, rule, title, help, level, message, identity, frame, depth, stack)
  SELECT 'peak', 'too-many-open', 'more connections open at once than --max-open allows',
         'Most of the connections open at that moment were opened here.', 'error',
         printf('%d connections open at once, --max-open=%d', a.open, c.most_open), '', s.frame, s.depth, k.acquire_stack
  FROM report_choice c CROSS JOIN peak a
  LEFT JOIN (SELECT acquire_stack FROM found_peak_site ORDER BY open DESC, acquire_stack LIMIT 1) k
  LEFT JOIN site s ON s.stack = k.acquire_stack
  WHERE a.too_many;

INSERT INTO told (what, rule, title, help, level, message, identity, file, line)
  SELECT 'suppression', 'stale-suppression', 'suppressions that expired or matched nothing',
         'Remove the entry, or give it a later date: see SUPPRESSIONS in pqleak(1).', iif(c.strict, 'error', 'warning'),
         u.message, u.message, source_file(u.real_file), u.line
  FROM report_choice c CROSS JOIN (
    SELECT *, printf('suppression of %s %s', pattern, iif(expired, 'expired on ' || expires, 'matched nothing')) AS message
    FROM suppression WHERE stale) u
  ORDER BY u.number;

-- Habits, in the words of note-words.c.
INSERT INTO told (what, rule, title, help, level, message, identity, frame, depth, stack, stack_words, release_stack,
                  release_words)
  SELECT 'note', 'note-' || replace(n.sort, '_', '-'), t.title, t.help, 'note', m.message, p.path, s.frame, s.depth, n.stack,
         t.stack_words, nullif(n.other_stack, 0), t.other_words
  FROM note_message m JOIN note n ON n.number = m.note JOIN note_sort t ON t.sort = n.sort
  LEFT JOIN site s ON s.stack = n.stack LEFT JOIN stack_path p ON p.stack = n.stack
  ORDER BY m.number;

-- The same with a place.  `rule` and `fingerprint` are the same from run to run; fingerprints are unique, and so are the
-- messages of a rule: some readers take two of one name for one.  `file` is relative to the source root when it lies below
-- it.
CREATE TEMP TABLE problem (
  number INTEGER PRIMARY KEY, what TEXT, finding INTEGER UNIQUE, rule TEXT, title TEXT, help TEXT, level TEXT, excused TEXT,
  reason TEXT, message TEXT, frame INTEGER, depth INTEGER, function TEXT, file TEXT, line INTEGER, module TEXT,
  stack INTEGER, stack_words TEXT, used_stack INTEGER, acquire_stack INTEGER, release_stack INTEGER, release_words TEXT,
  fingerprint TEXT
);
INSERT INTO problem
  WITH placed AS (
    SELECT t.*, c.function, c.module, c."offset", coalesce(t.file, source_file(c.file)) AS source,
           coalesce(t.line, iif(source_file(c.file) IS NULL, NULL, nullif(c.line, 0))) AS source_line
    FROM told t LEFT JOIN frame_call c ON c.frame = t.frame AND c.depth = t.depth),
  marked AS (
    SELECT *, row_number() OVER (PARTITION BY rule, identity ORDER BY source, source_line, "offset", number) AS same,
           row_number() OVER (PARTITION BY rule, message ORDER BY number) AS again
    FROM placed)
  SELECT number, what, finding, rule, title, help, level, excused, reason, message || iif(again > 1, printf(' (%d)', again), ''),
         frame, depth, function, source, source_line, module, stack, stack_words, used_stack, acquire_stack, release_stack,
         release_words, fingerprint(json_array(rule, identity, same))
  FROM marked;

-- The stacks of each, in the order of events.
CREATE TEMP VIEW problem_stack AS
  SELECT number, 1 AS part, stack_words AS words, stack FROM problem
  UNION ALL SELECT number, 2, 'acquired', acquire_stack FROM problem
  UNION ALL SELECT number, 3, 'last used', used_stack FROM problem
  UNION ALL SELECT number, 4, release_words, release_stack FROM problem;

-- Why pqleak cannot tell whether there are more.
CREATE TEMP VIEW problem_reason AS
  SELECT reason, accepted, 'cannot tell whether anything leaked: ' || reason AS message FROM found_reason;
