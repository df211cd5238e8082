# SPDX-License-Identifier: PostgreSQL
"""What the tests of the stub share: running a host with and without the shim, and counting what its trace holds.

Owns the base class Stub.  Every case runs its host twice; whatever the host says must be the same both times.
"""
import os
import subprocess
import tempfile

os.environ.setdefault('PQLEAK_TEST_SERVER', tempfile.gettempdir())  # where scenario keeps its folders: there is no server

from scenario import CLIENTS, PQLEAK, SHIM, Run, Scenario  # pylint: disable=wrong-import-position

SANITIZE = os.environ.get('PQLEAK_TEST_SANITIZE', 'none')
COMPILER = os.environ.get('PQLEAK_TEST_CC', 'cc')


def built(name):
    """A file of the build's tests/stub."""
    return os.path.join(CLIENTS, name)


def host(name):
    return built('host-' + name)


def runtime():
    """The sanitizers' libraries, which must come before everything else that is preloaded."""
    wanted = {'address': ['libasan.so'], 'undefined': ['libubsan.so'], 'address,undefined': ['libasan.so', 'libubsan.so'],
              'thread': ['libtsan.so']}.get(SANITIZE, [])
    return [subprocess.run([COMPILER, '-print-file-name=' + name], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.strip() for name in wanted]


RUNTIME = runtime()


class Stub(Scenario):
    """A case without a server."""

    own_database = False
    maxDiff = None

    def plain(self, *command, env=None, preload=(), **more):
        """A run without the shim, but with the same other preloaded libraries."""
        env = dict(env or {}, LD_PRELOAD=' '.join(RUNTIME + list(preload)))
        return Run(self.execute(list(command), env=env, **more), self.path('none.db'))

    def shimmed(self, *command, env=None, before=(), after=(), trace='t.db', take_in=True, **more):
        """A run with the shim; `before` and `after` are preloaded beside it.  Takes in what an abrupt end left behind."""
        env = dict({'PQLEAK_DRAIN': 'end'}, **(env or {}), PQLEAK_TRACE=self.path(trace), LD_PRELOAD=' '.join(
            RUNTIME + list(before) + [SHIM] + list(after)))
        run = Run(self.execute(list(command), env=env, **more), self.path(trace))
        if take_in and any(name.startswith(f'{trace}-') for name in os.listdir(self.folder)):
            self.take_in(trace)
        return run

    def same(self, *command, status=0, stderr='', env=None, **more):
        """Runs a host both ways: it must say the same, and end the same.  Answers its trace."""
        plain = self.plain(*command, env={name: value for name, value in (env or {}).items()
                                          if not name.startswith('PQLEAK')})
        self.assertEqual((plain.status, plain.stderr), (status, ''), plain)
        self.assertNotIn('BROKEN', plain.stdout)
        run = self.shimmed(*command, env=env, **more)
        self.assertEqual(run.stdout, plain.stdout, run)
        self.assertEqual((run.status, run.stderr), (status, stderr), run)
        run.trace.said = run.stdout
        return run.trace

    def assert_counts(self, trace, connections, results, unseen=0, unknown=0, ends=('exit',)):
        """The verdicts, and that nothing was lost, doubled or taken for something else on the way."""
        said = f'{trace.rows("SELECT * FROM process")}\n{trace.said}'
        self.assertEqual(trace.verdicts('connection'), connections, said)
        self.assertEqual(trace.verdicts('result'), results, said)
        self.assertEqual(trace.rows('SELECT sum(unseen_releases), sum(unknown_releases), sum(dropped) FROM process'),
                         [(unseen, unknown, 0)], said)
        self.assertEqual(trace.ends(), sorted(ends), said)
        self.assertEqual(trace.cannot_tell(), [], said)
        self.assertEqual(trace.integrity(), 'ok')

    def assert_nothing_foreign(self, trace):
        """Every libpq got only objects that it had made itself."""
        counts = [line for line in trace.said.splitlines() if ' foreign' in line]
        self.assertTrue(counts)
        for line in counts:
            self.assertIn(' 0 foreign', line)
