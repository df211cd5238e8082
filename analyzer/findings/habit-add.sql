-- SPDX-License-Identifier: PostgreSQL
-- Adds to stack_habit.
INSERT INTO stack_habit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
  connections = connections + excluded.connections, released = released + excluded.released, few = few + excluded.few,
  queries = queries + excluded.queries, held_ns = held_ns + excluded.held_ns, connect_ns = connect_ns + excluded.connect_ns,
  late = late + excluded.late,
  longest_id = iif(excluded.longest_ns > longest_ns, excluded.longest_id, longest_id),
  longest_ns = max(longest_ns, excluded.longest_ns), broken = broken + excluded.broken,
  broken_id = iif(excluded.broken > 0 AND (broken = 0 OR excluded.broken_idle_ns > broken_idle_ns), excluded.broken_id, broken_id),
  broken_idle_ns = max(broken_idle_ns, excluded.broken_idle_ns)
