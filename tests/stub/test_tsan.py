# SPDX-License-Identifier: PostgreSQL
"""Threads under the thread sanitizer: host, stub, shim and recorder are all built with it; pqleak is not built."""
import tap
from stub import Stub, host

OPTIONS = {'TSAN_OPTIONS': 'exitcode=66:report_thread_leaks=0:halt_on_error=0'}


class Races(Stub):
    def test_threads(self):
        """eight threads, ten thousand pairs each: exact counts and no race"""
        run = self.shimmed(host('threads'), 'threads', '10000', 'stay', env=OPTIONS, take_in=False)
        self.assertEqual((run.status, run.stderr), (0, ''), run)
        run.trace.said = run.stdout
        self.assert_counts(run.trace, {'released': 8}, {'released': 80000, 'leaked': 8})

    def test_planted(self):
        """the sanitizer looks: a race planted in the host is found"""
        run = self.shimmed(host('threads-racy'), 'threads', '1000', 'stay', env=OPTIONS, take_in=False)
        self.assertEqual(run.status, 66, run)
        self.assertRegex(run.stderr, 'data race .*host-threads.c')


if __name__ == '__main__':
    tap.main()
