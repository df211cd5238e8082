<?php
// SPDX-License-Identifier: PostgreSQL
// PHP whose connections are opened and closed in all sorts of places; the tests find the lines by the words behind //:
// at their ends.  argv[1]: leaks and asks end by exec, so that PHP frees nothing; lives closes what it opens; cleared
// is asks without its leak; forks goes on in a child; made runs code that takes the place of other code; odd prints
// what must be the same without pqleak.
namespace App;

function open_it(string $name)
{
    return pg_connect("application_name=$name", PGSQL_CONNECT_FORCE_NEW); //: open_it
}

class Repository
{
    public $connection;

    public function __construct()
    {
        $this->connection = new \PDO('pgsql:'); //: Repository
    }

    public static function make(): self
    {
        return new self; //: make
    }

    public function close(): void
    {
        $this->connection = null; //: close
    }
}

function rows()
{
    yield 1;
    yield pg_connect('', PGSQL_CONNECT_FORCE_NEW); //: rows
}

function forget_at_the_end()
{
    $connection = open_it('forgotten'); // PHP's default connection too, until the next one
}

function leaks(): void
{
    $GLOBALS['kept'][] = open_it('nested'); //: nested
    $GLOBALS['kept'][] = Repository::make(); //: leaks
    $GLOBALS['kept'][] = array_map( //: array_map
        function ($name) {
            return pg_connect("application_name=$name", PGSQL_CONNECT_FORCE_NEW); //: callback
        },
        ['callback']
    );
    foreach (rows() as $row) { //: foreach
        $GLOBALS['kept'][] = $row;
    }
    $fiber = new \Fiber(function () {
        $GLOBALS['kept'][] = pg_connect('', PGSQL_CONNECT_FORCE_NEW); //: fiber
        \Fiber::suspend();
    });
    $fiber->start(); //: start
    $GLOBALS['kept'][] = call_user_func_array('pg_connect', ['', PGSQL_CONNECT_FORCE_NEW]); //: called
    eval('$GLOBALS["kept"][] = pg_connect("", PGSQL_CONNECT_FORCE_NEW);'); //: eval
    $GLOBALS['kept'][] = pg_pconnect('application_name=persistent'); //: persistent
    pg_query($GLOBALS['kept'][0], 'BEGIN'); //: begin
}

function lives(): void
{
    $connection = open_it('closed'); //: opened
    pg_query($connection, 'SELECT 1');
    pg_close($connection); //: pg_close
    $repository = new Repository;
    $repository->close(); //: closing
    forget_at_the_end();
    pg_pconnect('application_name=persistent'); //: replaces
}

function deep(int $levels)
{
    return $levels === 0 ? open_it('deep') : deep($levels - 1);
}

class Guard
{
    public $connection;

    public function __construct($connection)
    {
        $this->connection = $connection;
    }

    public function __destruct()
    {
        pg_query($this->connection, 'SELECT 1'); //: ask_destructor
    }
}

/** Queries from everywhere, each several times, and then a connection that is used a last time. */
function asks(): void
{
    $GLOBALS['kept'][] = $connection = pg_connect('');
    $generate = function () use ($connection) {
        pg_query($connection, 'SELECT 1'); //: ask_inner
        yield 1;
        pg_query($connection, 'SELECT 1'); //: ask_next
    };
    $delegate = function () use ($generate) {
        yield from $generate(); //: delegate
    };
    $throw = function () use ($connection) {
        return [new Guard($connection), strlen([])]; //: throws
    };
    pcntl_async_signals(true);
    pcntl_signal(SIGUSR1, function () use ($connection) {
        pg_query($connection, 'SELECT 1'); //: ask_signal
    });
    for ($i = 0; $i < 3; $i++) {
        posix_kill(posix_getpid(), SIGUSR1);
        foreach ($delegate() as $_) { //: foreach_delegate
            pg_query($connection, 'SELECT 1'); //: ask_loop
        }
        $fiber = new \Fiber(function () use ($connection) {
            \Fiber::suspend();
            pg_query($connection, 'SELECT 1'); //: ask_fiber
        });
        $fiber->start();
        $fiber->resume();
        array_map(function ($_) use ($connection) {
            return pg_query($connection, 'SELECT 1'); //: ask_callback
        }, [1]);
        try {
            $throw(); //: throwing
        } catch (\TypeError $error) {
            pg_query($connection, 'SELECT 1'); //: ask_catch
        }
    }
    $GLOBALS['kept'][] = pg_query($connection, 'SELECT 1'); //: ask_last
}

function cleared(): void
{
    asks();
    array_pop($GLOBALS['kept']); //: clears
}

/** Code that is made, asks, and is thrown away: the next takes its place in memory. */
function made(): void
{
    $connection = pg_connect('');
    for ($i = 0; $i < 100; $i++) {
        eval(str_repeat("\n", $i) . 'pg_query($connection, "SELECT 1");');
        $made = eval(str_repeat("\n", $i) . 'return function ($connection) { pg_query($connection, "SELECT 1"); };');
        $made($connection);
        $made($connection);
    }
}

/** A child that is forked and its parent go on with what was done before, and then each does what was not. */
function forks(): void
{
    $ask = function ($connection) {
        pg_query($connection, 'SELECT 1'); //: fork_known
    };
    $child = null;
    for ($i = 0; $i < 2; $i++) {
        $connection = pg_connect('', PGSQL_CONNECT_FORCE_NEW); //: fork_opened
        $ask($connection);
        if ($child === null) {
            pg_close($connection);
            $child = pcntl_fork();
        }
    }
    if ($child === 0) {
        pg_query($connection, 'SELECT 1'); //: fork_child
        if (count($GLOBALS['argv']) > 2) {
            pg_close($connection);
        }
        pcntl_exec('/bin/true');
    }
    pcntl_waitpid($child, $status);
    pg_query($connection, 'SELECT 1'); //: fork_parent
    pg_close($connection);
}

function odd(): void
{
    set_error_handler(function ($number, $message) {
        echo "handler: $message\n";
        return true;
    });
    ob_start(fn($text) => strtoupper($text));
    register_shutdown_function(function () {
        open_it('shutdown'); //: shutdown
        echo error_get_last()['message'] ?? 'no error', "\n";
    });
    $usage = memory_get_usage();
    for ($i = 0; $i < 20; $i++) {
        $connection = open_it('odd');
        pg_query($connection, 'BEGIN');
        pg_query($connection, 'END');
        pg_close($connection);
    }
    memory_reset_peak_usage();
    $connection = deep(60);
    $peak = memory_get_peak_usage() - $usage;
    unset($connection);
    gc_collect_cycles();
    echo memory_get_usage() - $usage, ' ', $peak, ' ', memory_get_usage(true), ' ', memory_get_peak_usage(), ' ',
        memory_get_peak_usage(true), ' ', gc_status()['runs'], ' ', gc_status()['roots'], "\n";
    try {
        throw new \Exception('inner');
    } finally {
        open_it('finally');
        echo implode(' ', array_column(debug_backtrace(), 'function')), "\n";
    }
}

$kept = [];
('App\\' . $argv[1])(); //: main
if ($argv[1] === 'leaks' || $argv[1] === 'asks' || $argv[1] === 'cleared') {
    pcntl_exec('/bin/true');
}
