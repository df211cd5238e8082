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

function laravel_manager(array $server)
{
    require_once 'Illuminate/Database/autoload.php';
    $manager = new Illuminate\Database\Capsule\Manager();
    $manager->addConnection(['driver' => 'pgsql'] + $server);
    return $manager;
}

function laravel(array $server)
{
    $manager = laravel_manager($server);
    $manager->getConnection()->select('SELECT 1');  //: laravel
    return $manager;
}

function clean_doctrine(array $server)
{
    $connection = Doctrine\DBAL\DriverManager::getConnection($server);
    $connection->executeQuery('SELECT 1');
    $connection->close();
}

function clean_laravel(array $server)
{
    $manager = laravel_manager($server);
    $manager->getConnection()->select('SELECT 1');
    $manager->getConnection()->disconnect();
}

$kept = $argv[1]($server);
$clean = "clean_$argv[1]";
$clean($server);
fflush(STDOUT);
posix_kill(getmypid(), SIGKILL);
