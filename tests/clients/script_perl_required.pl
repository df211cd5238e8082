# SPDX-License-Identifier: PostgreSQL
# A file that script_perl.pl requires.
push @main::kept, main::open_it();    #: required
1;
