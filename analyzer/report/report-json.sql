-- SPDX-License-Identifier: PostgreSQL
-- The whole report as one JSON text, in three columns; docs/report.schema.json describes the keys.  The second has the
-- notes, by their sort.

WITH
  call_json AS (
    SELECT frame, depth, json_object('function', function, 'file', file, 'line', line, 'module', module,
                                     'offset', iif(language IS NULL, "offset", NULL), 'language', language) AS text
    FROM frame_call),
  site_json AS (SELECT s.stack, c.text FROM site s JOIN call_json c ON c.frame = s.frame AND c.depth = s.depth),
  stack_json AS MATERIALIZED (
    SELECT x.stack, (
      SELECT json_group_array(json_object(
        'function', function, 'file', file, 'line', line, 'module', module, 'offset', iif(language IS NULL, "offset", NULL),
        'language', language, 'role', role, 'symbols', symbols, 'driver', json(iif(role = 'driver', 'true', 'false'))))
      FROM (SELECT * FROM stack_call t WHERE t.stack = x.stack ORDER BY t.level, t.depth)) AS text
    FROM (SELECT stack FROM finding UNION SELECT used_stack FROM finding_stack UNION SELECT release_stack FROM finding_stack) x),
  verdicts AS (
    SELECT kind, verdict, sum(count) AS count, sum(iif(kind = 'connection' AND state = 'failed', count, 0)) AS failed
    FROM tally_life GROUP BY kind, verdict),
  manners AS (
    SELECT k.kind, (SELECT json_group_object(m.manner, m.count) FROM manner_count m WHERE m.kind = k.kind) AS text
    FROM kind k),
  counted AS (
    SELECT k.kind, (SELECT m.text FROM manners m WHERE m.kind = k.kind) AS manners, ifnull(sum(iif(v.verdict <> 'inherited', v.count, 0)), 0) AS acquired, ifnull(sum(v.failed), 0) AS failed,
           ifnull(sum(iif(v.verdict = 'released', v.count, 0)), 0) AS released,
           ifnull(sum(iif(v.verdict = 'leaked', v.count, 0)), 0) AS leaked,
           ifnull(sum(iif(v.verdict = 'open-at-death', v.count, 0)), 0) AS open_at_death,
           ifnull(sum(iif(v.verdict = 'open', v.count, 0)), 0) AS open,
           ifnull(sum(iif(v.verdict = 'cannot-tell', v.count, 0)), 0) AS cannot_tell,
           ifnull(sum(iif(v.verdict = 'inherited', v.count, 0)), 0) AS inherited
    FROM (SELECT 'connection' AS kind UNION SELECT 'result' UNION SELECT kind FROM verdicts) k LEFT JOIN verdicts v ON v.kind = k.kind GROUP BY k.kind)
SELECT json_object(
  'version', 1,
  'trace', :trace,
  'conclusion', CASE WHEN EXISTS (SELECT 1 FROM verdicts WHERE verdict = 'leaked' AND kind_fails(kind)) THEN 'leaked'
                     WHEN EXISTS (SELECT 1 FROM found_reason WHERE NOT accepted) THEN 'cannot tell'
                     WHEN EXISTS (SELECT 1 FROM found_reason) THEN 'nothing leaked where it could be seen'
                     ELSE 'nothing leaked' END,
  'cannot_tell', (SELECT json_group_array(reason) FROM found_reason),
  'unseen', (SELECT json_group_array(json_object('pid', iif(:reproducible, NULL, pid), 'exe', exe, 'how', how, 'module', nullif(module, ''),
                                                 'sign', sign, 'spoke', json(iif(spoke, 'true', 'false')), 'text', text))
             FROM (SELECT * FROM unseen_text ORDER BY exe, how, module)),
  'unnamed', (SELECT json_group_array(json_object('module', path, 'build_id', nullif(build_id, ''), 'symbols', iif(state = 'ok', 'none', state),
                                                  'frames', frames, 'package', package, 'debug_package', debug_package))
              FROM (SELECT * FROM unnamed ORDER BY frames DESC, path)),
  'group_by', (SELECT group_by FROM report_choice),
  'processes', (SELECT json_object('count', ifnull(sum(count), 0), 'ends', json_group_object(fate, count), 'killed_early',
                  (SELECT json_group_array(json_object('pid', iif(:reproducible, NULL, pid), 'signal', signal)) FROM killed_early))
                FROM (SELECT ifnull("end", 'running') AS fate, count(*) AS count FROM process GROUP BY 1)),
  'connections', (SELECT json_object('acquired', acquired, 'failed', failed, 'released', released, 'leaked', leaked,
                                     'open-at-death', open_at_death, 'open', open, 'cannot-tell', cannot_tell, 'inherited', inherited, 'manners', json(manners))
                  FROM counted WHERE kind = 'connection'),
  'results', (SELECT json_object('acquired', acquired, 'released', released, 'leaked', leaked,
                                 'open-at-death', open_at_death, 'open', open, 'cannot-tell', cannot_tell, 'manners', json(manners))
              FROM counted WHERE kind = 'result'),
  'others', (SELECT json_group_object(kind, json_object('acquired', acquired, 'released', released, 'leaked', leaked,
                                                        'open-at-death', open_at_death, 'open', open, 'cannot-tell', cannot_tell, 'manners', json(manners)))
             FROM (SELECT * FROM counted WHERE acquired > 0 AND kind NOT IN ('connection', 'result')
                   ORDER BY kind_rank(kind))),
  'findings', (SELECT json_group_array(json(finding)) FROM (SELECT json_object(
    'kind', f.kind, 'verdict', f.verdict, 'state', f.state, 'shape', f.shape, 'count', f.count, 'released', f.released,
    'level', j.level, 'excused', nullif(f.excused, ''), 'path', nullif(f.acquire_function, '') || ' < ' || p.path,
    'fingerprint', (SELECT x.fingerprint FROM problem x WHERE x.finding = f.number),
    'site', (SELECT json(text) FROM call_json c WHERE c.frame = w.frame AND c.depth = w.depth),
    'separation', (SELECT json_object(
      'wrapper', (SELECT json(text) FROM call_json c WHERE c.frame = e.shared_frame AND c.depth = e.shared_depth),
      'call_site', (SELECT json(text) FROM call_json c WHERE c.frame = e.site_frame AND c.depth = e.site_depth),
      'levels', e.levels, 'callers', e.callers, 'leaking_callers', e.leaking, 'lost', e.lost, 'acquired', e.acquired,
      'others_lost', e.others_lost, 'others_acquired', e.others_acquired)
      FROM separation e WHERE e.node = w.node AND e.callers IS NOT NULL),
    'stacks', f.stacks,
    'stack', ifnull((SELECT json(text) FROM stack_json j WHERE j.stack = f.stack), json('[]')),
    'first_ns', iif(:reproducible, NULL, f.first_ns), 'last_ns', iif(:reproducible, NULL, f.last_ns),
    'first_id', iif(:reproducible, NULL, f.first_id),
    'rows', f.rows, 'bytes', f.bytes, 'outlived', f.outlived,
    'last_use', (SELECT json_object(
      'at_ns', iif(:reproducible, NULL, c.used_ns), 'function', c.use_function, 'statement', c.statement,
      'site', (SELECT json(text) FROM site_json s WHERE s.stack = c.use_stack),
      'stack', (SELECT json(text) FROM stack_json j WHERE j.stack = c.use_stack))
      FROM connection c WHERE f.kind = 'connection' AND c.id = f.used_id),
    'life', (SELECT json_object(
      'later', l.later, 'latest', l.latest, 'opened', l.opened, 'pool', l.pool,
      'threads', l.threads, 'each_alone', json(iif(l.alone, 'true', 'false')), 'threads_alive', l.lives,
      'unused_ns', iif(:reproducible, NULL, l.unused_ns),
      'manners', (SELECT json_group_object(key, value) FROM json_each(json_object(
        'code', l.code, 'exit', l."exit", 'thread', l.thread, 'collector', l.collector, 'unknown', l.unknown, 'never', l.never))
        WHERE value > 0),
      'borrower', (SELECT json(text) FROM site_json s WHERE s.stack = l.use_stack),
      'last_uses', l.last_uses, 'uses', l.uses, 'elsewhere_last_uses', l.elsewhere_last, 'elsewhere_uses', l.elsewhere_uses) FROM finding_life l WHERE l.number = f.number),
    'idle', (SELECT json_object(
      'longest_ns', iif(:reproducible, NULL, d.longest_ns), 'transactions', d.begun, 'open', d.open,
      'since', (SELECT json(text) FROM site_json s WHERE s.stack = d.idle_stack)) FROM finding_idle d WHERE d.number = f.number),
    'limit', (SELECT json_object(
      'option', b.option, 'allowed_ns', b.most_ns, 'longest_ns', iif(:reproducible, NULL, b.longest_ns), 'count', b.count)
      FROM found_limit b WHERE b.number = f.number),
    'released_from', iif(w.release_stack IS NULL, NULL, json_object('count', w.releases,
      'site', (SELECT json(text) FROM site_json s WHERE s.stack = w.release_stack),
      'stack', (SELECT json(text) FROM stack_json j WHERE j.stack = w.release_stack))),
    'function', CASE f.kind WHEN 'connection' THEN (SELECT acquire_function FROM connection WHERE id = f.first_id)
                            ELSE (SELECT acquire_function FROM resource WHERE id = f.first_id) END,
    'targets', (SELECT json_group_array(json(target)) FROM (
      SELECT json_object('host', t.host, 'port', t.port, 'database', t.database, 'user', t.user,
                         'application_name', t.application_name, 'count', sum(n.count)) AS target
      FROM finding_share n JOIN target t ON t.id = n.target WHERE n.number = f.number
      GROUP BY t.id ORDER BY sum(n.count) DESC, t.host, t.port, t.database, t.user, t.application_name)),
    'tests', (SELECT json_group_array(json(test)) FROM (
      SELECT json_object('function', c.function, 'file', c.file, 'count', t.count) AS test
      FROM finding_test t JOIN frame_call c ON c.frame = t.frame AND c.depth = t.depth WHERE t.number = f.number
      ORDER BY t.count DESC, t.text)),
    'transaction_status', (SELECT json_group_object(name, count) FROM (
      SELECT transaction_name(transaction_status) AS name, sum(count) AS count FROM finding_share
      WHERE number = f.number AND transaction_status >= 0 GROUP BY transaction_status)),
    'processes', (SELECT json_group_array(json(process)) FROM (
      SELECT json_object('pid', iif(:reproducible, NULL, p.pid), 'exe', p.exe, 'host', iif(:reproducible, NULL, p.host), 'run', r.run,
                         'count', sum(n.count)) AS process
      FROM finding_share n JOIN process p ON p.id = n.process LEFT JOIN process_run r ON r.process = p.id WHERE n.number = f.number
      GROUP BY p.id ORDER BY sum(n.count) DESC, p.exe, p.id)),
    'labels', (SELECT json(iif(max(labelled), json_group_array(json(label)), '[]')) FROM (
      SELECT json_object('label', p.label, 'count', sum(n.count)) AS label, p.label IS NOT NULL AS labelled
      FROM finding_share n JOIN process p ON p.id = n.process WHERE n.number = f.number
      GROUP BY p.label ORDER BY p.label IS NULL, sum(n.count) DESC, p.label))) AS finding
    FROM finding f JOIN finding_stack w ON w.number = f.number JOIN finding_level j ON j.number = f.number
    LEFT JOIN stack_path p ON p.stack = f.stack ORDER BY f.number)),
  'misuse', (SELECT json_group_array(json(item)) FROM (SELECT json_object(
    'kind', m.kind, 'by_design', json(iif(m.by_design, 'true', 'false')), 'excused', nullif(m.excused, ''),
    'count', m.count, 'function', m.function,
    'site', (SELECT json(text) FROM site_json s WHERE s.stack = m.stack),
    'acquire_site', (SELECT json(text) FROM site_json s WHERE s.stack = m.acquire_stack),
    'release_site', (SELECT json(text) FROM site_json s WHERE s.stack = m.release_stack),
    'stack', iif(:reproducible, NULL, m.stack),
    'acquire_stack', iif(:reproducible, NULL, nullif(m.acquire_stack, 0)),
    'release_stack', iif(:reproducible, NULL, nullif(m.release_stack, 0)),
    'connection', iif(:reproducible, NULL, m.connection), 'first_ns', iif(:reproducible, NULL, m.first_ns),
    'last_ns', iif(:reproducible, NULL, m.last_ns), 'processes', m.processes, 'connections', nullif(m.connections, 0),
    'calls', (SELECT json_group_array(json(text)) FROM (
      SELECT json_object('kind', c.kind, 'function', c.function, 'count', c.count,
                         'site', (SELECT json(text) FROM site_json s WHERE s.stack = c.stack),
                         'stack', iif(:reproducible, NULL, c.stack)) AS text
      FROM misuse_call c WHERE c.number = m.number
      ORDER BY c.count DESC, c.kind, c.function, (SELECT path FROM stack_path p WHERE p.stack = c.stack), c.stack))) AS item
    FROM told_misuse m
    ORDER BY m.by_design, m.count DESC, m.kind, (SELECT path FROM stack_path p WHERE p.stack = m.stack),
             m.stack, m.acquire_stack, m.release_stack))), (
  SELECT json_group_object(t.sort, json((
    SELECT json_group_array(json(item)) FROM (
      SELECT (SELECT json_insert(json_group_object(f.key, json(CASE
                WHEN f.key GLOB '*site' THEN ifnull((SELECT text FROM site_json s WHERE s.stack = f.value), 'null')
                WHEN f.passes AND :reproducible THEN 'null'
                WHEN f.type IN ('true', 'false') THEN f.type
                WHEN f.type = 'real' THEN json_quote(round(f.value, 3))
                ELSE json_quote(f.value) END)), '$.callers', json((
                  SELECT json_group_array(json(text)) FROM (
                    SELECT c.text FROM note_caller r JOIN call_json c ON c.frame = r.frame AND c.depth = r.depth
                    WHERE r.note = n.number ORDER BY r.count DESC, c.text))))
              FROM note_fact f WHERE f.note = n.number) AS item
      FROM note n LEFT JOIN stack_path p ON p.stack = n.stack
      WHERE n.sort = t.sort ORDER BY n.rank, p.path, n.stack))))
  FROM (SELECT * FROM note_sort ORDER BY sort <> 'idle_in_transaction', rowid) t), json_object(
  'suppressions', (SELECT json_group_array(json(item)) FROM (SELECT json_object(
    'file', u.file, 'line', u.line, 'pattern', u.pattern, 'reason', u.reason, 'expires', u.expires,
    'expired', json(iif(u.expired, 'true', 'false')), 'matched', u.matched) AS item FROM suppression u ORDER BY u.number)),
  'baseline', (SELECT json_group_array(json(item)) FROM (SELECT json_object(
    'kind', b.kind, 'verdict', b.verdict, 'path', b.path, 'known', b.known, 'now', b.now, 'suppressed', b.suppressed) AS item
    FROM baseline b ORDER BY b.number)),
  'status', :status,
  'fail_on', :fail_on,
  'peak', (SELECT json_object(
    'open', a.open, 'allowed', (SELECT most_open FROM report_choice),
    'at_ns', iif(:reproducible OR a.open = 0, NULL, a.at_ns), 'whole', json(iif(a.whole, 'true', 'false')),
    'process', (SELECT json_object('pid', iif(:reproducible, NULL, pid), 'exe', exe, 'open', peak)
                FROM process WHERE id = a.process),
    'sites', (SELECT json_group_array(json(item)) FROM (SELECT json_object('open', k.open,
      'site', (SELECT json(text) FROM site_json s WHERE s.stack = k.acquire_stack)) AS item
      FROM found_peak_site k LEFT JOIN stack_path p ON p.stack = k.acquire_stack
      ORDER BY k.open DESC, p.path, k.acquire_stack)),
    'sites_whole', json(iif(a.looked OR (SELECT ifnull(sum(k.open), 0) FROM found_peak_site k) = a.open, 'true', 'false')))
    FROM peak a))
