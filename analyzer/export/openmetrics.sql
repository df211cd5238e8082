-- SPDX-License-Identifier: PostgreSQL
-- OpenMetrics' text: what was open when the trace was read, and what was counted until then.  Never a pid, a user or SQL.
WITH
  family (position, name, type, unit, help) AS (VALUES
    (1, 'pqleak_processes', 'gauge', '', 'Processes in the trace, by how they ended.'),
    (2, 'pqleak_process_incomplete', 'gauge', '', 'Reasons why the trace does not hold everything that happened.'),
    (3, 'pqleak_connections_open', 'gauge', '', 'Connections that were not given back.'),
    (4, 'pqleak_connections_in_transaction', 'gauge', '', 'Of these, those inside a transaction.'),
    (5, 'pqleak_connection_oldest_unused_seconds', 'gauge', 'seconds', 'How long the one unused for the longest has been so.'),
    (6, 'pqleak_connections_abandoned', 'gauge', '', 'Connections that were used, never again, while others like them were opened.'),
    (7, 'pqleak_connections_opened', 'counter', '', 'Connections that were opened, failed ones included.'),
    (8, 'pqleak_connections_released', 'counter', '', 'Connections that were given back.'),
    (9, 'pqleak_connects_failed', 'counter', '', 'Attempts to connect that failed.'),
    (10, 'pqleak_results_uncleared', 'gauge', '', 'Results that were not cleared.'),
    (11, 'pqleak_results_uncleared_bytes', 'gauge', 'bytes', 'The memory that they hold.'),
    (12, 'pqleak_misuse', 'counter', '', 'Calls that must not be made.'),
    (13, 'pqleak_events_dropped', 'counter', '', 'Events that could not be recorded.')),
  placed AS MATERIALIZED (
    SELECT c.*, ifnull(s.text, 'an unknown place') AS site, k.transaction_status, k.error
    FROM export_connection c JOIN main.connection k ON k.id = c.id LEFT JOIN site s ON s.stack = c.acquire_stack),
  sample (position, labels, value) AS (
    SELECT 1, printf('{state=%s}', json_quote(printable(ifnull("end", 'running')))), count(*) FROM main.process GROUP BY 2
    UNION ALL SELECT 2, '', count(*) FROM found_reason
    UNION ALL SELECT 3, printf('{program=%s,site=%s}', json_quote(printable(program)), json_quote(printable(site))), sum(released_ns IS NULL) FROM placed GROUP BY program, site
    UNION ALL SELECT 4, printf('{program=%s,site=%s}', json_quote(printable(program)), json_quote(printable(site))), sum(released_ns IS NULL AND transaction_status IN (2, 3))
              FROM placed WHERE state = 'connected' GROUP BY program, site
    UNION ALL SELECT 5, printf('{program=%s,site=%s}', json_quote(printable(program)), json_quote(printable(site))),
                     round(max(end_ns - ifnull(used_ns, acquired_ns + connect_ns)) / 1e9, 3)
              FROM placed WHERE released_ns IS NULL AND state = 'connected' GROUP BY program, site
    UNION ALL SELECT 6, printf('{program=%s,site=%s}', json_quote(printable(basename(p.exe))), json_quote(printable(ifnull(s.text, 'an unknown place')))), count(*)
              FROM abandoned a JOIN main.process p ON p.id = a.process LEFT JOIN site s ON s.stack = a.head GROUP BY 2
    UNION ALL SELECT 7, printf('{program=%s,site=%s}', json_quote(printable(program)), json_quote(printable(site))), count(*) FROM placed GROUP BY program, site
    UNION ALL SELECT 8, printf('{program=%s,site=%s}', json_quote(printable(program)), json_quote(printable(site))), count(released_ns) FROM placed GROUP BY program, site
    UNION ALL SELECT 9, printf('{program=%s,site=%s,reason=%s}', json_quote(printable(program)), json_quote(printable(site)), json_quote(printable(ifnull(error, 'other')))), count(*)
              FROM placed WHERE state = 'failed' GROUP BY program, site, error
    UNION ALL SELECT 10, printf('{program=%s,site=%s}', json_quote(printable(basename(p.exe))), json_quote(printable(ifnull(s.text, 'an unknown place')))), count(*)
              FROM main.resource r JOIN main.process p ON p.id = r.process LEFT JOIN site s ON s.stack = r.acquire_stack
              WHERE r.kind = 'result' GROUP BY 2
    UNION ALL SELECT 11, printf('{program=%s,site=%s}', json_quote(printable(basename(p.exe))), json_quote(printable(ifnull(s.text, 'an unknown place')))), sum(r.bytes)
              FROM main.resource r JOIN main.process p ON p.id = r.process LEFT JOIN site s ON s.stack = r.acquire_stack
              WHERE r.kind = 'result' GROUP BY 2
    UNION ALL SELECT 12, printf('{kind=%s}', json_quote(printable(kind))), sum(count) FROM misuse_life GROUP BY kind
    UNION ALL SELECT 13, '', ifnull(sum(dropped), 0) FROM main.process)
SELECT line FROM (
  SELECT position, 0 AS part, '' AS labels, printf('# TYPE %s %s', name, type) AS line FROM family
  UNION ALL SELECT position, 1, '', printf('# UNIT %s %s', name, unit) FROM family WHERE unit <> ''
  UNION ALL SELECT position, 2, '', printf('# HELP %s %s', name, help) FROM family
  UNION ALL SELECT f.position, 3, s.labels, f.name || iif(f.type = 'counter', '_total', '') || s.labels || ' ' || s.value
            FROM sample s JOIN family f ON f.position = s.position
  UNION ALL SELECT 1000, 4, '', '# EOF')
ORDER BY position, part, labels;
