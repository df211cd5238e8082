-- SPDX-License-Identifier: PostgreSQL
-- What the user asked for, as far as SQL asks for it: findings.c fills in one row.

CREATE TEMP TABLE report_choice (
  group_by,     -- what a finding stands for: 'site', 'stack', 'function', 'module', 'database' or 'label'
  everything,   -- whatever was released, and all notes
  stacks,       -- also those of the last use, and of where what is comparable was released
  held_ns,      -- what was held so long is named; 0: not asked for
  idle_ns,      -- a transaction that was idle so long is told
  reproducible, -- nothing is ordered by time
  allow_held,   -- one held at exit at its place in its process is forgiven
  allow_unseen, -- what spoke PostgreSQL out of sight is accepted
  tolerated,    -- so many of what fails the check do not fail it
  most_open,    -- connections open at once, NULL: any number
  strict,       -- a suppression that is of no use fails the check
  most_idle_ns, -- a transaction may be idle so long, NULL: for ever
  most_unused_ns -- an open connection may be unused so long, NULL: for ever
);

-- What fails a check; of a misuse `verdict` is 'misuse'.
CREATE TEMP TABLE gated (kind TEXT, verdict TEXT, PRIMARY KEY (kind, verdict));
