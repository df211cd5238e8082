-- SPDX-License-Identifier: PostgreSQL
-- GitLab's code quality report: https://docs.gitlab.com/ci/testing/code_quality/.  Needs TEMP TABLE problem and TEMP VIEW problem_reason.  Without a
-- location GitLab refuses an entry: what has no source file is at the module, line 1.
SELECT json_group_array(json(text)) FROM (
  SELECT json_object(
    'description', message, 'check_name', 'pqleak/' || rule, 'fingerprint', fingerprint,
    'severity', CASE level WHEN 'error' THEN 'major' WHEN 'warning' THEN 'minor' ELSE 'info' END,
    'location', json_object('path', coalesce(file, basename(module), 'unknown'),
                            'lines', json_object('begin', ifnull(line, 1)))) AS text
  FROM problem WHERE excused = ''
  UNION ALL
  SELECT json_object(
    'description', message, 'check_name', 'pqleak/cannot-tell',
    'fingerprint', fingerprint(json_array('cannot-tell', reason)), 'severity', iif(accepted, 'info', 'critical'),
    'location', json_object('path', 'unknown', 'lines', json_object('begin', 1)))
  FROM problem_reason);
