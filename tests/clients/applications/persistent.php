<?php
// SPDX-License-Identifier: PostgreSQL
// A page with a persistent connection, of PDO or of pgsql.  Its query is one of the two, a minus, and leak and a number, then each
// visitor has a setting of their own and so a connection of their own; or fixed and a number, then the first has a
// database of their own, the second calls the server by another name, and the others share a target.
[$by, $how, $number] = sscanf($_SERVER['QUERY_STRING'], '%[a-z]-%[a-z]%d');
$database = $how === 'fixed' && $number === 0 ? 'postgres' : getenv('PGDATABASE');
$host = getenv('PGHOST') . ($how === 'fixed' && $number === 1 ? '/' : '');
$source = "host=$host port=" . getenv('PGPORT') . " dbname=$database user=" . getenv('PGUSER');
if ($how === 'leak')
    $source .= " application_name=visitor$number";
if ($by === 'pdo') {
    $connection = new PDO('pgsql:' . strtr($source, ' ', ';'), options: [PDO::ATTR_PERSISTENT => true]); //: pdo
    echo $connection->query('SELECT 1')->fetchColumn();
} else {
    $connection = pg_pconnect($source); //: pgsql
    echo pg_fetch_result(pg_query($connection, 'SELECT 1'), 0);
}
