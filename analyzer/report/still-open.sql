-- SPDX-License-Identifier: PostgreSQL
-- What is open, or was when its process ended, in words: one row a connection.  Needs TEMP TABLE still_open, and sites.

-- number: the one that was not used for longest comes first.  statement: its keyword, whatever the trace has of it.
-- thread_alive: NULL: nobody knows.
CREATE TEMP TABLE told_open (
  number INTEGER PRIMARY KEY, connection, verdict, pid, exe, label, fate, site INTEGER, borrower INTEGER, use_function, acquired_ns,
  used_ns, age_ns, unused_ns, status, "transaction", transaction_ns, idle_ns, transaction_site INTEGER, statement, backend_pid, thread,
  thread_alive, target INTEGER
);
INSERT INTO told_open
  SELECT NULL, o.connection, o.verdict, p.pid, p.exe, p.label, ifnull(p."end", 'running'), o.acquire_stack, o.use_stack, o.use_function,
         o.acquired_ns, o.used_ns, o.age_ns, o.unused_ns, transaction_name(o.transaction_status), o."transaction", o.transaction_ns,
         o.idle_ns, o.transaction_stack, statement_keyword(o.statement), nullif(o.backend_pid, 0), o.thread,
         iif(p."end" IS NULL, thread_is_alive(p.pid, p.exe, o.thread), 0), o.target
  FROM still_open o JOIN main.process p ON p.id = o.process
  ORDER BY o.unused_ns IS NULL, o.unused_ns DESC, o.connection;
