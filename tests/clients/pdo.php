<?php
// SPDX-License-Identifier: PostgreSQL
// PHP's PDO: opens four (one of them persistent), closes one.  The end is as in pgsql.php.
$how = $argv[1] ?? 'end';
$dsn = 'pgsql:application_name=pdo';
$kept = [];
for ($i = 0; $i < 3; $i++) {
    $pdo = new PDO($dsn);
    $statement = $pdo->prepare('SELECT 40 + ?');
    $statement->execute([2]);
    if ($statement->fetchColumn() != 42) {
        exit(1);
    }
    $statement = null;
    if ($i > 0) {
        $kept[] = $pdo;
    }
    $pdo = null;
}
$persistent = new PDO($dsn, null, null, [PDO::ATTR_PERSISTENT => true]);
$persistent->query('SELECT 1');
if ($how === 'exec') {
    pcntl_exec('/bin/true');
} elseif ($how === 'kill') {
    posix_kill(posix_getpid(), 9);
}
