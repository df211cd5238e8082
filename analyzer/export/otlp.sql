-- SPDX-License-Identifier: PostgreSQL
-- OpenTelemetry's spans, in OTLP's JSON: a connection is a span and a trace of its own, whose transactions, and where every
-- event was kept queries, are children.  A row a process (its resource), and then its spans; the first column says which.
-- A query is a moment: how long it took is not kept.
WITH
  attribute (process, text) AS (
    SELECT p.id, json_object('attributes', json_array(
      json_object('key', 'service.name', 'value', json_object('stringValue', basename(p.exe))),
      json_object('key', 'host.name', 'value', json_object('stringValue', p.host)),
      json_object('key', 'process.pid', 'value', json_object('intValue', CAST(p.pid AS TEXT))),
      json_object('key', 'process.executable.path', 'value', json_object('stringValue', p.exe))))
    FROM main.process p),
  span (process, connection, part, number, span, name, begin_ns, end_ns, stack, facts, failure) AS (
    SELECT process, id, 0, 0, printf('3%015x', acquire_event), 'connection', acquired_ns, end_ns, NULL, json_array(
        json_object('key', 'db.system.name', 'value', json_object('stringValue', 'postgresql')),
        json_object('key', 'db.namespace', 'value', json_object('stringValue', ifnull(database, ''))),
        json_object('key', 'server.address', 'value', json_object('stringValue', ifnull(host, ''))),
        json_object('key', 'server.port', 'value', json_object('intValue', CAST(CAST(ifnull(port, 0) AS INTEGER) AS TEXT))),
        json_object('key', 'thread.id', 'value', json_object('intValue', CAST(thread AS TEXT))),
        json_object('key', 'code.function.name', 'value', json_object('stringValue', ifnull(function, ''))),
        json_object('key', 'code.file.path', 'value', json_object('stringValue', ifnull(file, ''))),
        json_object('key', 'code.line.number', 'value', json_object('intValue', CAST(ifnull(line, 0) AS TEXT))),
        json_object('key', 'pqleak.site', 'value', json_object('stringValue', site)),
        json_object('key', 'pqleak.borrower', 'value', json_object('stringValue', ifnull(borrower, ''))),
        json_object('key', 'pqleak.verdict', 'value', json_object('stringValue', verdict)),
        json_object('key', 'pqleak.manner', 'value', json_object('stringValue', ifnull(manner, ''))),
        json_object('key', 'pqleak.queries', 'value', json_object('intValue', CAST(queries AS TEXT)))),
      iif(state = 'failed', ifnull(error, 'failed'), NULL)
    FROM export_life
    UNION ALL
    SELECT c.process, c.id, 1, t.number, printf('1%015x', t.number), 'transaction', t.begin_ns, t.end_ns, t.stack, NULL, NULL
    FROM export_transaction t JOIN main.connection c ON c.id = t.connection
    UNION ALL
    SELECT c.process, c.id, 2, u.number, printf('2%015x', u.number), u.function, u.at_ns, u.at_ns, u.stack, NULL, NULL
    FROM export_use u JOIN main.connection c ON c.id = u.connection WHERE u.number + 1 <> c.acquire_event)
SELECT 0 AS is_span, process, 0 AS connection, 0 AS part, 0 AS number, text FROM attribute
UNION ALL
SELECT 1, s.process, s.connection, s.part, s.number, json_patch(json_object(
    'traceId', printf('%s%016x', p.spool, c.acquire_event), 'spanId', s.span,
    'name', s.name, 'kind', 3, 'startTimeUnixNano', CAST(s.begin_ns AS TEXT), 'endTimeUnixNano', CAST(max(s.end_ns, s.begin_ns) AS TEXT),
    'attributes', json(ifnull(s.facts, json_array(
        json_object('key', 'db.system.name', 'value', json_object('stringValue', 'postgresql')),
        json_object('key', 'code.function.name', 'value', json_object('stringValue', ifnull(i.function, ''))),
        json_object('key', 'code.file.path', 'value', json_object('stringValue', ifnull(i.file, ''))),
        json_object('key', 'code.line.number', 'value', json_object('intValue', CAST(ifnull(i.line, 0) AS TEXT))))))),
    json_object('parentSpanId', iif(s.part = 0, NULL, printf('3%015x', c.acquire_event)),
                'status', iif(s.failure IS NULL, NULL, json_object('code', 2, 'message', s.failure))))
  FROM span s JOIN main.process p ON p.id = s.process JOIN main.connection c ON c.id = s.connection
  LEFT JOIN site i ON i.stack = s.stack
ORDER BY process, is_span, connection, part, number;
