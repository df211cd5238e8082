-- SPDX-License-Identifier: PostgreSQL
-- Keeps a connection that LuaJIT's FFI opens, and gives one back.
local ffi = require 'ffi'
ffi.cdef[[void *PQconnectdb(const char *); void PQfinish(void *);]]
local pq = ffi.load('libpq.so.5')

pq.PQfinish(pq.PQconnectdb(''))
kept = pq.PQconnectdb('')
