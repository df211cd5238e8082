-- SPDX-License-Identifier: PostgreSQL
-- The files whose code in the stacks of TEMP TABLE told_stack has no names where a reader looks for them: in the user's own
-- part, or at the call site; but a driver that an interpreter calls tells nobody more by its names, for lines of the script
-- are missing there.  `state` says why, as module_state does; 'ok' has names elsewhere.  The
-- packages are filled in later, and a server that has the debug information of all.
CREATE TEMP TABLE unnamed (
  module INTEGER PRIMARY KEY, path TEXT, build_id TEXT, state TEXT, frames INTEGER, package TEXT, debug_package TEXT, rpm INTEGER, server TEXT
);
-- only if EXISTS (SELECT 1 FROM told_stack)
INSERT INTO unnamed (module, path, build_id, state, frames)
  SELECT m.id, m.path, ifnull(m.build_id, ''), ifnull(t.state, 'ok'), count(DISTINCT f.id)
  FROM (SELECT o.frame FROM told_stack k CROSS JOIN wanted_own o ON o.stack = k.stack
        UNION SELECT s.frame FROM told_stack k CROSS JOIN site s ON s.stack = k.stack
        WHERE NOT EXISTS (SELECT 1 FROM wanted_role r WHERE r.stack = k.stack AND r.role = 'interpreter')) w
  JOIN frame_call c ON c.frame = w.frame AND c.depth = 0 JOIN main.frame f ON f.id = w.frame JOIN main.module m ON m.id = f.module
  LEFT JOIN module_state t ON t.module = m.id
  WHERE c.function IS NULL AND m.path <> '[jit]' GROUP BY m.id;
