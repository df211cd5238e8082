-- SPDX-License-Identifier: PostgreSQL
-- What a trace says, by what of a call site is the same after the program was built anew: the function of libpq and the
-- first function of the user's own that is to blame, as baselines call it, without a line.
--
-- fate: 'unreleased' for all that was not given back, whether its process has ended by now or not; a report's verdict for
-- what was; 'misuse'.
WITH
  named AS (
    SELECT f.kind, iif(f.verdict IN ('leaked', 'open', 'open-at-death', 'cannot-tell'), 'unreleased', f.verdict) AS fate,
           f.acquire_function || ' < ' || ifnull((
             SELECT p.name FROM path_step p WHERE p.stack = f.stack AND p.level >= ifnull(w.level, 0) ORDER BY p.place LIMIT 1), '?') AS key,
           f.head || f.tail AS site, c.function, source_path(c.file) AS file, nullif(c.line, 0) AS line, f.count
    FROM finding f JOIN finding_stack w ON w.number = f.number
    LEFT JOIN frame_call c ON c.frame = w.frame AND c.depth = w.depth
    WHERE f.lost AND f.excused = ''
    UNION ALL
    SELECT m.kind, 'misuse', m.function || ' < ' || ifnull((
             SELECT p.name FROM path_step p WHERE p.stack = m.head_stack ORDER BY p.place LIMIT 1), '?'),
           ifnull(short_name(s.head) || s.tail, 'an unknown place'), s.function, source_path(s.file), nullif(s.line, 0), m.count
    FROM told_misuse m LEFT JOIN site s ON s.stack = m.head_stack WHERE NOT m.by_design AND m.excused = '')
SELECT kind, fate, key, site, function, file, line, total
FROM (SELECT *, sum(count) OVER (PARTITION BY kind, fate, key) AS total,
             row_number() OVER (PARTITION BY kind, fate, key ORDER BY count DESC, site) AS rank FROM named)
WHERE rank = 1
ORDER BY kind_rank(kind), total DESC, site;
