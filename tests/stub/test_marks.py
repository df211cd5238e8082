# SPDX-License-Identifier: PostgreSQL
"""Processes that cannot write beside the trace, next to one that can: they are named, and nothing is called clean."""
import os
import re
import shutil
import unittest

import tap
from stub import PQLEAK, SANITIZE, SHIM, Stub, built, host

USER = '65534'
IS_ROOT = os.geteuid() == 0 and SANITIZE == 'none'
SETPRIV = f'setpriv --reuid {USER} --regid {USER} --clear-groups'


@unittest.skipUnless(IS_ROOT, 'only root becomes another user')
class Marks(Stub):
    def setUp(self):
        super().setUp()
        # The build folder may be closed to others, so they get a copy of what they load.
        os.mkdir(self.path('lib'))
        for file in (SHIM, os.path.join(os.path.dirname(SHIM), 'libpqleak-recorder.so'), built('libpq.so.5'), host('marks')):
            shutil.copy(file, self.path('lib'))
        self.host = self.path('lib/host-marks')
        self.environment['LD_LIBRARY_PATH'] = self.path('lib')
        self.environment['PQLEAK_LIBRARY'] = self.path('lib/libpqleak.so')

    def launched(self, line, *options):
        """A process that is recorded, and a shell's line beside it."""
        return self.traced('sh', '-c', f'{self.host} once; {line}', options=['--check', '--no-symbolize', *options])

    def assert_named(self, run, why, user=f', run by user {USER},', times=1):
        self.assertEqual(run.status, 2, run)
        wanted = rf'(?m)^  process \d+: {re.escape(self.host)}{user} could not be recorded: {why}$'
        self.assertEqual(len(set(re.findall(wanted, run.stderr))), times, run)
        self.assertEqual(run.trace.ends(), ['exit'])
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith('t.db-')], [])

    def test_other_user(self):
        """started as another user, by setpriv, su and runuser; and one that becomes it before its first call"""
        run = self.launched(f"{SETPRIV} {self.host} once; su nobody -s /bin/sh -c '{self.host} once';"
                            f' runuser -u nobody -- {self.host} once; {self.host} late {USER}')
        self.assert_named(run, 'Permission denied', times=4)

    def test_other_root(self):
        """with another root directory before its first call"""
        os.mkdir(self.path('jail'))
        run = self.launched(f'{self.host} jail {self.path("jail")}')
        self.assert_named(run, r'Can not access a needed shared library \(libpqleak-recorder.so; it may have changed its root directory\)',
                          user='')

    def test_twins(self):
        """as all of these, but without a call of libpq, or with one before: no mark"""
        run = self.launched(f'{SETPRIV} true; su nobody -s /bin/sh -c true; runuser -u nobody -- true; {self.host} idle {USER};'
                            f' {self.host} early {USER}; {self.host} child {USER} idle')
        self.assertEqual(run.status, 0, run)
        self.assertEqual(run.trace.cannot_tell(), [])
        self.assertEqual(run.trace.ends(), ['exit'] * 3)

    def test_forked(self):
        """with LD_PRELOAD alone, a child leaves word in its parent's spool, until the parent ends"""
        for case, status in ((['child', USER], 2), (['child', USER, 'idle'], 0)):
            with self.subTest(case=case):
                run = self.shimmed(self.host, *case, trace=f'{status}.db')
                self.assertEqual(run.status, 0, run)
                check = self.pqleak('check', run.trace.path)
                self.assertEqual(check.status, status, check)
                if status:
                    self.assertRegex(check.stderr + check.stdout, rf'process \d+: {self.host} \(forked by process \d+\), run by'
                                                                  rf' user {USER}, could not be recorded: Permission denied')

    def test_closed(self):
        """who cannot read the library runs as without it, and is named; a reason only where it shows a sign of PostgreSQL"""
        os.rename(self.path('lib/libpqleak.so'), self.path('lib/open.so'))
        os.mkdir(self.path('closed'), 0o700)
        for file in ('open.so', 'libpqleak-recorder.so'):
            shutil.copy(self.path('lib/' + file), self.path('closed/' + file.replace('open', 'libpqleak')))
        self.environment['PQLEAK_LIBRARY'] = self.path('closed/libpqleak.so')
        for line, status, said in ((f'{SETPRIV} {self.host} once 2>&1', 2, ''), (f'{SETPRIV} env 2>&1 | grep LD_PRELOAD || true', 0, '')):
            with self.subTest(line=line):
                run = self.launched(line)
                self.assertEqual((run.status, run.stdout), (status, said), run)
                self.assertEqual(f'{self.host} was started where it cannot read libpqleak.so' in run.stderr, status == 2, run)

    def test_effective_user(self):
        """a program that is executed while the effective user is not the real one is not preloaded into"""
        for line, status in ((f'{self.host} effective {USER} {self.host} once', 2), (f'{self.host} effective {USER} /bin/echo -n', 0)):
            with self.subTest(line=line):
                run = self.launched(line)
                self.assertEqual(run.status, status, run)
                self.assertEqual(f'{self.host} gains privileges when it starts, so LD_PRELOAD is ignored' in run.stderr, status == 2,
                                 run)

    def test_environment(self):
        """what another user's process starts without us is said as well"""
        run = self.launched(f'{SETPRIV} sh -c "exec env -u LD_PRELOAD {self.host} once"')
        self.assertEqual(run.status, 2, run)
        self.assertIn(f'{self.host} was started without pqleak in ', run.stderr)


class Strangers(Stub):
    """Anybody may send the launcher something: it can make it doubt, and no more."""

    SEND = ('import os, socket, sys\n'
            's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n'
            'for text in eval(sys.argv[1]):\n'
            '    s.sendto(text, b"\\0" + os.environ["PQLEAK_MARKS"].encode())\n')

    def sent(self, texts):
        environment = {'PQLEAK_LIBRARY': SHIM} if SANITIZE == 'none' else {}
        return Stub.execute(self, [PQLEAK, 'run', '--check', '-o', self.path('t.db'), 'sh', '-c', '"$0" once; "$@"', host('marks'),
                                   '/usr/bin/python3', '-c', self.SEND, repr(texts)], env=environment)

    @unittest.skipIf(SANITIZE != 'none', 'Python does not run under the sanitizers')
    def test_strangers(self):
        """junk is passed over; a flood of marks is bounded, and a mark's words are made visible"""
        junk = [b'', b'x' * 5000, b'lost\n', b'lost\n13\n/bin/app'[:7], b'\xff\x00\x1b[31m', b'unseen\n1\n../x\n/\n', b'lost\n-1\n/x']
        run = self.sent(junk)
        self.assertEqual(run.returncode, 0, run)
        run = self.sent([b'lost\n13\n/bin/\x1b[31mred\n/x'] + [b'lost\n%d\n/bin/app' % i for i in range(1, 300)])
        self.assertEqual(run.returncode, 2, run)
        self.assertNotIn('\x1b', run.stderr)
        self.assertIn('could not write down what 100 processes said', self.sql('SELECT * FROM cannot_tell'))
        self.assertLessEqual(int(self.sql('SELECT count(*) FROM incomplete')), 201)
        self.assertEqual([name for name in os.listdir(self.folder) if name != 't.db'], [])


if __name__ == '__main__':
    tap.main()
