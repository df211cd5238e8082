# SPDX-License-Identifier: PostgreSQL
# Perl whose connections are opened and closed in all sorts of places; the tests find the lines by the words behind
# '#:'.  ARGV[0]: 'leaks' ends at once, so that Perl frees nothing; 'lives' disconnects what it opens; 'dropped' leaves
# it to reference counts; 'odd' prints what must be the same without pqleak; 'threads' is a stress.
use strict;
use warnings;
use threads;
use DBI;
use FindBin;
use POSIX ();

our @kept;

sub open_it {
    my $dbh = DBI->connect('dbi:Pg:', '', '',    #: open_it
        { RaiseError => 1, PrintError => 0 });
    return $dbh;
}

package Store {
    sub new {
        my ($class) = @_;
        my $opener = sub { return main::open_it() };    #: anonymous
        return bless { dbh => $opener->() }, $class;    #: new
    }
    sub DESTROY { push @main::kept, main::open_it() }    #: destroy
}

sub leaks {
    push @kept, open_it();    #: nested
    push @kept, DBI->connect_cached('dbi:Pg:', '', '');    #: cached
    threads->create(
        sub {
            my $dbh = DBI->connect('dbi:Pg:', '', '');    #: thread
            $dbh->{InactiveDestroy} = 1;
            return;
        }
    )->join;
    my $store = Store->new;    #: store
    push @kept, $store->{dbh};
    undef $store;    #: undef
    eval {
        push @kept, DBI->connect('dbi:Pg:', '', '');    #: block
        die "after\n";
    };
    eval "\n\npush \@kept, open_it(); 1" or die $@;    #: string
    require "$FindBin::Bin/script_perl_required.pl";    #: require
    my @sorted = sort { push @kept, open_it(); $a <=> $b } 2, 1;    #: sort
    local $SIG{ALRM} = sub { push @kept, open_it() };    #: handler
    kill ALRM => $$;    #: kill
    push @kept, DBI->connect('dbi:Pg:',    #: lines
        '', '');
    my sub lexical { return open_it() }    #: lexical
    push @kept, lexical();    #: lexical_call
    template();    #: template
    return;
}

sub lives {
    my $dbh = open_it();    #: opened
    $dbh->begin_work;
    $dbh->do('SELECT 1');    #: begin
    $dbh->rollback;    #: rollback
    $dbh->disconnect;    #: disconnect
    return;
}

sub dropped {
    my $dbh = open_it();
    undef $dbh;    #: dropped
    return;
}

sub odd {
    local $SIG{__WARN__} = sub { print 'warned: ', @_ };
    print 'read: ', scalar <STDIN> // "nothing\n";
    for (1 .. 20) {
        $@ = 'kept';
        my $dbh = open_it();
        $dbh->begin_work;
        $dbh->do('SELECT 1');
        $dbh->commit;
        print 'error: ', $@, "\n";
        $dbh->disconnect;
    }
    eval { DBI->connect('dbi:Pg:host=/nowhere', '', '', { RaiseError => 1, PrintError => 0 }) };
    print $@ =~ /( at \S+ line \d+\.)$/ ? "failed$1\n" : "otherwise: $@\n";
    warn 'with a place';
    my $child = fork // die;
    if ($child == 0) {
        open_it()->disconnect;
        POSIX::_exit(7);
    }
    waitpid $child, 0;
    print 'child: ', $? >> 8, "\n";
    $! = 3;
    die 'the end';
}

sub one_of_many {
    for (1 .. 5) {
        my $dbh = open_it();    #: many
        $dbh->do('SELECT 1');
        $dbh->disconnect;
    }
    return;
}

sub threads {
    $_->join for map { threads->create(\&one_of_many) } 1 .. 6;
    return;
}

END { print "END\n" if @ARGV && $ARGV[0] eq 'odd' }

{ no strict 'refs'; &{ $ARGV[0] }(); }    #: main
POSIX::_exit(0) if $ARGV[0] eq 'leaks';

sub template {
# line 4711 "/elsewhere/template.tt"
    push @kept, open_it();
}
