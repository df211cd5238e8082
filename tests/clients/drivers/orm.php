<?php
// SPDX-License-Identifier: PostgreSQL
// Opens a connection by way of what its argument names, and ends as if it were killed by itself, so that PHP finishes none.
// The lines that matter are marked at their ends.
$server = ['driver' => 'pdo_pgsql', 'host' => getenv('PGHOST'), 'port' => getenv('PGPORT'), 'user' => getenv('PGUSER'),
           'dbname' => getenv('PGDATABASE'), 'database' => getenv('PGDATABASE'), 'username' => getenv('PGUSER')];

function doctrine(array $server)
{
    require_once 'Doctrine/DBAL/autoload.php';
    $connection = Doctrine\DBAL\DriverManager::getConnection($server);
    $connection->executeQuery('SELECT 1');  //: doctrine
    return $connection;
}

function laravel(array $server)
{
    require_once 'Illuminate/Database/autoload.php';
    $manager = new Illuminate\Database\Capsule\Manager();
    $manager->addConnection(['driver' => 'pgsql'] + $server);
    $manager->getConnection()->select('SELECT 1');  //: laravel
    return $manager;
}

$kept = $argv[1]($server);
fflush(STDOUT);
posix_kill(getmypid(), SIGKILL);
