# SPDX-License-Identifier: PostgreSQL
# Perl whose connections are opened and closed in all sorts of places; the tests find the lines by the words behind
# '#:'.  ARGV[0]: 'leaks' and 'asks' end at once, so that Perl frees nothing; 'cleared' is 'asks' without its leak;
# 'lives' disconnects what it opens; 'dropped' leaves it to reference counts; 'forks' goes on in a child; 'made' runs code that
# takes the place of other code; 'odd' prints what must be the same without pqleak; 'threads' is a stress.
use strict;
use warnings;
use threads;
use DBI;
use FindBin;
use POSIX ();
use Sub::Util ();

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

package Guard {
    sub DESTROY { $_[0]{dbh}->do('SELECT 1') }    #: ask_destroy
}

# Queries from everywhere, each several times, and then a connection that is used a last time.
sub asks {
    my $dbh = open_it();
    push @kept, $dbh;
    my $count = 0;
    for (1 .. 3) {
        my @sorted = sort { $dbh->do('SELECT 1'); 0 } 1, 2;    #: ask_sort
        {
            my $guard = bless { dbh => $dbh }, 'Guard';
        }
        eval {
            $dbh->do('SELECT 1');    #: ask_block
            die "out\n";
        };
        eval q{
            $dbh->do('SELECT 1');
            1;
        } or die;    #: ask_string
        local $SIG{ALRM} = sub { $dbh->do('SELECT 1') };    #: ask_handler
        kill ALRM => $$;
        if ($count++ < 0) { }
        elsif ($dbh->do('SELECT 1')) { }    #: ask_elsif
        $dbh->do('SELECT 1'); $dbh->do(    #: ask_two
            'SELECT 1');
    }
    my $last = $dbh->prepare('SELECT 1');
    push @kept, $last;
    $last->execute;    #: ask_last
    return;
}

sub cleared {
    asks();
    pop @kept;
    pop(@kept)->disconnect;
    return;
}

# Code that is made, asks, and is thrown away, so that the next takes its place in memory; and one code of many names.
sub made {
    my $dbh = open_it();
    for my $number (1 .. 100) {
        my $made = eval "#line $number \"made.pl\"\nsub { \$dbh->do('SELECT 1') }" or die;
        $made->();
        $made->();
        undef $made;
        my $named = Sub::Util::set_subname("made_$number", sub { $dbh->do('SELECT 1') });    #: named
        $named->();
        eval "#line $number \"text.pl\"\n\$dbh->do('SELECT 1')" or die;
    }
    $dbh->disconnect;
    return;
}

# A child that is forked and its parent go on with what was done before, and then each does what was not.
sub forks {
    my $ask = sub { $_[0]->do('SELECT 1') };    #: fork_known
    my ($child, $dbh);
    for (1 .. 2) {
        $dbh = DBI->connect('dbi:Pg:', '', '');    #: fork_opened
        $ask->($dbh);
        next if defined $child;
        $dbh->disconnect;
        $child = fork // die;
    }
    if ($child == 0) {
        $dbh->do('SELECT 1');    #: fork_child
        push @kept, $dbh;
        undef $dbh;
        pop(@kept)->disconnect if @ARGV > 1;
        POSIX::_exit(0);
    }
    waitpid $child, 0;
    $dbh->do('SELECT 1');    #: fork_parent
    $dbh->disconnect;
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
POSIX::_exit(0) if $ARGV[0] =~ /^(leaks|asks)$/;

sub template {
# line 4711 "/elsewhere/template.tt"
    push @kept, open_it();
}
