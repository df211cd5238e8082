# SPDX-License-Identifier: PostgreSQL
# Perl's DBD::Pg: opens five, disconnects two, lets Perl destroy one, and leaks two by InactiveDestroy, which is meant for
# children after a fork and forgotten in parents.
use strict;
use warnings;
use DBI;

sub open_one {
    my $dbh = DBI->connect('dbi:Pg:', '', '', { RaiseError => 1 });
    my ($answer) = $dbh->selectrow_array('SELECT 42');
    die unless $answer == 42;
    return $dbh;
}

open_one()->disconnect for 1 .. 2;
our $global = open_one();
for (1 .. 2) {
    my $dbh = open_one();
    $dbh->{InactiveDestroy} = 1;
}
