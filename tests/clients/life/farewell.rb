# SPDX-License-Identifier: PostgreSQL
# Connections that say goodbye to the server, and close, when the program ends.  Argument: leak or fixed.
require 'pg'

def visit
  connection = PG.connect
  connection.exec('select 1')
  connection.exec('select 2')
  if ARGV[0] == 'fixed'
    connection.close
  else
    at_exit { connection.exec('select pg_advisory_unlock_all()'); connection.exec('discard all'); connection.close }
  end
end

5.times { visit }
