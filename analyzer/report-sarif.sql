-- SPDX-License-Identifier: PostgreSQL
-- SARIF 2.1.0.  ?1: version of pqleak, ?2: exit status of a check.  Needs TEMP TABLEs problem and call.  json_patch('{}',
-- x) is x without its nulls: SARIF has no null.
WITH
  place AS MATERIALIZED (
    SELECT frame, depth, text, json_patch('{}', json_object(
      'physicalLocation', iif(file IS NULL, NULL, json_object(
        'artifactLocation', iif(source_path(file) GLOB '/*', json_object('uri', 'file://' || uri_path(file)),
                                json_object('uri', uri_path(source_path(file)), 'uriBaseId', 'SRCROOT')),
        'region', iif(line > 0, json_object('startLine', line), NULL))),
      'logicalLocations', json_array(json_object('fullyQualifiedName', ifnull(function, head))))) AS json
    FROM call),
  -- The stacks of each problem, in the order of events.
  flow AS (
    SELECT number, 1 AS part, iif(rule GLOB 'misuse-*', 'the call', 'acquired') AS words, stack FROM problem
    UNION ALL SELECT number, 2, 'acquired', acquire_stack FROM problem
    UNION ALL SELECT number, 3, 'last used', used_stack FROM problem
    UNION ALL SELECT number, 4, iif(rule GLOB 'misuse-*', 'released before', 'comparable ones are released'), release_stack
              FROM problem),
  code_flow AS (
    SELECT f.number, f.part, json_object(
      'message', json_object('text', f.words),
      'threadFlows', json_array(json_object('locations', json_group_array(json_object(
        'location', json_patch(p.json, json_object('message', json_object('text', p.text)))))))) AS json
    FROM (SELECT f.number, f.part, f.words, k.frame, k.level FROM flow f JOIN stack_frame k ON k.stack = f.stack
          ORDER BY f.number, f.part, k.level) f
    JOIN place p ON p.frame = f.frame
    GROUP BY f.number, f.part),
  flows AS MATERIALIZED (
    SELECT number, json_group_array(json(json)) AS json FROM (SELECT * FROM code_flow ORDER BY number, part) GROUP BY number),
  result AS (
    SELECT p.number, json_patch('{}', json_object(
      'ruleId', p.rule, 'level', p.level, 'message', json_object('text', p.message),
      'locations', iif(c.json IS NULL, NULL, json_array(json(c.json))),
      'codeFlows', json(ifnull(w.json, '[]')),
      'partialFingerprints', json_object('pqleak/v1', p.fingerprint),
      'suppressions', iif(p.excused = '', NULL, json_array(json_object(
        'kind', 'external', 'status', 'accepted', 'justification', ifnull(p.reason, p.excused)))))) AS json
    FROM problem p LEFT JOIN place c ON c.frame = p.frame AND c.depth = p.depth LEFT JOIN flows w ON w.number = p.number)
SELECT json_object(
  '$schema', 'https://json.schemastore.org/sarif-2.1.0.json',
  'version', '2.1.0',
  'runs', json_array(json_object(
    'tool', json_object('driver', json_object(
      'name', 'pqleak', 'version', ?1,
      'rules', (SELECT json_group_array(json_object('id', rule, 'shortDescription', json_object('text', title),
                                                    'help', json_object('text', help)))
                FROM (SELECT DISTINCT rule, title, help FROM problem ORDER BY rule)))),
    'originalUriBaseIds', json_object('SRCROOT', json_object(
      'description', json_object('text', 'The folder of the sources: --source-root.'))),
    'invocations', json_array(json_object(
      'executionSuccessful', json(iif(?2 = 2, 'false', 'true')), 'exitCode', ?2,
      'toolExecutionNotifications', (SELECT json_group_array(json_object(
         'descriptor', json_object('id', 'cannot-tell'), 'level', 'error',
         'message', json_object('text', 'cannot tell whether anything leaked: ' || reason))) FROM cannot_tell))),
    'results', (SELECT json_group_array(json(json)) FROM (SELECT json FROM result ORDER BY number)))));
