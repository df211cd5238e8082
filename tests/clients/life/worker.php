<?php
// SPDX-License-Identifier: PostgreSQL
// A worker that waits for its next job inside a transaction.  Argument: leak or fixed.
function next_job(PDO $db, bool $fixed)
{
    $db->beginTransaction();
    $db->query('select 1');
    if ($fixed)
        $db->commit();
    echo "ready\n";
    fgets(STDIN);
    if (!$fixed)
        $db->commit();
}

next_job(new PDO('pgsql:'), $argv[1] === 'fixed');
