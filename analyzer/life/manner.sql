-- SPDX-License-Identifier: PostgreSQL
-- How what was released was given back: by the code, the end of the process, a thread's end, or a garbage collector.  What
-- tells stands in the view manner.

-- The lists, in the place of their views, which findings.c fills in: that of the functions is asked of each module.
CREATE TEMP TABLE runtime (what, pattern);
CREATE TEMP TABLE manner (runtime, function, manner, but);

-- In the place of the view stack_manner: of the stacks that released something, and of the last uses that may have come with
-- that.
CREATE TEMP TABLE released_by (stack INTEGER PRIMARY KEY, manner TEXT NOT NULL);

-- Connections whose last turn was the work of an end, of the process or a thread, or of a collector: that was no use.
CREATE TEMP TABLE late_use (connection INTEGER PRIMARY KEY);

-- Of what was released where nobody saw it (another process took it over, or its address came back) it is not known.
CREATE TEMP TABLE manner_count (kind TEXT, manner TEXT, count, PRIMARY KEY (kind, manner)) WITHOUT ROWID;
