-- SPDX-License-Identifier: PostgreSQL
-- How each call site asks for its connections, and what to think of it.  Needs TEMP TABLE site.
-- `way`: as in target_text; advice about networks is for 'network' alone.

CREATE TEMP TABLE audited AS
  SELECT c.acquire_stack, c.setting, t.application_name, ifnull(w.way, 'unknown') AS way, max(t.ssl) AS ssl,
         max(c.state = 'connected') AS connected, count(*) AS count
  FROM connection c LEFT JOIN target t ON t.id = c.target LEFT JOIN target_text w ON w.target = c.target
  WHERE c.state <> 'inherited' GROUP BY c.acquire_stack, c.setting, t.application_name, w.way;

CREATE TEMP TABLE audit_site AS
  SELECT row_number() OVER (ORDER BY sum(a.count) DESC, s.head, s.tail, a.setting, a.application_name, a.way) AS number,
         s.head, s.tail, min(a.acquire_stack) AS stack, a.setting, a.application_name, a.way, max(a.ssl) AS ssl, max(a.connected) AS connected,
         sum(a.count) AS count
  FROM audited a LEFT JOIN site s ON s.stack = a.acquire_stack
  GROUP BY s.unit, s.head, s.tail, a.setting, a.application_name, a.way;

-- What was asked for; what is not here is libpq's default.
CREATE TEMP TABLE audit_setting AS
  SELECT a.number, o.column1 AS position, o.column2 AS name,
         CASE o.column1 WHEN 1 THEN s.sslmode WHEN 2 THEN s.connect_timeout WHEN 3 THEN s.keepalives
           WHEN 4 THEN s.keepalives_idle WHEN 5 THEN s.keepalives_interval WHEN 6 THEN s.keepalives_count
           WHEN 7 THEN s.tcp_user_timeout WHEN 8 THEN s.target_session_attrs ELSE ifnull(a.application_name, '') END AS value
  FROM audit_site a LEFT JOIN setting s ON s.id = a.setting CROSS JOIN (VALUES
    (1, 'sslmode'), (2, 'connect_timeout'), (3, 'keepalives'), (4, 'keepalives_idle'), (5, 'keepalives_interval'),
    (6, 'keepalives_count'), (7, 'tcp_user_timeout'), (8, 'target_session_attrs'), (9, 'application_name')) o;

CREATE INDEX temp.audit_setting_number ON audit_setting (number);

CREATE TEMP TABLE audit_advice AS
  SELECT a.number, 1 AS position, 'connect_timeout is not set: an unreachable host can block for minutes' AS advice
  FROM audit_site a JOIN setting s ON s.id = a.setting WHERE a.way = 'network' AND s.connect_timeout IN ('', '0')
  UNION ALL
  SELECT a.number, 2, printf('sslmode=%s allows an unencrypted connection', iif(s.sslmode = '', 'prefer', s.sslmode))
  FROM audit_site a JOIN setting s ON s.id = a.setting
  WHERE a.way = 'network' AND s.sslmode IN ('', 'disable', 'allow', 'prefer')
  UNION ALL
  SELECT a.number, 3, 'sslmode=require encrypts but does not verify the server; verify-full does'
  FROM audit_site a JOIN setting s ON s.id = a.setting WHERE a.way = 'network' AND s.sslmode = 'require'
  UNION ALL
  SELECT a.number, 4, 'keepalives=0: a dead server is not noticed while waiting for it'
  FROM audit_site a JOIN setting s ON s.id = a.setting
  WHERE a.way = 'network' AND s.keepalives = '0' AND s.tcp_user_timeout IN ('', '0')
  UNION ALL
  SELECT a.number, 5, 'application_name is not set: pg_stat_activity cannot show whose it is'
  FROM audit_site a WHERE a.application_name = '' AND a.connected;

CREATE INDEX temp.audit_advice_number ON audit_advice (number);
