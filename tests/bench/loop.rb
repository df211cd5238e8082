# SPDX-License-Identifier: PostgreSQL
# A loop of QUERIES queries in ruby-pg.
require 'pg'
connection = PG.connect
ARGV[0].to_i.times { connection.exec('SELECT 1').clear }
