-- SPDX-License-Identifier: PostgreSQL
-- The page's data, a column a member.  Times are microseconds from the beginning of the timeline, durations microseconds:
-- nanoseconds since 1970 are more than a script can count.
SELECT
  (SELECT json_group_array(text) FROM (SELECT text FROM page_line ORDER BY number)) AS verdict,
  (SELECT json_object('from', from_ns / 1000, 'to', (to_ns - from_ns) / 1000, 'width', width_ns / 1000.0, 'buckets', buckets, 'most', most,
                      'most_at', (most_ns - from_ns) / 1000, 'opened', opened, 'failed', failed, 'sites', sites,
                      'uncounted', uncounted) FROM timeline) AS timeline,
  (SELECT json_group_array(json_array(b.bucket, b.most, b.opened, b.closed, b.failed, (b.most_ns - t.from_ns) / 1000))
   FROM timeline t CROSS JOIN timeline_bucket b WHERE b.site = 0) AS together,
  (SELECT json_group_array(json_array(bucket, site, open)) FROM timeline_part) AS parts,
  (SELECT json_group_array(json_array((m.at_ns - t.from_ns) / 1000, m.what, m.pid, basename(m.exe), m.words))
   FROM timeline t CROSS JOIN timeline_mark m) AS marks,
  (SELECT json_group_array(json(item)) FROM (
    SELECT json_object(
      'site', s.site, 'name', iif(s.site < 0, 'all other call sites', ifnull(short_name(s.head), 'an unknown place')), 'place', ifnull(trim(s.tail), ''),
      'function', s.function, 'file', s.file, 'line', s.line, 'module', s.module, 'language', s.language, 'finding', s.finding,
      'abandoned', s.abandoned, 'opened', s.opened, 'failed', s.failed, 'left', s.left, 'most', s.most,
      'most_at', (s.most_ns - t.from_ns) / 1000, 'half', s.held_half_ns / 1000, 'nearly', s.held_most_ns / 1000,
      'longest', s.held_longest_ns / 1000, 'growth', s.growth, 'churn', s.churn,
      'series', json((SELECT json_group_array(json_array(bucket, most, opened, closed, failed)) FROM timeline_bucket b WHERE b.site = s.site)),
      'stacks', json((SELECT json_group_array(json_array(stack, count, left)) FROM page_opening p WHERE p.site = s.site)),
      'borrowers', json((SELECT json_group_array(json_array(name, count)) FROM page_borrower b WHERE b.site = s.site))) AS item
    FROM timeline t CROSS JOIN timeline_site s WHERE s.site <= 200 ORDER BY s.site < 0, s.site)) AS sites,
  (SELECT json_group_array(json_object('number', f.number, 'title', f.title, 'text', f.text, 'site', t.site, 'level', l.level))
   FROM page_finding f JOIN finding_level l ON l.number = f.number LEFT JOIN timeline_finding t ON t.number = f.number) AS findings,
  (SELECT json_group_array(json(item)) FROM (
    SELECT json_object('what', p.what, 'rule', p.rule, 'title', p.title, 'help', p.help, 'level', p.level, 'message', p.message,
                       'stacks', json((SELECT json_group_array(json_array(s.words, s.stack)) FROM problem_stack s
                                       WHERE s.number = p.number AND s.stack > 0))) AS item
    FROM problem p WHERE p.what NOT IN ('finding') ORDER BY p.number LIMIT 300)) AS problems,
  (SELECT json_group_array(json(item)) FROM (
    SELECT json_object(
      'id', o.id, 'site', p.site, 'pid', c.pid, 'thread', o.thread, 'backend', o.backend_pid, 'state', o.state, 'verdict', l.verdict,
      'abandoned', json(iif(a.connection IS NULL, 'false', 'true')),
      'error', x.error, 'target', g.text, 'opened_by', o.acquire_function, 'used_by', o.use_function, 'statement', o.statement,
      'queries', o.queries, 'resets', o.resets, 'status', l.transaction_status, 'held', l.held_ns / 1000,
      'from', (o.acquired_ns - t.from_ns) / 1000,
      'spans', json((SELECT json_group_array(json_array((n.from_ns - t.from_ns) / 1000, (n.to_ns - t.from_ns) / 1000, n.what))
                     FROM lane_span n WHERE n.connection = o.id)),
      'points', json((SELECT json_group_array(json_array((n.at_ns - t.from_ns) / 1000, n.what, n.words)) FROM lane_point n WHERE n.connection = o.id)),
      'stacks', json_array(o.acquire_stack, o.use_stack, o.release_stack)) AS item
    FROM timeline t CROSS JOIN lane n CROSS JOIN owned_connection o ON o.id = n.connection JOIN connection_life l ON l.id = o.id
    JOIN main.process c ON c.id = o.process JOIN main.connection x ON x.id = o.id
    LEFT JOIN target_text g ON g.target = o.target LEFT JOIN abandoned a ON a.connection = o.id
    LEFT JOIN timeline_place p ON p.stack = ifnull(a.head, o.acquire_stack)
      AND p.what = CASE WHEN a.head IS NOT NULL THEN 3 WHEN o.state = 'connected' THEN 0 WHEN o.state = 'failed' THEN 1 ELSE 2 END
    ORDER BY o.acquired_ns, o.id)) AS lanes,
  (SELECT json_group_object(stack, json(calls)) FROM page_stack) AS stacks,
  (SELECT json_group_array(json_array(text, role, language, is_folded)) FROM (SELECT * FROM page_call ORDER BY id)) AS calls,
  (SELECT json_group_array(json(item)) FROM (
    SELECT json_object(
      'name', ifnull(short_name(s.head) || s.tail, 'an unknown place'), 'count', s.count, 'way', s.way, 'ssl', s.ssl,
      'settings', json((SELECT json_group_array(json_array(name, value)) FROM audit_setting x WHERE x.number = s.number AND x.value <> '')),
      'advice', json((SELECT json_group_array(advice) FROM audit_advice a WHERE a.number = s.number))) AS item
    FROM audit_site s ORDER BY s.number LIMIT 200)) AS audit
