-- SPDX-License-Identifier: PostgreSQL
-- Opens a connection by way of LuaDBI, asks, and keeps both.  The lines that matter are marked at their ends.
local DBI = require 'DBI'

local function open()
  kept = DBI.Connect('PostgreSQL', os.getenv('PGDATABASE'), os.getenv('PGUSER'), nil, os.getenv('PGHOST'), os.getenv('PGPORT')) --: luadbi
end

local function ask()
  asked = kept:prepare('SELECT 1') --: prepare
  asked:execute() --: ask
end

local function clean()
  DBI.Connect('PostgreSQL', os.getenv('PGDATABASE'), os.getenv('PGUSER'), nil, os.getenv('PGHOST'), os.getenv('PGPORT')):close()
end

clean()
open()
ask()
os.exit(0, false)
