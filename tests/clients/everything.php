<?php
// SPDX-License-Identifier: PostgreSQL
// PHP's pgsql and PDO: use all they have, and leave nothing: transactions, prepared statements, COPY, large objects, ...
function demand(bool $well, string $what): void
{
    if (!$well) {
        fwrite(STDERR, "everything.php: $what\n");
        exit(1);
    }
}

$conn = pg_connect('application_name=everything');
pg_query($conn, 'CREATE TABLE everything (n int)');
pg_query($conn, 'BEGIN');
pg_query_params($conn, 'INSERT INTO everything VALUES ($1)', [1]);
pg_query($conn, 'ROLLBACK');
pg_prepare($conn, 'one', 'SELECT $1::int');
demand(pg_fetch_result(pg_execute($conn, 'one', [42]), 0, 0) == 42, 'pg_execute');
pg_query($conn, 'DEALLOCATE one');
demand(pg_copy_from($conn, 'everything', ["1\n", "2\n", "3\n"]), 'pg_copy_from');
demand(count(pg_copy_to($conn, 'everything')) === 3, 'pg_copy_to');
demand(pg_escape_literal($conn, "it's") === "'it''s'", 'pg_escape_literal');
demand(pg_escape_identifier($conn, 'name') === '"name"', 'pg_escape_identifier');
demand(pg_unescape_bytea(pg_escape_bytea($conn, "\0")) === "\0", 'pg_escape_bytea');
demand(pg_send_query($conn, 'SELECT 1; SELECT 2'), 'pg_send_query');
while (pg_get_result($conn)) {
    continue;
}
pg_send_query($conn, 'SELECT pg_sleep(2)');
demand(pg_cancel_query($conn), 'pg_cancel_query');
pg_query($conn, 'LISTEN bell');
pg_query($conn, 'NOTIFY bell');
demand(pg_get_notify($conn)['message'] === 'bell', 'pg_get_notify');
pg_query($conn, 'BEGIN');
$large = pg_lo_open($conn, pg_lo_create($conn), 'w');
pg_lo_write($large, 'large');
pg_lo_close($large);
pg_query($conn, 'COMMIT');
demand(pg_insert($conn, 'everything', ['n' => 4]) !== false, 'pg_insert');
demand(@pg_query($conn, 'SELECT 1/0') === false, '1/0');
pg_close($conn);

$pdo = new PDO('pgsql:application_name=everything', null, null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$pdo->beginTransaction();
$statement = $pdo->prepare('INSERT INTO everything VALUES (?)');
foreach ([5, 6] as $n) {
    $statement->execute([$n]);
}
$pdo->rollBack();
demand($pdo->pgsqlCopyFromArray('everything', ["7\n"]), 'pgsqlCopyFromArray');
demand(count($pdo->pgsqlCopyToArray('everything')) === 5, 'pgsqlCopyToArray');
demand($pdo->quote("it's") === "'it''s'", 'quote');
try {
    $pdo->query('SELECT 1/0');
} catch (PDOException) {
    demand($pdo->query('SELECT 42')->fetchColumn() == 42, 'query');
}
