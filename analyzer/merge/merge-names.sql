-- SPDX-License-Identifier: PostgreSQL
-- What frames are called, and where connections went: what is equal is one row.  map_...: the number in the incoming trace
-- (old) and in this one (new).

INSERT OR IGNORE INTO main.module (path, build_id) SELECT path, build_id FROM incoming_module ORDER BY id;
CREATE TEMP TABLE map_module (old INTEGER PRIMARY KEY, new INTEGER);
INSERT INTO map_module SELECT i.id, m.id FROM incoming_module i JOIN main.module m ON m.path = i.path AND m.build_id = i.build_id;

INSERT OR IGNORE INTO main.script (language, function, file) SELECT language, function, file FROM incoming_script ORDER BY id;
CREATE TEMP TABLE map_script (old INTEGER PRIMARY KEY, new INTEGER);
INSERT INTO map_script
  SELECT i.id, s.id FROM incoming_script i
  JOIN main.script s ON s.language = i.language AND s.function = i.function AND s.file = i.file;

CREATE TEMP TABLE placed_frame (old INTEGER PRIMARY KEY, module, "offset", script);
INSERT INTO placed_frame
  SELECT f.id, m.new, f."offset", s.new FROM incoming_frame f
  LEFT JOIN map_module m ON m.old = f.module LEFT JOIN map_script s ON s.old = f.script;
INSERT OR IGNORE INTO main.frame (module, "offset", script) SELECT module, "offset", script FROM placed_frame ORDER BY old;
CREATE TEMP TABLE map_frame (old INTEGER PRIMARY KEY, new INTEGER);
INSERT INTO map_frame
  SELECT p.old, f.id FROM placed_frame p
  JOIN main.frame f ON ifnull(f.module, 0) = ifnull(p.module, 0) AND f."offset" = p."offset" AND ifnull(f.script, 0) = ifnull(p.script, 0);

-- A trace that knows names gives them to one that does not: all of a frame, or none.
CREATE TEMP TABLE better_named (frame INTEGER PRIMARY KEY);
INSERT INTO better_named
  SELECT DISTINCT m.new FROM incoming_symbol y JOIN map_frame m ON m.old = y.frame
  WHERE y.function IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM main.symbol k WHERE k.frame = m.new AND k.function IS NOT NULL);
DELETE FROM main.symbol WHERE frame IN (SELECT frame FROM better_named);
INSERT OR IGNORE INTO main.symbol (frame, depth, function, file, line)
  SELECT m.new, y.depth, y.function, y.file, y.line FROM incoming_symbol y JOIN map_frame m ON m.old = y.frame
  WHERE m.new IN (SELECT frame FROM better_named) OR NOT EXISTS (SELECT 1 FROM main.symbol k WHERE k.frame = m.new);

INSERT OR IGNORE INTO main.target (host, port, database, user, application_name, server_version, ssl)
  SELECT host, port, database, user, application_name, server_version, ssl FROM incoming_target ORDER BY id;
CREATE TEMP TABLE map_target (old INTEGER PRIMARY KEY, new INTEGER);
INSERT INTO map_target
  SELECT i.id, t.id FROM incoming_target i JOIN main.target t ON t.host = i.host AND t.port = i.port AND t.database = i.database
    AND t.user = i.user AND t.application_name = i.application_name AND t.server_version = i.server_version AND t.ssl = i.ssl;

INSERT OR IGNORE INTO main.setting (sslmode, connect_timeout, keepalives, keepalives_idle, keepalives_interval, keepalives_count,
                                    tcp_user_timeout, target_session_attrs)
  SELECT sslmode, connect_timeout, keepalives, keepalives_idle, keepalives_interval, keepalives_count, tcp_user_timeout,
         target_session_attrs FROM incoming_setting ORDER BY id;
CREATE TEMP TABLE map_setting (old INTEGER PRIMARY KEY, new INTEGER);
INSERT INTO map_setting
  SELECT i.id, s.id FROM incoming_setting i
  JOIN main.setting s ON (s.sslmode, s.connect_timeout, s.keepalives, s.keepalives_idle, s.keepalives_interval, s.keepalives_count,
                          s.tcp_user_timeout, s.target_session_attrs)
    = (i.sslmode, i.connect_timeout, i.keepalives, i.keepalives_idle, i.keepalives_interval, i.keepalives_count,
       i.tcp_user_timeout, i.target_session_attrs);

-- merge-stacks.c fills it.  0 is no stack, and stays none.
CREATE TEMP TABLE map_stack (old INTEGER PRIMARY KEY, new INTEGER);
INSERT INTO map_stack VALUES (0, 0);
