-- SPDX-License-Identifier: PostgreSQL
-- What a reading begins with.  Needs the analyzer's SQL functions.

CREATE TEMP TABLE skip (
  -- Patterns that the user adds to those of the views driver and driver_function.
  pattern TEXT PRIMARY KEY
);

CREATE TEMP TABLE own (
  -- Patterns of what is the user's own all the same.
  pattern TEXT PRIMARY KEY
);

CREATE TEMP TABLE module_state (
  -- Whether the file that was traced is still there for names: 'ok', 'changed', 'missing', ...
  module INTEGER PRIMARY KEY,
  state  TEXT
);

CREATE TEMP TABLE looked_up (
  -- Frames whose names were looked for since the trace was opened.
  frame INTEGER PRIMARY KEY
);

CREATE TEMP VIEW target_text AS
  -- A target as user@host:port/database, and the way to it; 'socket' and 'loopback' stay on this machine.
  SELECT id AS target,
         printf('%s@%s:%s/%s', iif(user = '', '?', user),
                CASE WHEN host = '' THEN '?' WHEN host LIKE '%:%' THEN '[' || host || ']' ELSE host END,
                iif(port = '', '?', port), iif(database = '', '?', database)) AS text,
         CASE WHEN host GLOB '[/@]*' THEN 'socket'
              WHEN host IN ('localhost', '::1') OR host GLOB '127.*' THEN 'loopback' ELSE 'network' END AS way
  FROM target;
