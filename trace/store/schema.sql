-- SPDX-License-Identifier: PostgreSQL
-- Tables of a pqleak trace.  The comments stand inside the statements because SQLite keeps them there: `.schema` in the
-- sqlite3 shell shows them.  Times are nanoseconds since 1970-01-01 UTC, durations are nanoseconds, ids are row ids.
-- Facts come from the traced process (shim), from the launcher (launcher), or from the debug information (symbols).

CREATE TABLE property (
  -- One fact about the whole trace per row.
  name  TEXT PRIMARY KEY,  -- 'created_ns', 'created_by', 'command', ...
  value                    -- its value
) WITHOUT ROWID;

CREATE TABLE process (
  -- A process in which at least one call of libpq was intercepted.  A program replaced by exec counts as a
  -- separate process.
  id          INTEGER PRIMARY KEY,
  spool       TEXT NOT NULL UNIQUE,     -- identity of its spool: 16 hexadecimal digits (shim)
  pid         INTEGER NOT NULL,         -- process id, in the process's own pid namespace (shim)
  ppid        INTEGER NOT NULL,         -- its parent's process id when tracing began (shim)
  parent      TEXT,                     -- spool of the traced process it was forked from, or NULL (shim)
  forked_at   INTEGER,                  -- how many events that process had recorded by then, or NULL (shim)
  host        TEXT NOT NULL,            -- host name (shim)
  exe         TEXT NOT NULL,            -- path of the executable (shim)
  command     TEXT NOT NULL,            -- its command line, passwords and connection strings redacted (shim)
  label       TEXT,                     -- PQLEAK_LABEL when its program started, or NULL: none (shim)
  born_ns     INTEGER,                  -- when it was made, to 10 ms, or NULL: unknown (shim)
  started_ns  INTEGER NOT NULL,         -- when its first libpq call was intercepted (shim)
  ended_ns    INTEGER,                  -- when it ended, or NULL: it is running, or its end was not recorded (shim)
  end         TEXT CHECK (end IN ('exit','_exit','quick_exit','exec','abort','killed','unknown')),
                                        -- how it ended; NULL while it runs (shim; launcher for its own child)
  exit_status INTEGER,                  -- wait status of the traced command itself (launcher), else NULL
  drained     INTEGER NOT NULL,         -- events of its spool that are in this trace
  counted     INTEGER NOT NULL DEFAULT 0, -- so many more, which were counted instead of written one by one
  dropped     INTEGER NOT NULL DEFAULT 0, -- events that could not be recorded: of what was not released nobody can
                                        -- tell then whether it was lost
  drop_reason TEXT,                     -- why the first of them could not, or NULL (shim)
  peak        INTEGER NOT NULL DEFAULT 0, -- most connections open at once; inherited and failed ones do not count
  peak_ns     INTEGER,                  -- when that was first reached
  unseen_releases INTEGER NOT NULL DEFAULT 0, -- resources whose address was handed out again although no release was seen
  unknown_releases INTEGER NOT NULL DEFAULT 0 -- releases whose acquire was not seen
);

CREATE TABLE incomplete (
  -- A reason why this trace does not hold everything that happened.  No row: it does.
  process INTEGER,        -- process.id, or NULL when the process could not be recorded at all
  pid     INTEGER,        -- its process id, where known
  reason  TEXT NOT NULL   -- a sentence
);

CREATE TABLE unseen (
  -- Something that was started where libpq's calls are not intercepted.  The view unseen_text explains it.
  pid    INTEGER,          -- process id, or NULL: a program, whichever process ran it
  exe    TEXT NOT NULL,    -- path of the executable
  how    TEXT NOT NULL,    -- why: 'protocol', 'bypassed', 'namespace', 'relay' (seen by the shim); 'static', 'setuid',
                           -- 'machine', 'libc', 'environment', 'library', 'go' (of its file: shim, launcher)
  module TEXT NOT NULL,    -- what in it spoke: the path of a library; or the script that it runs; or ''
  sign   TEXT,             -- what of PostgreSQL it was given (shim) or its file has (analyzer); '' nothing; NULL: not examined
  UNIQUE (exe, how, module)
);

CREATE TABLE module (
  -- An executable or shared library that appears in a stack.
  id       INTEGER PRIMARY KEY,
  path     TEXT NOT NULL,           -- path as the dynamic linker knows it; '[jit]' for code in no module (shim)
  build_id TEXT NOT NULL DEFAULT '', -- GNU build-id in hexadecimal, '' when it has none; of '[jit]' the spool of its process (shim)
  UNIQUE (path, build_id)
);

CREATE TABLE script (
  -- A function in a script, as its interpreter names it (shim).
  id       INTEGER PRIMARY KEY,
  language TEXT NOT NULL,  -- 'python', 'php', 'ruby', 'perl', 'lua'
  function TEXT NOT NULL,  -- for example 'Pool.take'; '' when it has no name
  file     TEXT NOT NULL,  -- as the interpreter has it: often absolute, sometimes not
  UNIQUE (language, function, file)
);

CREATE TABLE frame (
  -- A place in code, or in a script.  The offset lies inside the call instruction (return address minus one), relative
  -- to the module's load address; in '[jit]' it is an absolute address, in a script the line.  module is NULL in a
  -- script, and if nothing is known.
  id     INTEGER PRIMARY KEY,
  module INTEGER REFERENCES module,
  "offset" INTEGER NOT NULL,
  script INTEGER REFERENCES script  -- NULL: native code
);
CREATE UNIQUE INDEX frame_place ON frame (ifnull(module, 0), "offset", ifnull(script, 0));

CREATE TABLE symbol (
  -- What a frame is called in the source (symbols).  One row for each inlined function, innermost first (depth 0).
  frame    INTEGER NOT NULL REFERENCES frame,
  depth    INTEGER NOT NULL,
  function TEXT,     -- demangled; NULL when unknown
  file     TEXT,     -- as the compiler recorded it; NULL when unknown
  line     INTEGER,  -- NULL when unknown
  PRIMARY KEY (frame, depth)
) WITHOUT ROWID;

CREATE TABLE stack (
  -- A call stack; each distinct stack is stored once.
  id     INTEGER PRIMARY KEY,
  frames BLOB NOT NULL UNIQUE  -- its frame ids, innermost first, 8 bytes each, little-endian: identity only
);

CREATE TABLE stack_frame (
  -- The frames of a stack; level 0 is the innermost: the caller of libpq.  The frames of a script are inside the
  -- interpreter frame that runs them.
  stack INTEGER NOT NULL REFERENCES stack,
  level INTEGER NOT NULL,
  frame INTEGER NOT NULL REFERENCES frame,
  PRIMARY KEY (stack, level)
) WITHOUT ROWID;

CREATE TABLE target (
  -- Where a connection went, as libpq reported it after the call.  Never a password.
  id               INTEGER PRIMARY KEY,
  host             TEXT NOT NULL,  -- PQhost: name, address or directory of a socket
  port             TEXT NOT NULL,  -- PQport
  database         TEXT NOT NULL,  -- PQdb
  user             TEXT NOT NULL,  -- PQuser
  application_name TEXT NOT NULL,  -- PQparameterStatus(application_name)
  server_version   INTEGER NOT NULL, -- PQserverVersion, for example 150018; 0 when not connected
  ssl              INTEGER NOT NULL, -- PQsslInUse: 0 or 1
  UNIQUE (host, port, database, user, application_name, server_version, ssl)
);

CREATE TABLE connection (
  -- A PGconn, connected or not: each must be finished.
  id             INTEGER PRIMARY KEY,
  process        INTEGER NOT NULL REFERENCES process,
  address        INTEGER NOT NULL,   -- of the PGconn; reused after a release, so no identity
  state          TEXT NOT NULL CHECK (state IN ('connected','failed','connecting','inherited')),
                                     -- outcome of the attempt; 'connecting': outcome never known; 'inherited': through fork
  target         INTEGER REFERENCES target, -- NULL while unknown
  backend_pid    INTEGER NOT NULL DEFAULT 0, -- PQbackendPID, the latest; 0 when never connected
  thread         INTEGER NOT NULL,   -- kernel id of the thread that opened it
  error          TEXT,               -- why the attempt failed: 'refused', 'timeout', 'authentication',
                                     -- 'too many clients', 'no such host', 'no such socket', 'socket path too long',
                                     -- 'permission denied', 'unreachable', 'no such database', 'unavailable', 'ssl',
                                     -- 'parameter', 'other'
  setting        INTEGER REFERENCES setting, -- how it was asked for; NULL while unknown
  acquired_ns    INTEGER NOT NULL,   -- when the opening call began
  connect_ns     INTEGER NOT NULL,   -- how long it took until the outcome was known
  acquire_function TEXT NOT NULL,    -- for example 'PQconnectdb'
  acquire_stack  INTEGER NOT NULL REFERENCES stack,
  used_ns        INTEGER,            -- last use, or NULL: never used
  use_function   TEXT,               -- for example 'PQexec'
  use_stack      INTEGER REFERENCES stack,
  use_thread     INTEGER,            -- kernel id of the thread that made it
  moves          INTEGER NOT NULL DEFAULT 0, -- uses by another thread than the one before
  before_ns      INTEGER,            -- the last use before its last turn (a connection's turn is what it sends while no other
                                     -- does and none is opened), for what the end of a process sends is no use; NULL: none
  before_event   INTEGER,            -- last_event of then
  before_stack   INTEGER REFERENCES stack,
  before_thread  INTEGER,
  before_transaction INTEGER,        -- transaction_status after it
  statement      TEXT,               -- leading keyword of the last statement (its text with PQLEAK_SQL=text)
  queries        INTEGER NOT NULL DEFAULT 0, -- statements sent
  last_event     INTEGER NOT NULL DEFAULT 0, -- number, among its process's events, of the last one that took something from
                                     -- its session; 0: none did
  use_event      INTEGER NOT NULL DEFAULT 0, -- the same, but for its release; 0 while there is none
  acquire_event  INTEGER NOT NULL DEFAULT 0, -- number, among its process's events, of the one that opened it
  resets         INTEGER NOT NULL DEFAULT 0, -- PQreset and PQresetStart
  transaction_status INTEGER NOT NULL DEFAULT 0, -- PQtransactionStatus when last checked: 0 idle 1 active 2 intrans 3 inerror 4 unknown
  broken_ns      INTEGER,            -- when a use first found the connection gone, or NULL
  broken_idle_ns INTEGER,            -- how long it had been unused by then
  broken_stack   INTEGER REFERENCES stack, -- that use
  released_ns    INTEGER,            -- when PQfinish was called, or NULL
  release_thread INTEGER,            -- kernel id of the thread that called it
  release_stack  INTEGER REFERENCES stack
);
CREATE INDEX connection_live ON connection (process) WHERE released_ns IS NULL;
CREATE INDEX connection_inherited ON connection (process) WHERE state = 'inherited';

CREATE TABLE reset (
  -- A connection that was given a new backend by PQreset or PQresetStart/PQresetPoll.
  connection  INTEGER NOT NULL REFERENCES connection,
  at_ns       INTEGER NOT NULL,
  stack       INTEGER NOT NULL REFERENCES stack,
  backend_pid INTEGER NOT NULL,     -- the new one, 0 when the reset failed
  previous_pid INTEGER NOT NULL DEFAULT 0 -- the one before, 0 when there was none
);

CREATE TABLE resource (
  -- Something that was acquired and not released (yet), whatever its kind; connections have a table of their own.
  -- What was released is counted in fold.
  id               INTEGER PRIMARY KEY,
  process          INTEGER NOT NULL REFERENCES process,
  kind             TEXT NOT NULL,     -- see the view kind
  address          INTEGER NOT NULL,  -- of the object; where the kind has none, of its connection
  connection       INTEGER REFERENCES connection, -- the connection it belongs to, or NULL
  status           INTEGER NOT NULL,  -- PQresultStatus of a result, or of the last one fetched of a query; others 0
  thread           INTEGER NOT NULL,
  acquired_ns      INTEGER NOT NULL,
  acquire_function TEXT NOT NULL,
  acquire_stack    INTEGER NOT NULL REFERENCES stack,
  statement        TEXT,              -- leading keyword of the statement it came from, as in connection
  rows             INTEGER NOT NULL DEFAULT 0, -- result: PQntuples
  bytes            INTEGER NOT NULL DEFAULT 0, -- result: PQresultMemorySize
  used_ns          INTEGER,           -- transaction: the last use of the connection inside it
  idle_ns          INTEGER NOT NULL DEFAULT 0, -- transaction: the longest gap between two uses inside it
  idle_stack       INTEGER REFERENCES stack    -- transaction: the call before that gap
);
CREATE INDEX resource_process ON resource (process);

CREATE TABLE misuse (
  -- Calls that must not be made, counted by the stacks involved.  Those in a child are none where it took the connection
  -- over from its parent: see the view misuse_life.
  process        INTEGER NOT NULL REFERENCES process,
  kind           TEXT NOT NULL,  -- 'use after finish', 'finished twice', 'cleared twice', 'used in child',
                                 -- 'finished in child', 'two threads', 'finished in transaction',
                                 -- 'finished with query', 'finished in copy'
  stack          INTEGER NOT NULL REFERENCES stack, -- of the offending call
  acquire_stack  INTEGER NOT NULL, -- where the connection or result was acquired, 0 unknown
  release_stack  INTEGER NOT NULL, -- where it had been released, 0: it had not
  function       TEXT NOT NULL,  -- the offending call
  connection     INTEGER REFERENCES connection, -- the first connection it happened to, where there is one
  inherited      INTEGER NOT NULL DEFAULT 0, -- in a child: the connection, of each of which the calls are counted; others 0
  count          INTEGER NOT NULL,
  first_ns       INTEGER NOT NULL,
  last_ns        INTEGER NOT NULL,
  PRIMARY KEY (process, kind, stack, acquire_stack, release_stack, inherited)
) WITHOUT ROWID;

CREATE TABLE setting (
  -- How connections were asked for, as reported by PQconninfo; '' is libpq's default.
  id                   INTEGER PRIMARY KEY,
  sslmode              TEXT NOT NULL,
  connect_timeout      TEXT NOT NULL,
  keepalives           TEXT NOT NULL,
  keepalives_idle      TEXT NOT NULL,
  keepalives_interval  TEXT NOT NULL,
  keepalives_count     TEXT NOT NULL,
  tcp_user_timeout     TEXT NOT NULL,
  target_session_attrs TEXT NOT NULL,
  UNIQUE (sslmode, connect_timeout, keepalives, keepalives_idle, keepalives_interval, keepalives_count,
          tcp_user_timeout, target_session_attrs)
);

CREATE TABLE fold (
  -- Acquires and releases that matched, counted by their outcome and their two stacks.
  process       INTEGER NOT NULL REFERENCES process,
  kind          TEXT NOT NULL,     -- see the view kind
  outcome       TEXT NOT NULL DEFAULT '', -- 'failed': a connection that was never connected, or the result of an error;
                                   -- 'connecting': a connection whose outcome was never known; else ''
  acquire_stack INTEGER NOT NULL REFERENCES stack,
  release_stack INTEGER NOT NULL REFERENCES stack,
  count         INTEGER NOT NULL,
  total_ns      INTEGER NOT NULL,  -- sum of the holds
  longest_ns    INTEGER NOT NULL,  -- the longest hold
  longest_idle_ns INTEGER NOT NULL DEFAULT 0, -- transaction: the longest gap between two uses inside one
  idle_stack    INTEGER REFERENCES stack,     -- transaction: the call before that gap
  PRIMARY KEY (process, kind, outcome, acquire_stack, release_stack)
) WITHOUT ROWID;

CREATE TABLE reuse (
  -- Uses of connections that left them idle and were followed by another, counted by where the connection was opened and
  -- by that use.  inside_stack: where that ended a transaction, the last use in it, else 0: pools end what they are given back.
  process       INTEGER NOT NULL REFERENCES process,
  acquire_stack INTEGER NOT NULL REFERENCES stack,
  use_stack     INTEGER NOT NULL REFERENCES stack,
  inside_stack  INTEGER NOT NULL,
  count         INTEGER NOT NULL,
  PRIMARY KEY (process, acquire_stack, use_stack, inside_stack)
) WITHOUT ROWID;

CREATE TABLE pile (
  -- The most that one stack had open at once, where that was more than one; of what was given back at once there is none.
  process       INTEGER NOT NULL REFERENCES process,
  kind          TEXT NOT NULL,     -- see the view kind
  acquire_stack INTEGER NOT NULL REFERENCES stack,
  most          INTEGER NOT NULL,  -- so many
  most_ns       INTEGER NOT NULL,  -- when that was first reached
  until_ns      INTEGER,           -- when it was no longer so many; NULL: it still was when the process was drained last
  PRIMARY KEY (process, kind, acquire_stack)
) WITHOUT ROWID;

CREATE TABLE event (
  -- Every event, kept only with PQLEAK_EVENTS=all.
  process  INTEGER NOT NULL REFERENCES process,
  number   INTEGER NOT NULL,   -- position in the spool: the order in which the process did things
  at_ns    INTEGER NOT NULL,
  verb     TEXT NOT NULL,      -- 'acquire','release','outcome','use','reset','end','end revoked','misuse'
  kind     TEXT,               -- see the view kind
  object   INTEGER NOT NULL,   -- address
  parent   INTEGER NOT NULL,   -- address of the connection, or 0
  function TEXT,
  stack    INTEGER,
  thread   INTEGER NOT NULL,
  status   INTEGER NOT NULL,
  transaction_status INTEGER NOT NULL,
  PRIMARY KEY (process, number)
) WITHOUT ROWID;
