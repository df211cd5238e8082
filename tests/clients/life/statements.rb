# SPDX-License-Identifier: PostgreSQL
# A prepared statement for each text, for the connection's life.  Argument: leak, or fixed: four at most.
require 'pg'
$db = PG.connect
$known = []

def prepared(number)
  $db.prepare("s#{number}", "select #{number}")
  $known << "s#{number}"
  $db.exec "DEALLOCATE #{$known.shift}" if ARGV[0] == 'fixed' && $known.size > 4
end

20.times { |i| prepared(i) }
$db.close
