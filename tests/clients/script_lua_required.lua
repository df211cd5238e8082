-- SPDX-License-Identifier: PostgreSQL
-- The driver is opened by a coroutine, which is gone when it is used.
local environment
coroutine.wrap(function() environment = require('luasql.postgres').postgres() end)()
collectgarbage()
collectgarbage()
local kept = { environment:connect('') }
os.exit(#kept == 1 and 0 or 1)
