# SPDX-License-Identifier: PostgreSQL
# ruby-pg: opens five, finishes two.  Ruby frees the others at a normal end; 'exit!' does not.  ARGV[0]: 'end' or 'hard'.
require 'pg'

kept = Array.new(5) do
  connection = PG.connect
  raise unless connection.exec('SELECT 42').getvalue(0, 0) == '42'
  connection
end
2.times { |i| kept[i].finish }
exit!(3) if ARGV[0] == 'hard'
