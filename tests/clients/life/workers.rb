# SPDX-License-Identifier: PostgreSQL
# More threads than ActiveRecord's pool has connections: the first of them keep theirs.  Argument: leak or fixed; ends with its input.
require 'active_record'
POOL, WORKERS = 3, 5
ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: ENV['PGHOST'], port: ENV['PGPORT'],
                                        database: ENV['PGDATABASE'], username: ENV['PGUSER'], pool: POOL, checkout_timeout: 0.1)
$here, $together, $done, $stop = Queue.new, Queue.new, Queue.new, Queue.new

def count_relations(connection)
  $here << 1
  $together.pop # so that each of the first has a connection of its own
  connection.select_value('select count(*) from pg_class')
end

def work
  if ARGV[0] == 'fixed'
    ActiveRecord::Base.connection_pool.with_connection { |connection| count_relations(connection) }
  else
    count_relations(ActiveRecord::Base.connection)
  end
rescue ActiveRecord::ConnectionTimeoutError
  nil # there is none for the others
ensure
  $done << 1
  $stop.pop
end

workers = POOL.times.map { Thread.new { work } }
POOL.times { $here.pop }
WORKERS.times { $together << 1 }
POOL.times { $done.pop }
workers += (WORKERS - POOL).times.map { Thread.new { work } }
(WORKERS - POOL).times { $done.pop }
puts 'ready'
$stdout.flush
$stdin.read
WORKERS.times { $stop << 1 }
workers.each(&:join)
