# SPDX-License-Identifier: PostgreSQL
# Sequel and ActiveRecord, each with a connection of its pool that is open when the process ends by exit!, and one that it
# has closed.
require 'active_record'
require 'sequel'

server = { host: ENV['PGHOST'], port: ENV['PGPORT'], database: ENV['PGDATABASE'] }

def open_sequel(server)
  Sequel.connect(**server, adapter: 'postgres', user: ENV['PGUSER']) #: sequel
end

class Record < ActiveRecord::Base
  self.table_name = 'pg_language'
end

def count_records
  Record.count #: activerecord
end

def clean(server)
  Sequel.connect(**server, adapter: 'postgres', user: ENV['PGUSER']) { |database| database.fetch('SELECT 1').all } #: block
  ActiveRecord::Base.establish_connection(**server, adapter: 'postgresql', username: ENV['PGUSER'])
  Record.count
  ActiveRecord::Base.connection_pool.disconnect! #: disconnect
end

clean(server) #: clean
kept = open_sequel(server) #: open_sequel
ActiveRecord::Base.establish_connection(**server, adapter: 'postgresql', username: ENV['PGUSER'])
count_records #: count_records
exit!(0) if kept
