-- SPDX-License-Identifier: PostgreSQL
-- Transactions that are open, in the place of the view: several stages ask, and most traces have none.

CREATE TEMP TABLE open_transaction (
  resource INTEGER PRIMARY KEY, process, connection, acquire_stack, acquired_ns, used_ns, age_ns, since_ns, longest_idle_ns,
  idle_stack
);
