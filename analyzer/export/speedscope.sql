-- SPDX-License-Identifier: PostgreSQL
-- speedscope's file format: a profile a weight, on the frames of all.  The frames begin with the programs.
WITH
  program AS MATERIALIZED (
    SELECT program, row_number() OVER (ORDER BY program) - 1 AS number FROM (SELECT DISTINCT program FROM export_weight)),
  sampled AS MATERIALIZED (
    SELECT v.position, v.value, p.number || ifnull((
        SELECT group_concat(',' || frame, '')
        FROM (SELECT c.place - 1 + (SELECT count(*) FROM program) AS frame FROM export_call c
              WHERE c.stack = v.stack ORDER BY c.position)), '') AS frames
    FROM export_value v JOIN program p ON p.program = v.program WHERE v.value > 0
    ORDER BY v.position, frames),
  shown AS MATERIALIZED (
    SELECT m.position, m.weight, m.unit FROM export_measure m WHERE m.position IN (SELECT position FROM sampled))
SELECT json_object(
  '$schema', 'https://www.speedscope.app/file-format-schema.json',
  'exporter', 'pqleak ' || :version,
  'name', printf('%ss of %s', (SELECT kind FROM export_choice), :trace),
  'activeProfileIndex', (
    SELECT min(count(*), max((SELECT count(*) FROM shown) - 1, 0)) FROM shown
    WHERE position < (SELECT m.position FROM export_choice o JOIN export_measure m ON m.weight = o.weight)),
  'shared', json_object('frames', (
    SELECT json_group_array(json(frame))
    FROM (SELECT 0 AS part, number, json_object('name', program) AS frame FROM program
          UNION ALL
          SELECT 1, id, iif(line > 0, json_object('name', name, 'file', file, 'line', line),
                            json_object('name', name, 'file', ifnull(file, unit)))
          FROM export_place ORDER BY part, number))),
  'profiles', (
    SELECT json_group_array(json_object(
      'type', 'sampled', 'name', s.weight, 'unit', iif(s.unit = 'count', 'none', s.unit), 'startValue', 0,
      'endValue', (SELECT sum(value) FROM sampled v WHERE v.position = s.position),
      'samples', (SELECT json_group_array(json('[' || frames || ']')) FROM sampled v WHERE v.position = s.position),
      'weights', (SELECT json_group_array(value) FROM sampled v WHERE v.position = s.position)))
    FROM shown s))
