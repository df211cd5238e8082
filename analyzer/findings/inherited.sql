-- SPDX-License-Identifier: PostgreSQL
-- Who owns what went through fork, once, in the place of the views of these names: they read all connections where any
-- did, and are part of many others.  findings.c fills them in.

CREATE TEMP TABLE inheritance (connection INTEGER PRIMARY KEY, process, giver, origin, given_up, fate);
CREATE TEMP TABLE handover (connection INTEGER PRIMARY KEY, process, inherited);
CREATE TEMP TABLE passed_on (connection INTEGER PRIMARY KEY);
