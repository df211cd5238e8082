-- SPDX-License-Identifier: PostgreSQL
-- What `pqleak show` lists where only some are wanted, or in another order.  Needs sites of all it may list.
-- ?1: the kind, ?2: only what is open, ?3: unused for so long at least, ?4: the site or NULL, ?5: the order.
SELECT l.id, l.verdict, l.state, l.pid, ifnull(o.age_ns, l.age_ns), o.unused_ns, o.idle_ns, ifnull(short_name(s.head) || s.tail, 'an unknown place')
FROM (SELECT 'connection' AS kind, id, verdict, state, pid, acquire_stack, held_ns AS age_ns FROM connection_life
      UNION ALL SELECT kind, id, verdict, '', pid, acquire_stack, held_ns FROM resource_life) l
LEFT JOIN still_open o ON l.kind = 'connection' AND o.connection = l.id
LEFT JOIN site s ON s.stack = l.acquire_stack
WHERE l.kind = ?1 AND (NOT ?2 OR l.kind <> 'connection' OR o.connection IS NOT NULL) AND (?3 = 0 OR o.unused_ns >= ?3)
  AND (?4 IS NULL OR s.function = ?4 OR s.head = ?4 OR short_name(s.head) || s.tail GLOB ?4 OR short_name(s.head) GLOB ?4
       OR '/' || s.file GLOB '*/' || ?4 OR printf('/%s:%d', s.file, s.line) GLOB '*/' || ?4)
ORDER BY CASE ?5 WHEN 'unused' THEN -ifnull(o.unused_ns, -1) WHEN 'age' THEN -ifnull(ifnull(o.age_ns, l.age_ns), -1)
                 WHEN 'idle-in-transaction' THEN -ifnull(o.idle_ns, -1) WHEN 'site' THEN s.head END,
         CASE ?5 WHEN 'site' THEN s.tail END, l.id
