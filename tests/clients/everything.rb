# SPDX-License-Identifier: PostgreSQL
# ruby-pg: uses all it has, and leaves nothing: transactions, prepared statements, COPY, pipelines, large objects, ...
require 'pg'

connection = PG.connect
connection.exec('CREATE TABLE everything (n int)')
connection.transaction { |inside| inside.exec_params('INSERT INTO everything VALUES ($1)', [1]) }
connection.prepare('one', 'SELECT $1::int')
raise unless connection.exec_prepared('one', [42]).getvalue(0, 0) == '42'
connection.describe_prepared('one')
connection.exec('DEALLOCATE one')
connection.copy_data('COPY everything FROM STDIN') { 3.times { |n| connection.put_copy_data("#{n}\n") } }
rows = []
connection.copy_data('COPY everything TO STDOUT') do
  while (row = connection.get_copy_data)
    rows << row
  end
end
raise unless rows.length == 4

connection.send_query('SELECT generate_series(1, 5)')
connection.set_single_row_mode
raise unless connection.get_result.stream_each.count == 5
connection.get_result

connection.send_query('SELECT pg_sleep(2)')
connection.cancel
begin
  connection.get_last_result
rescue PG::QueryCanceled
  # as a rule; a server that had not begun with the query ignores a cancel
end
connection.discard_results

connection.exec('LISTEN bell')
connection.exec('NOTIFY bell')
raise unless connection.wait_for_notify(10) == 'bell'

connection.enter_pipeline_mode
3.times { |n| connection.send_query_params('SELECT $1::int', [n]) }
connection.pipeline_sync
3.times do |n|
  raise unless connection.get_result.getvalue(0, 0) == n.to_s
  connection.get_result
end
connection.get_result.check
connection.exit_pipeline_mode

connection.transaction do
  descriptor = connection.lo_open(connection.lo_create(0), PG::INV_WRITE)
  connection.lo_write(descriptor, 'large')
  connection.lo_close(descriptor)
end
raise unless connection.escape_literal("it's") == "'it''s'"
raise unless connection.escape_identifier('name') == '"name"'
connection.unescape_bytea(connection.escape_bytea("\0"))
connection.conninfo
PG::Connection.conndefaults
begin
  connection.exec('SELECT 1/0')
rescue PG::DivisionByZero
  connection.finish
end
