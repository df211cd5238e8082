-- SPDX-License-Identifier: PostgreSQL
-- Adds a group to tally.
INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?, nullif(?, 0), ?, ?, ?) ON CONFLICT DO UPDATE SET
  count = count + excluded.count, first_ns = min(first_ns, excluded.first_ns), last_ns = max(last_ns, excluded.last_ns),
  first_id = min(first_id, excluded.first_id),
  rows = rows + excluded.rows, bytes = bytes + excluded.bytes, outlived = outlived + excluded.outlived,
  used_id = CASE WHEN excluded.used_ns > ifnull(used_ns, 0) THEN excluded.used_id ELSE used_id END,
  used_ns = CASE WHEN excluded.used_ns > ifnull(used_ns, 0) THEN excluded.used_ns ELSE used_ns END
