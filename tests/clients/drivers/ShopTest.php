<?php
// SPDX-License-Identifier: PostgreSQL
// A test that leaks, for PHPUnit; the lines that matter are marked at their ends.
class ShopTest extends PHPUnit\Framework\TestCase
{
    private static array $kept = [];

    private function visit(): void
    {
        self::$kept[] = pg_connect('', PGSQL_CONNECT_FORCE_NEW);  //: visit
    }

    public function testVisit(): void
    {
        $this->visit();  //: testVisit
        $this->assertNotEmpty(self::$kept);
    }

    public function testClean(): void
    {
        $this->assertTrue(pg_close(pg_connect('', PGSQL_CONNECT_FORCE_NEW)));
    }

    public static function tearDownAfterClass(): void
    {
        posix_kill(getmypid(), SIGKILL);
    }
}
