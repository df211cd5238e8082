# SPDX-License-Identifier: PostgreSQL
# Perl's DBD::Pg: uses all it has, and leaves nothing: transactions, prepared statements, COPY, large objects, ...
use strict;
use warnings;
use DBI;
use DBD::Pg qw(:async);

my $dbh = DBI->connect('dbi:Pg:', '', '', { RaiseError => 1, PrintError => 0, AutoCommit => 1 });
$dbh->do('CREATE TABLE everything (n int)');
$dbh->begin_work;
my $insert = $dbh->prepare('INSERT INTO everything VALUES (?)');
$insert->execute($_) for 1 .. 5;
$dbh->rollback;

$dbh->do('COPY everything FROM STDIN');
$dbh->pg_putcopydata("$_\n") for 1 .. 3;
$dbh->pg_putcopyend;
$dbh->do('COPY everything TO STDOUT');
my ($row, $rows) = ('', 0);
$rows++ while $dbh->pg_getcopydata($row) >= 0;
die "rows: $rows" unless $rows == 3;

$dbh->do('SELECT pg_sleep(0.01)', { pg_async => PG_ASYNC });
$dbh->pg_result;
$dbh->do('SELECT pg_sleep(2)', { pg_async => PG_ASYNC });
$dbh->pg_cancel;

$dbh->do('LISTEN bell');
$dbh->do('NOTIFY bell');
die 'no bell' unless $dbh->pg_notifies->[0] eq 'bell';

$dbh->begin_work;
my $object = $dbh->pg_lo_creat($dbh->{pg_INV_WRITE});
my $descriptor = $dbh->pg_lo_open($object, $dbh->{pg_INV_WRITE});
$dbh->pg_lo_write($descriptor, 'large', 5);
$dbh->pg_lo_close($descriptor);
$dbh->commit;

die 'quote' unless $dbh->quote("it's") eq "'it''s'";
die '1/0' if eval { $dbh->do('SELECT 1/0') };
undef $insert;
$dbh->disconnect;
