-- SPDX-License-Identifier: PostgreSQL
-- What lua-states.c runs, perhaps several times in one state.
environment = environment or require('luasql.postgres').postgres()
kept = kept or {}
kept[#kept + 1] = assert(environment:connect('')) -- #: connect
