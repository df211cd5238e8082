-- SPDX-License-Identifier: PostgreSQL
-- The driver is opened by a coroutine, which is gone when it is used again.
local environment
local kept = {}
coroutine.wrap(function()
	environment = require('luasql.postgres').postgres()
	kept[1] = environment:connect('')
end)()
collectgarbage()
collectgarbage()
kept[2] = environment:connect('')
os.exit(#kept == 2 and 0 or 1)
