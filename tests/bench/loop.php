<?php
// SPDX-License-Identifier: PostgreSQL
// A loop of QUERIES queries in PHP's pgsql.
$connection = pg_connect('');
for ($i = 0; $i < (int)$argv[1]; $i++) {
    pg_free_result(pg_query($connection, 'SELECT 1'));
}
