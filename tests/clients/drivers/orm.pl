# SPDX-License-Identifier: PostgreSQL
# Opens a connection by way of what its argument names, and ends by _exit.  The lines that matter are marked at their ends.
use strict;
use warnings;
use POSIX ();

our @kept;

sub dbix_class {
    require DBIx::Class::Schema;
    my $schema = DBIx::Class::Schema->connect('dbi:Pg:');
    push @kept, $schema;
    $schema->txn_do(sub { $schema->storage->dbh_do(sub { $_[1]->do('SELECT 1') }) });    #: dbix_class
}

sub mojo_pg {
    require Mojo::Pg;
    my $pg = Mojo::Pg->new("postgresql:///$ENV{PGDATABASE}");
    push @kept, $pg;
    push @kept, $pg->db;    #: mojo_pg
}

sub clean_dbix_class {
    my $schema = DBIx::Class::Schema->connect('dbi:Pg:');
    $schema->storage->dbh_do(sub { $_[1]->do('SELECT 1') });
    $schema->storage->disconnect;
}

sub clean_mojo_pg {
    Mojo::Pg->new("postgresql:///$ENV{PGDATABASE}")->db->disconnect;
}

{ no strict 'refs'; &{ $ARGV[0] }(); &{"clean_$ARGV[0]"}(); }
POSIX::_exit(0);
