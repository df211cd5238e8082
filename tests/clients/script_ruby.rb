# SPDX-License-Identifier: PostgreSQL
# Ruby whose connections are opened and closed in all sorts of places; the tests find the lines by the words behind
# '#:'.  ARGV[0]: 'leaks' ends by exit!, so that Ruby frees nothing, and so do 'first_sync' and 'first_start', whose
# first call of libpq is the one that connects; 'lives' finishes what it opens; 'collected' leaves it to the garbage
# collector; 'asks' ends by exit! too; 'forks' goes on in a child; 'made' runs code that takes the place of other code;
# 'odd' prints what must be the same without pqleak; 'busy' is a stress.
require 'pg'
require 'timeout'

class Store
  def self.open_it
    PG.connect #: open_it
  end
end

def leaks
  kept = [Store.open_it] #: nested
  kept << PG::Connection.new #: new
  kept << Thread.new { PG.connect }.value #: thread
  [1].each do |_| #: each
    kept << PG.connect #: block
  end
  kept << Fiber.new { Fiber.yield PG.connect }.resume #: fiber
  kept << PG::Connection.sync_connect #: sync
  kept << eval("\n\nPG.connect") #: eval
  kept << eval("\n\nPG.connect", binding, __FILE__, 1000) #: eval_as
  kept << TOPLEVEL_BINDING.eval("\nPG.connect") #: eval_outside
  kept
end

def first_sync
  PG::Connection.sync_connect #: first_sync
end

def first_start
  connection = PG::Connection.connect_start(host: ENV['PGHOST'], dbname: ENV['PGDATABASE']) #: first_start
  sleep 0.001 until [PG::PGRES_POLLING_OK, PG::PGRES_POLLING_FAILED].include?(connection.connect_poll)
  connection
end

def lives
  connection = Store.open_it #: opened
  connection.exec('BEGIN') #: begin
  connection.finish #: finish
  PG.connect { |inner| inner.exec('SELECT 1').clear } #: yielding
end

# Queries from everywhere, each several times; a result that is not cleared is kept.
def asks
  connection = PG.connect
  trap('USR1') { connection.exec('SELECT 1').clear } #: ask_signal
  3.times do
    Process.kill('USR1', Process.pid)
    connection.exec('SELECT 1').clear #: ask_block
    Enumerator.new { |rows| rows << connection.exec('SELECT 1').clear }.next #: ask_enumerator
    Fiber.new { connection.exec('SELECT 1').clear }.resume #: ask_fiber
    Thread.new { connection.sync_exec('SELECT 1').clear }.join #: ask_thread
    [1].each { |_| connection.exec('SELECT 1') { |result| result.ntuples } } #: ask_each
    begin
      raise 'out'
    rescue StandardError
      connection.exec('SELECT 1').clear #: ask_rescue
    end
  end
  result = connection.exec('SELECT 1') #: ask_last
  result.clear if ARGV[1]
  [connection, result]
end

def fork_ask(connection)
  connection.exec('SELECT 1').clear #: fork_known
end

# A child that is forked and its parent go on with what was done before, and then each does what was not.
def forks
  child = connection = nil
  2.times do
    connection = PG.connect #: fork_opened
    fork_ask(connection)
    next if child
    connection.finish
    child = fork || 0
  end
  if child == 0
    connection.exec('SELECT 1').clear #: fork_child
    connection.finish if ARGV[1]
    exit!(0)
  end
  Process.wait(child)
  connection.exec('SELECT 1').clear #: fork_parent
  connection.finish
end

# Code that is made, asks, and is thrown away: the next takes its place in memory.
def made
  connection = PG.connect
  100.times do |i|
    object = Object.new
    object.instance_eval("def made_#{i}(c) c.exec('SELECT 1').clear end", 'made.rb', i + 1)
    2.times { object.send("made_#{i}", connection) }
    object = nil
    eval("connection.exec('SELECT 1').clear", binding, 'text.rb', i + 1)
    object = Class.new { eval("define_method(:defined) { |c| c.exec('SELECT 1').clear }", binding, 'block.rb', i + 1) }
    object.new.defined(connection)
    object = nil
    GC.start if i % 10 == 0
  end
  connection.finish
end

def collected
  30.times { PG.connect } #: dropped
  2.times { GC.start(full_mark: true, immediate_sweep: true) } #: started
end

def odd
  ObjectSpace.define_finalizer(Object.new, proc { PG.connect.finish })
  at_exit { PG.connect.finish; puts 'at_exit' }
  trap('USR1') { puts 'trap' }
  GC.start
  GC.disable
  before = GC.stat(:total_allocated_objects)
  20.times do
    connection = PG.connect
    connection.exec('BEGIN').clear
    connection.exec('END').clear
    connection.finish
  end
  puts GC.stat(:total_allocated_objects) - before, GC.count
  Process.kill('USR1', Process.pid)
  begin
    PG.connect(host: '/nowhere')
  rescue PG::ConnectionBad => error
    puts error.class, error.backtrace.last
  end
  raise 'the end'
end

# Threads that hold the VM's lock while others give it up around libpq, are killed there, time out, compact and fork.
def busy
  stop = false
  holders = Array.new(2) { Thread.new { 1000.times { |i| i * i } until stop } }
  mover = Thread.new { (GC.compact; sleep 0.01) until stop }
  workers = Array.new(3) do
    Thread.new do
      4.times do
        connection = PG.connect
        connection.exec('SELECT 1')
        connection.finish
      end
    end
  end
  4.times do |i|
    victim = Thread.new { loop { PG.connect.finish } }
    sleep 0.02 * i
    victim.kill.join
    begin
      Timeout.timeout(0.05) { PG.connect.exec('SELECT pg_sleep(5)') }
    rescue Timeout::Error
      nil
    end
  end
  child = fork { PG.connect.finish; exit!(0) }
  Process.wait(child)
  workers.each(&:join)
  stop = true
  (holders << mover).each(&:join)
  puts 'busy', $?.exitstatus
end

kept = send(ARGV[0]) #: main
exit!(0) if ARGV[0].start_with?('leaks', 'asks', 'first') && kept
