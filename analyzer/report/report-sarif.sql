-- SPDX-License-Identifier: PostgreSQL
-- SARIF 2.1.0.  Needs TEMP TABLEs problem, problem_reason and frame_call, and parameters of report-query.c.
-- json_patch('{}', x) is x without its nulls: SARIF has no null.
WITH
  artifact AS MATERIALIZED (
    SELECT file, iif(file GLOB '/*', json_object('uri', 'file://' || uri_path(file)),
                     json_object('uri', uri_path(file), 'uriBaseId', 'SRCROOT')) AS json
    FROM (SELECT source_file(file) AS file FROM frame_call UNION SELECT file FROM problem) WHERE file IS NOT NULL),
  place AS MATERIALIZED (
    SELECT c.frame, c.depth, c.text, json_patch('{}', json_object(
      'physicalLocation', iif(a.json IS NULL, NULL, json_object(
        'artifactLocation', json(a.json), 'region', iif(c.line > 0, json_object('startLine', c.line), NULL))),
      'logicalLocations', json_array(json_object('fullyQualifiedName', ifnull(c.function, c.head))))) AS json
    FROM frame_call c LEFT JOIN artifact a ON a.file = source_file(c.file)),
  code_flow AS (
    SELECT f.number, f.part, json_object(
      'message', json_object('text', f.words),
      'threadFlows', json_array(json_object('locations', json_group_array(json_object(
        'location', json_patch(f.json, json_object('message', json_object('text', f.text)))))))) AS json
    FROM (SELECT f.number, f.part, f.words, p.json, p.text
          FROM problem_stack f JOIN stack_frame k ON k.stack = f.stack JOIN place p ON p.frame = k.frame
          ORDER BY f.number, f.part, k.level, p.depth) f
    GROUP BY f.number, f.part),
  flows AS MATERIALIZED (
    SELECT number, json_group_array(json(json)) AS json FROM (SELECT * FROM code_flow ORDER BY number, part) GROUP BY number),
  result AS (
    SELECT p.number, json_patch('{}', json_object(
      'ruleId', p.rule, 'level', p.level, 'message', json_object('text', p.message),
      'locations', CASE WHEN c.json IS NOT NULL THEN json_array(json(c.json))
                        WHEN a.json IS NOT NULL THEN json_array(json_object('physicalLocation', json_object(
                          'artifactLocation', json(a.json), 'region', json_object('startLine', p.line)))) END,
      'codeFlows', json(ifnull(w.json, '[]')),
      'partialFingerprints', json_object('pqleak/v1', p.fingerprint),
      'suppressions', iif(p.excused = '', NULL, json_array(json_object(
        'kind', 'external', 'status', 'accepted', 'justification', ifnull(p.reason, p.excused)))))) AS json
    FROM problem p LEFT JOIN place c ON c.frame = p.frame AND c.depth = p.depth LEFT JOIN artifact a ON a.file = p.file
    LEFT JOIN flows w ON w.number = p.number)
SELECT json_object(
  '$schema', 'https://json.schemastore.org/sarif-2.1.0.json',
  'version', '2.1.0',
  'runs', json_array(json_object(
    'tool', json_object('driver', json_object(
      'name', 'pqleak', 'version', :version,
      'rules', (SELECT json_group_array(json_object('id', rule, 'shortDescription', json_object('text', title),
                                                    'help', json_object('text', help)))
                FROM (SELECT DISTINCT rule, title, help FROM problem ORDER BY rule)))),
    'originalUriBaseIds', json_object('SRCROOT', json_object(
      'description', json_object('text', 'The source directory: --source-root.'))),
    'invocations', json_array(json_object(
      'executionSuccessful', json(iif(:status = 2, 'false', 'true')), 'exitCode', :status,
      'toolExecutionNotifications', (SELECT json_group_array(json_object(
         'descriptor', json_object('id', 'cannot-tell'), 'level', iif(accepted, 'note', 'error'),
         'message', json_object('text', message))) FROM problem_reason))),
    'results', (SELECT json_group_array(json(json)) FROM (SELECT json FROM result ORDER BY number)))));
