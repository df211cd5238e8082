-- SPDX-License-Identifier: PostgreSQL
-- The whole report as one JSON text.  Parameter: the trace's path.  The keys, for whoever reads it with a program:
--
-- version       1; a change that could break a reader raises it
-- trace         path of the trace, as it was given
-- conclusion    "nothing leaked", "leaked" or "cannot tell": of connections and results, as the check judges
-- cannot_tell   reasons why this trace cannot prove that nothing leaked; []: it can
-- group_by      site, stack, function, module or database
-- processes     how many there were, and how many by their end ("running" for those without one)
-- connections   acquired, failed (never connected), and how many of each verdict
-- results       acquired, and how many of each verdict
-- others        the same of each other kind there was: transaction, query, copy, cancel, memory, ...
-- findings      one object a group, in the order of the text report:
--   kind        "connection", "result", "transaction", ... as in the view kind
--   verdict     "leaked", "open-at-death", "open"; with --all also "released", "inherited"
--   state       of connections: "connected", "failed", "connecting", "inherited";
--               of statements: "repeated", prepared by the same stack on the same connection as others; else ""
--   shape       of what leaked: "grows", its stack acquired it again while the first was there, or "held at exit"
--   count       resources in this finding
--   site        call site of its most frequent stack: function, file, line, module, offset; null when unknown
--   stacks      number of different acquiring stacks
--   stack       the most frequent one, innermost first: function, file, line, module, offset, driver
--   first_ns, last_ns   the first and the last acquire, ns since 1970
--   first_id    id of the first one (`pqleak show ID` for a connection, `pqleak show KIND ID` for others)
--   rows, bytes, outlived   of results: what they hold, and how many were there after their connection
--   last_use    at_ns, function, statement of the latest use; null: never used
--   function    the libpq function that handed out the first one
--   targets, transaction_status, processes   how many of each

WITH
  verdicts AS (
    SELECT kind, verdict, sum(count) AS count, sum(iif(state = 'failed', count, 0)) AS failed
    FROM tally_life GROUP BY kind, verdict),
  counted AS (
    SELECT k.kind, ifnull(sum(iif(v.verdict <> 'inherited', v.count, 0)), 0) AS acquired, ifnull(sum(v.failed), 0) AS failed,
           ifnull(sum(iif(v.verdict = 'released', v.count, 0)), 0) AS released,
           ifnull(sum(iif(v.verdict = 'leaked', v.count, 0)), 0) AS leaked,
           ifnull(sum(iif(v.verdict = 'open-at-death', v.count, 0)), 0) AS open_at_death,
           ifnull(sum(iif(v.verdict = 'open', v.count, 0)), 0) AS open,
           ifnull(sum(iif(v.verdict = 'inherited', v.count, 0)), 0) AS inherited
    FROM (SELECT 'connection' AS kind UNION SELECT 'result' UNION SELECT kind FROM verdicts) k LEFT JOIN verdicts v ON v.kind = k.kind GROUP BY k.kind)
SELECT json_object(
  'version', 1,
  'trace', ?1,
  'conclusion', CASE WHEN EXISTS (SELECT 1 FROM verdicts WHERE verdict = 'leaked' AND kind IN ('connection', 'result')) THEN 'leaked'
                     WHEN EXISTS (SELECT 1 FROM cannot_tell) THEN 'cannot tell' ELSE 'nothing leaked' END,
  'cannot_tell', (SELECT json_group_array(reason) FROM cannot_tell),
  'group_by', (SELECT group_by FROM choice),
  'processes', (SELECT json_object('count', ifnull(sum(count), 0), 'ends', json_group_object(fate, count))
                FROM (SELECT ifnull("end", 'running') AS fate, count(*) AS count FROM process GROUP BY 1)),
  'connections', (SELECT json_object('acquired', acquired, 'failed', failed, 'released', released, 'leaked', leaked,
                                     'open-at-death', open_at_death, 'open', open, 'inherited', inherited)
                  FROM counted WHERE kind = 'connection'),
  'results', (SELECT json_object('acquired', acquired, 'released', released, 'leaked', leaked,
                                 'open-at-death', open_at_death, 'open', open)
              FROM counted WHERE kind = 'result'),
  'others', (SELECT json_group_object(kind, json_object('acquired', acquired, 'released', released, 'leaked', leaked,
                                                        'open-at-death', open_at_death, 'open', open))
             FROM (SELECT * FROM counted WHERE acquired > 0 AND kind NOT IN ('connection', 'result')
                   ORDER BY kind_rank(kind))),
  'findings', (SELECT json_group_array(json(finding)) FROM (SELECT json_object(
    'kind', f.kind, 'verdict', f.verdict, 'state', f.state, 'shape', f.shape, 'count', f.count,
    'site', (SELECT json_object('function', s.function, 'file', s.file, 'line', s.line, 'module', s.module,
                                'offset', s."offset") FROM site s WHERE s.stack = f.stack),
    'stacks', f.stacks,
    'stack', (SELECT json_group_array(json_object('function', function, 'file', file, 'line', line, 'module', module,
                                                  'offset', "offset", 'driver', json(iif(driver, 'true', 'false'))))
              FROM (SELECT t.* FROM stack_frame k JOIN call t ON t.frame = k.frame
                    WHERE k.stack = f.stack ORDER BY k.level, t.depth)),
    'first_ns', f.first_ns, 'last_ns', f.last_ns, 'first_id', f.first_id,
    'rows', f.rows, 'bytes', f.bytes, 'outlived', f.outlived,
    'last_use', (SELECT json_object('at_ns', c.used_ns, 'function', c.use_function, 'statement', c.statement)
                 FROM connection c WHERE f.kind = 'connection' AND c.id = f.used_id),
    'function', CASE f.kind WHEN 'connection' THEN (SELECT acquire_function FROM connection WHERE id = f.first_id)
                            ELSE (SELECT acquire_function FROM resource WHERE id = f.first_id) END,
    'targets', (SELECT json_group_array(json(target)) FROM (
      SELECT json_object('host', t.host, 'port', t.port, 'database', t.database, 'user', t.user,
                         'application_name', t.application_name, 'count', sum(n.count)) AS target
      FROM share n JOIN target t ON t.id = n.target WHERE n.number = f.number
      GROUP BY t.id ORDER BY sum(n.count) DESC, t.id)),
    'transaction_status', (SELECT json_group_object(name, count) FROM (
      SELECT transaction_name(transaction_status) AS name, sum(count) AS count FROM share
      WHERE number = f.number AND transaction_status >= 0 GROUP BY transaction_status)),
    'processes', (SELECT json_group_array(json(process)) FROM (
      SELECT json_object('pid', p.pid, 'exe', p.exe, 'count', sum(n.count)) AS process
      FROM share n JOIN process p ON p.id = n.process WHERE n.number = f.number
      GROUP BY p.id ORDER BY sum(n.count) DESC, p.id))) AS finding
    FROM finding f ORDER BY f.number))
)
