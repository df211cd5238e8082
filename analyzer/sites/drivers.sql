-- SPDX-License-Identifier: PostgreSQL
-- The list of drivers, test runners and servers, once, in the place of the views of these names: what a module, a script and
-- a function is, and where a runner calls, is asked of it.  sites.c fills them in.

CREATE TEMP TABLE package (language, name, what, part, calls);
CREATE TEMP TABLE driver (language, pattern, what, part, calls, installed);
CREATE TEMP TABLE driver_function (pattern, what, part, calls);
