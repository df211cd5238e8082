<?php
// SPDX-License-Identifier: PostgreSQL
// Objects that say goodbye to the server when they go, which is when the program ends.  Argument: leak or fixed.
class Visit {
    private PDO $pdo;
    function connect(): void { $this->pdo = new PDO('pgsql:'); }
    function __construct() { $this->connect(); $this->pdo->exec('select 1'); }
    function __destruct() { $this->pdo->exec('select pg_advisory_unlock_all()'); $this->pdo->exec('discard all'); }
}
$kept = [];
for ($visit = 0; $visit < 5; $visit++) {
    $new = new Visit;
    if ($argv[1] === 'leak')
        $kept[] = $new;
    unset($new);
}
