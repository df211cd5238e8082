<?php
// SPDX-License-Identifier: PostgreSQL
// A page with a persistent connection.  Its query is leak and a number, then each visitor has a setting of their own and so a
// connection of their own; or fixed and a number, then the first has a database of their own, and the others share one.
[$how, $number] = sscanf($_SERVER['QUERY_STRING'], '%[a-z]%d');
$database = $how === 'fixed' && $number === 0 ? 'postgres' : getenv('PGDATABASE');
$source = 'pgsql:host=' . getenv('PGHOST') . ';port=' . getenv('PGPORT') . ";dbname=$database;user=" . getenv('PGUSER');
if ($how === 'leak')
    $source .= ";application_name=visitor$number";
$connection = new PDO($source, options: [PDO::ATTR_PERSISTENT => true]); //: page
echo $connection->query('SELECT 1')->fetchColumn();
