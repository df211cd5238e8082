# SPDX-License-Identifier: PostgreSQL
# Keeps a connection of Pgtcl's, gives one back, and is killed before Pgtcl finishes the first.
package require Pgtcl

proc connect {} {
    return [pg_connect -conninfo "dbname=$::env(PGDATABASE)"]
}

pg_disconnect [connect]
set env(PGAPPNAME) kept_here
set kept [connect]
exec kill -KILL [pid]
