# SPDX-License-Identifier: PostgreSQL
"""Threads under the thread sanitizer: host, stub, shim and recorder are all built with it; pqleak is not built."""
import tap
from stub import Stub, host

OPTIONS = {'TSAN_OPTIONS': 'exitcode=66:report_thread_leaks=0:halt_on_error=0'}


class Races(Stub):
    def test_threads(self):
        """eight threads, ten thousand pairs each: no race, and exact counts, unless a loss is told and counted"""
        run = self.shimmed(host('threads'), 'threads', '10000', 'stay', env=OPTIONS, take_in=False)
        # A thread waits for the others a bounded number of times, and under the sanitizer on a busy machine that is not long.
        self.assertRegex(run.stderr, r'\A(pqleak: process \d+ \(host-threads\): events are being lost\n)?\Z', run)
        self.assertEqual(run.status, 0, run)
        self.assertEqual(run.trace.one('SELECT sum(dropped) FROM process') > 0, run.stderr != '')
        run.trace.said = run.stdout
        if run.stderr == '':
            self.assert_counts(run.trace, {'released': 8}, {'released': 80000, 'leaked': 8})

    def test_planted(self):
        """the sanitizer looks: a race planted in the host is found"""
        run = self.shimmed(host('threads-racy'), 'threads', '1000', 'stay', env=OPTIONS, take_in=False)
        self.assertEqual(run.status, 66, run)
        self.assertRegex(run.stderr, 'data race .*host-threads.c')


if __name__ == '__main__':
    tap.main()
