# SPDX-License-Identifier: PostgreSQL
# A loop of QUERIES queries in Perl's DBD::Pg.
use strict;
use warnings;
use DBI;

my $dbh = DBI->connect('dbi:Pg:', '', '');
for (1 .. $ARGV[0]) {
    my $sth = $dbh->prepare('SELECT 1', { pg_server_prepare => 0 });
    $sth->execute;
    $sth->fetchall_arrayref;
}
