-- SPDX-License-Identifier: PostgreSQL
-- What happened besides: processes that began, were told to end, and ended.

-- what: 'start', 'told', 'end', 'killed'; words: how it ended.  Of so many that nobody could tell them apart some are left out.
CREATE TEMP TABLE timeline_mark (at_ns, what, process, pid, exe, words);
INSERT INTO timeline_mark
  SELECT * FROM (
    SELECT started_ns, 'start', id, pid, exe, NULL FROM main.process
    UNION ALL
    SELECT ended_ns, iif("end" IN ('killed', 'abort'), 'killed', 'end'), id, pid, exe,
           CASE WHEN exit_status & 127 THEN printf('signal %d', exit_status & 127)
                WHEN exit_status > 0 THEN printf('exit status %d', exit_status >> 8)
                WHEN "end" = 'exit' THEN 'exited' WHEN "end" = 'exec' THEN 'replaced by exec'
                WHEN "end" = 'unknown' THEN 'its end was not seen' ELSE "end" END
    FROM main.process WHERE ended_ns IS NOT NULL
    UNION ALL
    SELECT t.value, 'told', p.id, p.pid, p.exe, 'told to end'
    FROM main.property t JOIN main.process p ON p.id = CAST(substr(t.name, length('told_to_end_ns of process ') + 1) AS INTEGER)
    WHERE t.name GLOB 'told_to_end_ns of process *')
  ORDER BY 1 LIMIT 400;
