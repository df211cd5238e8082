-- SPDX-License-Identifier: PostgreSQL
-- Processes and all that is theirs.  A process that is here already is taken again only where the incoming trace knows more of
-- it, which is so where it was still running when the first was merged.  Parameter of merge.c: TEMP TABLE merged_run has the
-- name of the trace.  Two stacks of the incoming trace can be one here, where their frames were lost: what is counted by stacks
-- is added up.

CREATE TEMP TABLE ran_on AS SELECT 'it was still running when its trace was merged' AS reason;

CREATE TEMP TABLE map_process (old INTEGER PRIMARY KEY, new INTEGER, taken);
INSERT INTO map_process
  SELECT i.id, k.id,
         k.id IS NULL OR i.drained + i.counted > k.drained + k.counted OR i.dropped > k.dropped
         OR k."end" = 'unknown' AND i."end" <> 'unknown'
         -- it was killed, and did nothing more before
         OR i."end" IS NOT NULL AND EXISTS (SELECT 1 FROM ran_on r JOIN main.incomplete n ON n.process = k.id AND n.reason = r.reason)
            AND NOT EXISTS (SELECT 1 FROM ran_on r JOIN incoming_incomplete n ON n.process = i.id AND n.reason = r.reason)
  FROM incoming_process i LEFT JOIN main.process k ON k.spool = i.spool;

-- What was known of those that are taken again makes room.
CREATE TEMP TABLE replaced (process INTEGER PRIMARY KEY);
INSERT INTO replaced SELECT new FROM map_process WHERE taken AND new IS NOT NULL;
DELETE FROM main.reset WHERE connection IN (SELECT c.id FROM main.connection c JOIN replaced r ON r.process = c.process);
DELETE FROM main.connection WHERE process IN (SELECT process FROM replaced);
DELETE FROM main.resource WHERE process IN (SELECT process FROM replaced);
DELETE FROM main.misuse WHERE process IN (SELECT process FROM replaced);
DELETE FROM main.fold WHERE process IN (SELECT process FROM replaced);
DELETE FROM main.reuse WHERE process IN (SELECT process FROM replaced);
DELETE FROM main.pile WHERE process IN (SELECT process FROM replaced);
DELETE FROM main.event WHERE process IN (SELECT process FROM replaced);
DELETE FROM main.incomplete WHERE process IN (SELECT process FROM replaced);

INSERT OR REPLACE INTO main.process (id, spool, pid, ppid, parent, forked_at, host, exe, command, label, born_ns, started_ns, ended_ns,
                                     "end", exit_status, drained, counted, dropped, drop_reason, peak, peak_ns,
                                     unseen_releases, unknown_releases)
  SELECT m.new, i.spool, i.pid, i.ppid, i.parent, i.forked_at, i.host, i.exe, i.command, i.label, i.born_ns, i.started_ns, i.ended_ns,
         ifnull(i."end", 'unknown'), i.exit_status, i.drained, i.counted, i.dropped, i.drop_reason, i.peak, i.peak_ns, i.unseen_releases,
         i.unknown_releases
  FROM map_process m JOIN incoming_process i ON i.id = m.old WHERE m.taken ORDER BY m.old;
UPDATE map_process SET new = (SELECT k.id FROM incoming_process i JOIN main.process k ON k.spool = i.spool WHERE i.id = map_process.old);

-- In the order of their numbers they were opened, and stay so.
CREATE TEMP TABLE map_connection (old INTEGER PRIMARY KEY, new INTEGER);
INSERT INTO map_connection
  SELECT c.id, (SELECT ifnull(max(id), 0) FROM main.connection) + row_number() OVER (ORDER BY c.id)
  FROM incoming_connection c JOIN map_process p ON p.old = c.process WHERE p.taken;
INSERT INTO map_connection SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM map_connection WHERE old = 0);
INSERT INTO main.connection (id, process, address, state, target, backend_pid, thread, error, setting, acquired_ns, connect_ns,
                             acquire_function, acquire_stack, used_ns, use_function, use_stack, use_thread, moves, before_ns,
                             before_event, before_stack, before_thread, before_transaction, statement, queries, last_event, use_event, acquire_event, resets, transaction_status, broken_ns, broken_idle_ns, broken_stack,
                             released_ns, release_thread, release_stack)
  SELECT m.new, p.new, c.address, c.state, t.new, c.backend_pid, c.thread, c.error, g.new, c.acquired_ns, c.connect_ns,
         c.acquire_function, a.new, c.used_ns, c.use_function, u.new, c.use_thread, c.moves, c.before_ns, c.before_event, o.new,
         c.before_thread, c.before_transaction, c.statement, c.queries, c.last_event, c.use_event, c.acquire_event,
         c.resets, c.transaction_status, c.broken_ns, c.broken_idle_ns, b.new, c.released_ns, c.release_thread, r.new
  FROM incoming_connection c JOIN map_connection m ON m.old = c.id JOIN map_process p ON p.old = c.process
  LEFT JOIN map_target t ON t.old = c.target LEFT JOIN map_setting g ON g.old = c.setting
  LEFT JOIN map_stack a ON a.old = c.acquire_stack LEFT JOIN map_stack u ON u.old = c.use_stack
  LEFT JOIN map_stack o ON o.old = c.before_stack LEFT JOIN map_stack b ON b.old = c.broken_stack LEFT JOIN map_stack r ON r.old = c.release_stack
  ORDER BY c.id;

INSERT INTO main.reset (connection, at_ns, stack, backend_pid, previous_pid)
  SELECT m.new, r.at_ns, s.new, r.backend_pid, r.previous_pid
  FROM incoming_reset r JOIN map_connection m ON m.old = r.connection JOIN map_stack s ON s.old = r.stack ORDER BY r.rowid;

INSERT INTO main.resource (process, kind, address, connection, status, thread, acquired_ns, acquire_function, acquire_stack, statement,
                           rows, bytes, used_ns, idle_ns, idle_stack)
  SELECT p.new, r.kind, r.address, c.new, r.status, r.thread, r.acquired_ns, r.acquire_function, a.new, r.statement, r.rows, r.bytes,
         r.used_ns, r.idle_ns, i.new
  FROM incoming_resource r JOIN map_process p ON p.old = r.process AND p.taken LEFT JOIN map_connection c ON c.old = r.connection
  LEFT JOIN map_stack a ON a.old = r.acquire_stack LEFT JOIN map_stack i ON i.old = r.idle_stack ORDER BY r.id;

INSERT INTO main.misuse (process, kind, stack, acquire_stack, release_stack, function, connection, inherited, count, first_ns, last_ns)
  SELECT p.new, m.kind, s.new, a.new, r.new, m.function, c.new, i.new, m.count, m.first_ns, m.last_ns
  FROM incoming_misuse m JOIN map_process p ON p.old = m.process AND p.taken JOIN map_stack s ON s.old = m.stack
  JOIN map_stack a ON a.old = m.acquire_stack JOIN map_stack r ON r.old = m.release_stack
  LEFT JOIN map_connection c ON c.old = m.connection JOIN map_connection i ON i.old = m.inherited WHERE true
  ON CONFLICT DO UPDATE SET count = count + excluded.count, first_ns = min(first_ns, excluded.first_ns),
                            last_ns = max(last_ns, excluded.last_ns);

INSERT INTO main.fold (process, kind, outcome, acquire_stack, release_stack, count, total_ns, longest_ns, longest_idle_ns, idle_stack)
  SELECT p.new, f.kind, f.outcome, a.new, r.new, f.count, f.total_ns, f.longest_ns, f.longest_idle_ns, i.new
  FROM incoming_fold f JOIN map_process p ON p.old = f.process AND p.taken JOIN map_stack a ON a.old = f.acquire_stack
  JOIN map_stack r ON r.old = f.release_stack LEFT JOIN map_stack i ON i.old = f.idle_stack WHERE true
  ON CONFLICT DO UPDATE SET count = count + excluded.count, total_ns = total_ns + excluded.total_ns,
                            longest_ns = max(longest_ns, excluded.longest_ns),
                            idle_stack = iif(excluded.longest_idle_ns > longest_idle_ns, excluded.idle_stack, idle_stack),
                            longest_idle_ns = max(longest_idle_ns, excluded.longest_idle_ns);

INSERT INTO main.reuse (process, acquire_stack, use_stack, inside_stack, count)
  SELECT p.new, a.new, u.new, i.new, r.count
  FROM incoming_reuse r JOIN map_process p ON p.old = r.process AND p.taken JOIN map_stack a ON a.old = r.acquire_stack
  JOIN map_stack u ON u.old = r.use_stack JOIN map_stack i ON i.old = r.inside_stack WHERE true
  ON CONFLICT DO UPDATE SET count = count + excluded.count;

INSERT INTO main.pile (process, kind, acquire_stack, most, most_ns, until_ns)
  SELECT p.new, l.kind, a.new, l.most, l.most_ns, l.until_ns
  FROM incoming_pile l JOIN map_process p ON p.old = l.process AND p.taken JOIN map_stack a ON a.old = l.acquire_stack WHERE true
  -- of two piles nobody knows how high they were together
  ON CONFLICT DO UPDATE SET until_ns = iif(excluded.most > most, excluded.until_ns, until_ns),
                            most_ns = iif(excluded.most > most, excluded.most_ns, most_ns), most = max(most, excluded.most);

INSERT INTO main.event (process, number, at_ns, verb, kind, object, parent, function, stack, thread, status, transaction_status)
  SELECT p.new, e.number, e.at_ns, e.verb, e.kind, e.object, e.parent, e.function, s.new, e.thread, e.status, e.transaction_status
  FROM incoming_event e JOIN map_process p ON p.old = e.process AND p.taken LEFT JOIN map_stack s ON s.old = e.stack;

-- Its spool stays where it is.
INSERT INTO main.incomplete (process, pid, reason)
  SELECT p.new, i.pid, r.reason
  FROM ran_on r CROSS JOIN incoming_process i JOIN map_process p ON p.old = i.id AND p.taken WHERE i."end" IS NULL;

-- What is of no process is known by what it says.
INSERT INTO main.incomplete (process, pid, reason)
  SELECT p.new, i.pid, i.reason FROM incoming_incomplete i JOIN map_process p ON p.old = i.process AND p.taken;
INSERT INTO main.incomplete (process, pid, reason)
  SELECT NULL, i.pid, i.reason FROM incoming_incomplete i
  WHERE i.process IS NULL AND NOT EXISTS (
    SELECT 1 FROM main.incomplete k WHERE k.process IS NULL AND k.pid IS i.pid AND k.reason = i.reason);
INSERT OR IGNORE INTO main.unseen (pid, exe, how, module, sign) SELECT pid, exe, how, module, sign FROM incoming_unseen;

-- What is said of a process by its number; and of the trace what both have to say.
INSERT OR REPLACE INTO main.property
  SELECT said.prefix || p.new, i.value
  FROM (SELECT 'heir of process ' AS prefix UNION ALL SELECT 'told_to_end_ns of process ' UNION ALL SELECT 'run of process ') said
  CROSS JOIN map_process p ON p.taken CROSS JOIN incoming_property i ON i.name = said.prefix || p.old;
INSERT OR IGNORE INTO main.property SELECT name, value FROM incoming_property WHERE name GLOB 'killed_early of process *';
INSERT OR IGNORE INTO main.property SELECT 'run of process ' || p.new, r.name FROM map_process p CROSS JOIN merged_run r;
UPDATE main.property SET value = min(value, (SELECT i.value FROM incoming_property i WHERE i.name = 'created_ns'))
  WHERE name = 'created_ns' AND EXISTS (SELECT 1 FROM incoming_property i WHERE i.name = 'created_ns');
