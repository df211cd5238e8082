# SPDX-License-Identifier: PostgreSQL
# tdbc::postgres, which finds libpq by dlopen and dlsym: opens three, closes two.
package require tdbc::postgres

for {set i 0} {$i < 3} {incr i} {
    tdbc::postgres::connection create db$i -host $env(PGHOST) -port $env(PGPORT) -user $env(PGUSER) -db $env(PGDATABASE)
    db$i foreach row {SELECT 42 AS answer} {
        if {[dict get $row answer] != 42} { exit 1 }
    }
}
db0 close
db1 close
