# SPDX-License-Identifier: PostgreSQL
# A worker that waits for its next job inside a transaction.  Argument: leak or fixed.
require 'active_record'

ActiveRecord::Base.establish_connection(adapter: 'postgresql')
$stdout.sync = true

def next_job(fixed)
  ActiveRecord::Base.transaction do
    ActiveRecord::Base.connection.execute('select 1')
    fixed or wait
  end
  fixed and wait
end

def wait
  puts 'ready'
  $stdin.read
end

next_job(ARGV[0] == 'fixed')
