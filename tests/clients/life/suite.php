<?php
// SPDX-License-Identifier: PostgreSQL
// A test suite in one process, whose fresh application for each test is kept by a listener.  Argument: leak or fixed.
class Application {
    public ?PDO $pdo;
    function connect(): void { $this->pdo = new PDO('pgsql:'); }
}
$kept = [];
for ($test = 0; $test < 6; $test++) {
    $app = new Application;
    $app->connect();
    $app->pdo->exec('select 1');
    $kept[] = fn () => $app->pdo;
    if ($argv[1] === 'fixed')
        $app->pdo = null;
    unset($app);
}
