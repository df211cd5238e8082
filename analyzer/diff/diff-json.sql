-- SPDX-License-Identifier: PostgreSQL
-- The comparison as one JSON text.
SELECT json_object(
  'version', 1,
  'before', (SELECT json_object('trace', trace, 'complete', json(iif(reasons = 0, 'true', 'false'))) FROM trace WHERE side = 1),
  'after', (SELECT json_object('trace', trace, 'complete', json(iif(reasons = 0, 'true', 'false'))) FROM trace WHERE side = 2),
  'conclusion', :conclusion,
  'counts', (SELECT json_group_object(h.change, (SELECT count(*) FROM compared c WHERE c.change = h.change)) FROM change h),
  'sites', (
    SELECT json_group_array(json_object('change', change, 'kind', kind, 'fate', fate, 'before', before, 'after', after, 'site', site,
                                        'function', function, 'file', file, 'line', line, 'key', key))
    FROM (SELECT c.* FROM compared c JOIN change h ON h.change = c.change
          ORDER BY h.rank, c.number)))
