-- SPDX-License-Identifier: PostgreSQL
-- What the user knows and accepts, filled by suppress.c and baseline.c.

-- Which stacks a suppression or the baseline excuses, of which kind and verdict.  A finding is excused whole or not at all:
-- what is excused of a call site is a finding of its own.  What is excused is counted and told, fails no check, and is
-- listed with --show-excused.  function: of libpq, that acquired.  `verdict` is 'misuse' for a misuse, `kind` then the
-- misuse's, and `stack` and `function` those of the call.
-- how: 'suppressed' or 'baseline'; rule: the number of the suppression or of the baseline's entry.
CREATE TEMP TABLE excuse (
  kind TEXT, verdict TEXT, stack INTEGER, function TEXT, how TEXT NOT NULL, rule INTEGER,
  PRIMARY KEY (kind, verdict, stack, function)
) WITHOUT ROWID;

-- matched: how many kinds of finding and stacks.
CREATE TEMP TABLE suppression (
  number INTEGER PRIMARY KEY, file TEXT, real_file TEXT, line INTEGER, pattern TEXT, reason TEXT, expires TEXT,
  expired INTEGER, matched INTEGER,
  stale INTEGER AS (expired OR matched = 0) -- of no use
);

-- The baseline's entries: so many are known.  bare: the path is without the function of libpq, as version 1 has it.
CREATE TEMP TABLE known_entry (
  number INTEGER PRIMARY KEY, kind TEXT, verdict TEXT, path TEXT, known INTEGER, bare INTEGER, UNIQUE (kind, verdict, path)
);
