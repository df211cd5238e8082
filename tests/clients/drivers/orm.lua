-- SPDX-License-Identifier: PostgreSQL
-- Opens a connection by way of LuaDBI and keeps it.  The lines that matter are marked at their ends.
local DBI = require 'DBI'

local function open()
  kept = DBI.Connect('PostgreSQL', os.getenv('PGDATABASE'), os.getenv('PGUSER'), nil, os.getenv('PGHOST'), os.getenv('PGPORT')) --: luadbi
end

local function clean()
  DBI.Connect('PostgreSQL', os.getenv('PGDATABASE'), os.getenv('PGUSER'), nil, os.getenv('PGHOST'), os.getenv('PGPORT')):close()
end

clean()
open()
os.exit(0, false)
