<?php
// SPDX-License-Identifier: PostgreSQL
// A test class that makes a service for each test, and lets it live until PHPUnit ends.  PHPUnit keeps each test's object.
final class ServiceTest extends PHPUnit\Framework\TestCase
{
    private ?PDO $pdo = null;

    protected function setUp(): void
    {
        $this->pdo = new PDO('pgsql:');  //: setUp
    }

    protected function tearDown(): void
    {
        if (getenv('APPLICATION') === 'fixed')
            $this->pdo = null;
    }

    public static function numbers(): array
    {
        return [[1], [2], [3], [4], [5]];
    }

    /** @dataProvider numbers */
    public function testAnswer(int $number): void
    {
        $this->assertEquals($number, $this->pdo->query("SELECT $number")->fetchColumn());
        if ($number === 5) {
            fwrite(STDERR, "ready\n");
            fgets(STDIN);
        }
    }
}
