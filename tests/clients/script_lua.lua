-- SPDX-License-Identifier: PostgreSQL
-- Lua whose connections are opened and closed in all sorts of places; the tests find the lines by the words behind
-- '#:'.  arg[1]: 'leaks' and 'asks' end without closing their state; 'made' runs code that takes the place of other
-- code; 'lives' closes what it opens; 'collected' leaves it to the garbage collector; 'closed' leaves it to the end of
-- the state; 'forks' goes on in a child; 'odd' prints what must be the same without pqleak.
local luasql = require 'luasql.postgres'
local environment = assert(luasql.postgres())
local load = loadstring or load
local kept = {}

function open_it() -- #: def_open_it
	local connection = assert(environment:connect('')) -- #: open_it
	return connection
end

local Store = {}
function Store.new() -- #: def_new
	local connection = open_it() -- #: new
	return connection
end

local modes = {}

function modes.leaks() -- #: def_leaks
	collectgarbage('stop') -- one is kept by nobody
	kept[#kept + 1] = Store.new() -- #: store
	kept[#kept + 1] = environment:connect('') -- #: direct
	pcall(function() -- #: pcall
		kept[#kept + 1] = environment:connect('') -- #: protected
		error('after')
	end)
	table.sort({ 2, 1 }, function(a, b) -- #: sort
		kept[#kept + 1] = environment:connect('') -- #: compare
		return a < b
	end)
	local proxy = setmetatable({}, {
		__index = function() -- #: def_index
			kept[#kept + 1] = environment:connect('') -- #: index
		end,
	})
	local _ = proxy.field -- #: field
	local text = 'local open = ...\nlocal opened = open()\nreturn opened'
	kept[#kept + 1] = load(text)(open_it) -- #: text
	kept[#kept + 1] = load(text, '@/elsewhere/template.lua')(open_it) -- #: template
	-- A coroutine is a state of its own, which nobody has told us.
	local resume = coroutine.wrap(function()
		kept[#kept + 1] = environment:connect('')
		coroutine.yield()
		kept[#kept + 1] = open_it()
	end)
	resume()
	resume()
	coroutine.wrap(function() pcall(open_it) end)()
	for _ = 1, 200 do -- LuaJIT compiles it
		local connection = environment:connect('') -- #: loop
		kept[0] = connection
		connection:close() -- #: loop_close
	end
	kept[#kept + 1] = environment:connect('') -- #: last
end

function modes.lives() -- #: def_lives
	local connection = open_it() -- #: opened
	connection:setautocommit(false) -- #: begin
	connection:execute('SELECT 1') -- #: execute
	connection:rollback() -- #: rollback
	connection:close() -- #: close
end

-- Queries from everywhere, each several times; a cursor that is not closed keeps its result.
function modes.asks() -- #: def_asks
	local connection = open_it()
	kept[1] = connection
	local function ask() -- #: def_ask
		local cursor = connection:execute('SELECT 1') -- #: ask
		cursor:close()
	end
	for _ = 1, 3 do
		ask()
		table.sort({ 2, 1 }, function(a, b) -- #: def_compare
			connection:execute('SELECT 1'):close() -- #: ask_sort
			return a < b
		end)
		pcall(function() -- #: def_pcall
			connection:execute('SELECT 1'):close() -- #: ask_pcall
			error('after')
		end)
	end
	-- A coroutine is a state of its own, which nobody has told us.
	local yields = coroutine.wrap(function()
		for _ = 1, 3 do
			connection:execute('SELECT 1'):close()
			coroutine.yield()
		end
	end)
	for _ = 1, 3 do yields() end
	kept[2] = connection:execute('SELECT 1') -- #: ask_last
	if arg[2] then kept[2]:close() end
end

-- A child that is forked and its parent go on with what was done before, and then each does what was not.  Needs
-- LuaJIT.
function modes.forks() -- #: def_forks
	local ffi = require 'ffi'
	ffi.cdef 'int fork(void); int waitpid(int child, int *status, int options); void _exit(int status);'
	local function ask(connection) -- #: def_fork_ask
		connection:execute('SELECT 1'):close() -- #: fork_known
	end
	local child, connection
	for _ = 1, 2 do
		connection = environment:connect('') -- #: fork_opened
		ask(connection)
		if not child then
			connection:close()
			child = ffi.C.fork()
		end
	end
	if child == 0 then
		connection:execute('SELECT 1'):close() -- #: fork_child
		kept[1] = connection
		if arg[2] then connection:close() end
		ffi.C._exit(0)
	end
	ffi.C.waitpid(child, nil, 0)
	connection:execute('SELECT 1'):close() -- #: fork_parent
	connection:close()
end

-- Code that is made, asks, and is thrown away: the next takes its place in memory.
function modes.made()
	local connection = open_it()
	for i = 1, 100 do
		load(string.rep('\n', i - 1) .. 'local c = ... c:execute("SELECT 1"):close()', '@made.lua')(connection)
		collectgarbage()
	end
	connection:close()
end

function modes.collected() -- #: def_collected
	open_it()
	collectgarbage() -- #: collected
end

function modes.closed()
	kept[1] = open_it()
end

function modes.odd()
	local before
	for i = 1, 30 do
		local connection = open_it()
		connection:setautocommit(false)
		assert(connection:execute('SELECT 1')):close()
		connection:rollback()
		connection:close()
		if i == 10 then
			collectgarbage() collectgarbage()
			collectgarbage('stop')
			before = collectgarbage('count')
		end
	end
	print('memory', collectgarbage('count') - before)
	collectgarbage('restart')
	print(environment:connect('host=/nowhere'))
	print(pcall(environment.connect, 'no environment'))
	local wrapped = coroutine.wrap(function()
		local connection = open_it()
		coroutine.yield('yielded')
		connection:close()
		error('in a coroutine')
	end)
	print(wrapped(), pcall(wrapped))
	error('the end')
end

modes[arg[1]]() -- #: main
if arg[1] == 'leaks' or arg[1] == 'asks' then
	os.exit(0)
end
