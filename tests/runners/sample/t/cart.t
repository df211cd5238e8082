# SPDX-License-Identifier: PostgreSQL
use strict;
use warnings;
print "1..1\n", system("$ENV{PQLEAK_TEST_CLIENTS}/client-acquire", 'failed-finished') == 0 ? 'ok' : 'not ok', "\n";
