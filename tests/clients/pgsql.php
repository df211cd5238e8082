<?php
// SPDX-License-Identifier: PostgreSQL
// PHP's pgsql: opens five, closes two.  PHP itself closes what is left when the script ends, persistent ones when the
// process ends; only a process that ends without PHP's knowledge leaks them.  argv[1]: 'end', 'exec' or 'kill'.
$how = $argv[1] ?? 'end';
$kept = [];
for ($i = 0; $i < 4; $i++) {
    $conn = pg_connect('application_name=php', PGSQL_CONNECT_FORCE_NEW);
    $result = pg_query($conn, 'SELECT 42');
    if (pg_fetch_result($result, 0, 0) != 42) {
        exit(1);
    }
    if ($i < 2) {
        pg_close($conn);
    } else {
        $kept[] = $conn;
    }
}
unset($result);
$persistent = pg_pconnect('application_name=php_persistent');
pg_query($persistent, 'SELECT 1');
if ($how === 'exec') {
    pcntl_exec('/bin/true');
} elseif ($how === 'kill') {
    posix_kill(posix_getpid(), 9);
}
