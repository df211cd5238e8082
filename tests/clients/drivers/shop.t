# SPDX-License-Identifier: PostgreSQL
# A test that leaks, for Test::More; the lines that matter are marked at their ends.
use strict;
use warnings;
use DBI;
use POSIX ();
use Test::More tests => 2;

our @kept;

sub visit { push @kept, DBI->connect('dbi:Pg:') }    #: visit

subtest 'a visit' => sub {
    visit();    #: a_visit
    ok(@kept == 1);
};
subtest 'clean' => sub {
    DBI->connect('dbi:Pg:')->disconnect;
    pass();
};
POSIX::_exit(0);
