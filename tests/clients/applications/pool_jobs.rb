# SPDX-License-Identifier: PostgreSQL
# A job runner on ActiveRecord, whose threads live on and keep what they took from its pool, until others wait in vain.
# Argument: leak, or fixed: each job gives back what it took.
require 'active_record'
ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: ENV['PGHOST'], port: ENV['PGPORT'],
                                        database: ENV['PGDATABASE'], username: ENV['PGUSER'], pool: 4, checkout_timeout: 0.01)

def job
  ActiveRecord::Base.connection.select_value('SELECT 1') #: job
  ActiveRecord::Base.clear_active_connections! if ARGV[0] == 'fixed'
rescue ActiveRecord::ConnectionTimeoutError => error
  warn error.message.lines.first
end

done = Queue.new
stop = Queue.new
workers = Array.new(5) do
  worker = Thread.new { job; done << 1; stop.pop }
  done.pop
  worker
end
puts 'ready'
$stdout.flush
$stdin.read
workers.each { stop << 1 }
workers.each(&:join)
