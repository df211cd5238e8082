# SPDX-License-Identifier: PostgreSQL
"""The pqleak command from end to end: exits, messages, options."""
import contextlib
import json
import os
import pty
import re
import select
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import tap
from scenario import PQLEAK, PYTHON, SECONDS, SHIM, Scenario, Trace, client

ACQUIRE = client('acquire')
ENDS = client('ends')
COMMANDS = ('run', 'report', 'check', 'show', 'audit', 'sql', 'help')


class Help(Scenario):
    own_database = False

    def test_version(self):
        """--version"""
        run = self.pqleak('--version')
        self.assertEqual((run.status, run.stderr), (0, ''), run)
        self.assertRegex(run.stdout, r'^pqleak \d+\.\d+\.\d+')

    def test_help(self):
        """help and --help name every command"""
        for arguments in (['help'], ['--help']):
            run = self.pqleak(*arguments)
            self.assertEqual((run.status, run.stderr), (0, ''), run)
            for command in COMMANDS:
                self.assertRegex(run.stdout, rf'(?m)\b{command}\b')

    def test_help_of_each(self):
        """COMMAND --help, and help COMMAND"""
        for command in COMMANDS:
            for arguments in ([command, '--help'], ['help', command]):
                run = self.pqleak(*arguments)
                self.assertEqual((run.status, run.stderr), (0, ''), f'{arguments} {run}')
                self.assertIn(command, run.stdout)
                self.assertLessEqual(max(map(len, run.stdout.splitlines())), 80, run)

    def test_mistakes(self):
        """no command, an unknown one, an unknown option: status 2 (125 from run), and what to do next"""
        for arguments in ([], ['raport'], ['report', '--colour'], ['report', '--format=xml'], ['run'], ['run', '--'],
                          ['check', '--max=many'], ['report', '--group-by=moon'], ['run', '--error-exitcode=x', 'true'],
                          ['run', '--error-exitcode=0', 'true']):
            run = self.pqleak(*arguments)
            status = 125 if arguments[:1] == ['run'] else 2  # every other status may be the command's own
            self.assertEqual((run.status, run.stdout), (status, ''), f'{arguments} {run}')
            self.assertIn('pqleak', run.stderr)
            self.assertRegex(run.stderr, "help|did you mean 'report'", f'{arguments} {run}')


class Running(Scenario):
    def test_status(self):
        """the command's own status, and 128+n"""
        for command, status in (('exit 0', 0), ('exit 7', 7), ('kill -TERM $$', 143), ('kill -KILL $$', 137)):
            self.assertEqual(self.traced('sh', '-c', command).status, status, command)

    def test_no_such_command(self):
        """a command that is not there: 127; one that cannot be run: 126"""
        self.environment['PATH'] = '/usr/bin:/bin'  # a folder that is closed to us would say 'Permission denied'
        run = self.traced('no-such-command')
        self.assertEqual(run.status, 127, run)
        self.assertIn("pqleak: cannot run 'no-such-command'", run.stderr)
        with open(self.path('text'), 'w', encoding='ascii') as file:
            file.write('no program\n')
        self.assertEqual(self.traced(self.path('text')).status, 126)

    def test_stdio(self):
        """standard input, output and error are the command's"""
        script = '"$0" run -o t.db -- sh -c "cat; echo two >&2"'
        run = self.untraced('sh', '-c', f'echo one | {script}', PQLEAK)
        self.assertEqual(run.stdout, 'one\n', run)
        self.assertIn('two\n', run.stderr)

    def test_default_trace(self):
        """the default trace is pqleak.db in the current folder, for every command"""
        run = self.pqleak('run', '--', ACQUIRE, 'connectdb')
        self.assertEqual(run.status, 0, run)
        self.assertEqual(Trace(self.path('pqleak.db')).verdicts(), {'leaked': 1})
        self.assertEqual(self.pqleak('check').status, 1)
        self.assertEqual(self.pqleak('report').status, 0)
        self.assertEqual(self.pqleak('sql', '', 'SELECT 1').status != 0, True)

    def test_replaced(self):
        """a trace is replaced, with --append it is kept"""
        self.traced(ACQUIRE, 'connectdb')
        run = self.traced(ACQUIRE, 'loop', '2')
        self.assertEqual(run.trace.verdicts(), {'leaked': 2}, run)
        run = self.traced(ACQUIRE, 'clean', options=['--append'])
        self.assertEqual(run.trace.verdicts(), {'leaked': 2, 'released': 5}, run)
        self.assertEqual(self.check(), 1)

    def test_foreign_file_is_kept(self):
        """anything but a trace is not replaced, and the command is not run"""
        with open(self.path('t.db'), 'w', encoding='ascii') as file:
            file.write('my diary\n')
        run = self.traced('touch', self.path('ran'))
        self.assertEqual(run.status, 125, run)
        self.assertIn('t.db', run.stderr)
        self.assertFalse(os.path.exists(self.path('ran')))
        with open(self.path('t.db'), encoding='ascii') as file:
            self.assertEqual(file.read(), 'my diary\n')

    def test_interrupt(self):
        """Ctrl-C ends the command; the launcher stays to report, and says 130"""
        with subprocess.Popen([PQLEAK, 'run', '-o', self.path('t.db'), '--', client('threads'), 'stay', '1'],
                              env=self.environment, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, start_new_session=True) as process:
            try:
                self.assertEqual(process.stdout.readline(), 'open\n')
                os.killpg(process.pid, signal.SIGINT)
                _, stderr = process.communicate(timeout=SECONDS)
            finally:
                process.kill()
        self.assertEqual(process.returncode, 130, stderr)
        self.assertIn('pqleak', stderr)
        self.assertEqual(Trace(self.path('t.db')).verdicts(), {'open-at-death': 1})

    def test_told_to_end(self):
        """SIGTERM is passed on, and the report says what was open then, what was released and what was cut"""
        program = ('import os, psycopg2, signal\n'
                   'kept, closed = psycopg2.connect(""), psycopg2.connect("")\n'
                   'signal.signal(signal.SIGTERM, lambda *_: (closed.close(), os._exit(0)))\n'
                   'print("open", flush=True)\n'
                   'signal.pause()\n')
        with subprocess.Popen([PQLEAK, 'run', '-o', self.path('t.db'), '--', PYTHON, '-c', program],
                              env=self.environment, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as process:
            try:
                self.assertEqual(process.stdout.readline(), 'open\n')
                process.terminate()
                _, stderr = process.communicate(timeout=SECONDS)
            finally:
                process.kill()
        self.assertEqual(process.returncode, 0, stderr)
        self.assertIn('open when told to end', stderr)
        report = json.loads(self.pqleak('report', '--format=json', self.path('t.db')).stdout)
        self.assertEqual([sum(site[key] for site in report['drained']) for key in ('open', 'released', 'cut')], [2, 1, 1])
        self.traced(ACQUIRE, 'clean')
        report = json.loads(self.pqleak('report', '--format=json', self.path('t.db')).stdout)
        self.assertEqual(report['drained'], [], 'nobody told it to end')

    def test_uri(self):
        """a trace whose name looks like a URI is a file of that name, spools and all"""
        run = self.execute([PQLEAK, 'run', '-o', 'file:u.db', '--check', '--', ACQUIRE, 'clean'], cwd=self.folder)
        self.assertEqual(run.returncode, 0, run)
        self.assertEqual(os.listdir(self.folder), ['file:u.db'])

    def test_raw_bytes(self):
        """what the shim says of a path drives no terminal"""
        run = self.preloaded(ACQUIRE, 'clean', trace='no\x1b[31msuch/\u202edir/t.db')
        self.assertEqual(run.status, 0, run)
        self.assertIn('no?[31msuch/???dir/t.db', run.stderr)

    def hold_now_and_then(self, path, stop):
        """What traced processes do to a busy trace: each of their drains holds it for a moment."""
        with contextlib.closing(sqlite3.connect(path, timeout=SECONDS, isolation_level=None)) as database:
            while not stop.is_set():
                database.execute('BEGIN IMMEDIATE')
                time.sleep(0.02)
                database.execute('ROLLBACK')
                time.sleep(0.001)

    def test_busy(self):
        """report, check and sql wait for the processes that write to the trace, and see what these have not drained"""
        env = dict(self.environment, LD_PRELOAD=SHIM, PQLEAK_TRACE=self.path('t.db'))
        self.traced(ACQUIRE, 'clean')
        with subprocess.Popen([client('threads'), 'stay', '1'], env=env, cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            stop = threading.Event()
            writer = threading.Thread(target=self.hold_now_and_then, args=(self.path('t.db'), stop))
            try:
                self.assertEqual(process.stdout.readline(), 'open\n')
                writer.start()
                for command in (('report', self.path('t.db')), ('check', self.path('t.db')),
                                ('sql', self.path('t.db'), "SELECT 'open' FROM connection_life WHERE verdict = 'open'")) * 5:
                    run = self.pqleak(*command)
                    self.assertEqual((run.status, run.stderr), (0, ''), run)
                    self.assertIn('open', run.stdout, run)
            finally:
                stop.set()
                process.kill()
        writer.join()

    def test_tree(self):
        """a command's whole tree goes into one trace"""
        run = self.traced('sh', '-c', '"$0" loop 2 & "$0" clean; "$0" connectdb; wait', ACQUIRE)
        self.assert_trace(run, connections={'leaked': 3, 'released': 5})
        self.assertEqual(run.trace.one('SELECT count(*) FROM process'), 3)

    def test_check(self):
        """run --check: leaks 1 or what is asked for, clean 0, nothing intercepted 2, and the command's failure wins"""
        for command, options, status in (
                ((ACQUIRE, 'connectdb'), [], 1), ((ACQUIRE, 'connectdb'), ['--error-exitcode=9'], 9),
                ((ACQUIRE, 'clean'), ['--error-exitcode=9'], 0), ((ACQUIRE, 'error-path'), ['--error-exitcode=9'], 4),
                ((ENDS, 'signal', '9'), [], 137), (('true',), [], 2)):
            run = self.traced(*command, options=['--check', *options])
            self.assertEqual(run.status, status, f'{command} {options} {run}')


class Gate(Scenario):
    def test_answers(self):
        """0 clean, 1 leaks with the report, --max"""
        self.traced(ACQUIRE, 'clean')
        self.assertEqual(self.check(), 0)
        self.traced(ACQUIRE, 'loop', '3')
        run = self.pqleak('check', self.path('t.db'))
        self.assertEqual(run.status, 1, run)
        self.assertIn('client_open', run.stdout + run.stderr)
        self.assertEqual([self.check('t.db', f'--max={n}') for n in (2, 3, 4)], [1, 0, 0])

    def test_cannot_tell(self):
        """2: no trace, nothing intercepted, no database, damaged"""
        run = self.pqleak('check', self.path('none.db'))
        self.assertEqual(run.status, 2, run)
        self.assertIn('No such file or directory', run.stderr)
        self.assertIn('pqleak run', run.stderr)
        run = self.traced('true')
        self.assertEqual((run.status, self.check()), (0, 2), run)
        self.assertIn('intercepted', run.stderr)
        with open(self.path('t.db'), 'wb') as file:
            file.write(b'nonsense' * 1000)
        self.assertEqual(self.check(), 2)

    def test_truncated(self):
        """2: a trace cut short"""
        self.traced(ACQUIRE, 'clean')
        os.truncate(self.path('t.db'), os.path.getsize(self.path('t.db')) // 2)
        self.assertEqual(self.check(), 2)


class Reading(Scenario):
    def setUp(self):
        super().setUp()
        self.run_ = self.traced(ACQUIRE, 'error-path')

    def test_report(self):
        """the report at 80 columns, without colour where there is no terminal; the same as run's"""
        run = self.pqleak('report', self.path('t.db'))
        self.assertEqual(run.status, 0, run)
        self.assertNotIn('\x1b', run.stdout + self.run_.stderr)
        self.assertLessEqual(max(map(len, run.stdout.splitlines())), 80, run)
        self.assertIn('copy_table', run.stdout)

    def test_groups(self):
        """--group-by, every way, as text and JSON; each finds the leak"""
        for way in ('site', 'stack', 'function', 'module', 'database'):
            run = self.pqleak('report', self.path('t.db'), f'--group-by={way}')
            self.assertEqual(run.status, 0, run)
            self.assertIn('1', run.stdout)
            self.assertTrue(self.json('t.db', f'--group-by={way}'))
        by_database = self.pqleak('report', self.path('t.db'), '--group-by=database')
        self.assertIn(self.database, by_database.stdout)

    def on_terminal(self, *command, env=None):
        """What a command says on a terminal of 80 columns."""
        master, slave = pty.openpty()
        environment = dict(self.environment, TERM='xterm-256color', **(env or {}))
        with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=self.folder,
                              env=environment) as process:
            os.close(slave)
            said = b''
            while select.select([master], [], [], SECONDS)[0]:
                try:
                    part = os.read(master, 65536)
                except OSError:
                    break
                if not part:
                    break
                said += part
            process.wait(SECONDS)
        os.close(master)
        return said.decode()

    def test_colour(self):
        """colour on a terminal, none with NO_COLOR"""
        command = (PQLEAK, 'report', self.path('t.db'))
        coloured = self.on_terminal(*command)
        self.assertIn('\x1b[', coloured)
        plain = self.on_terminal(*command, env={'NO_COLOR': '1'})
        self.assertNotIn('\x1b', plain)
        self.assertEqual(re.sub(r'\x1b\[[0-9;]*m', '', coloured), plain)

    def test_show(self):
        """show: one connection's life"""
        identity = self.run_.trace.one('SELECT id FROM connection')
        run = self.pqleak('show', self.path('t.db'), str(identity))
        self.assertEqual(run.status, 0, run)
        for word in (self.database, 'copy_table', 'PQconnectdb', 'PQexec'):
            self.assertIn(word, run.stdout, run)
        self.assertEqual(self.pqleak('show', self.path('t.db')).status, 0)
        missing = self.pqleak('show', self.path('t.db'), '999')
        self.assertNotEqual(missing.status, 0)
        self.assertIn('999', missing.stderr)

    def test_sql(self):
        """sql, and the sqlite3 shell on its own: both can SELECT * FROM readme"""
        ours = self.pqleak('sql', self.path('t.db'), 'SELECT * FROM readme')
        theirs = self.untraced('sqlite3', self.path('t.db'), 'SELECT * FROM readme')
        self.assertEqual((ours.status, theirs.status), (0, 0), f'{ours} {theirs}')
        self.assertEqual(ours.stdout, theirs.stdout)
        self.assertIn('leak_site', ours.stdout)
        site = self.pqleak('sql', self.path('t.db'), "SELECT leaked FROM leak_site WHERE kind = 'connection'")
        self.assertEqual(site.stdout, '1\n', site)
        wrong = self.pqleak('sql', self.path('t.db'), 'SELEKT 1')
        self.assertNotEqual(wrong.status, 0)
        self.assertIn('SELEKT', wrong.stderr)

    def test_read_only_trace(self):
        """a trace that may not be written can be read"""
        os.chmod(self.path('t.db'), 0o444)
        self.assertEqual(self.check(), 1)
        self.assertIn('copy_table', self.pqleak('report', self.path('t.db')).stdout)

    def test_missing_trace(self):
        """every reader names the trace that is not there and what to do"""
        for command in ('report', 'show', 'sql', 'check'):
            run = self.pqleak(command, self.path('no.db'), *(['SELECT 1'] if command == 'sql' else []))
            self.assertEqual(run.status, 2, f'{command} {run}')
            self.assertEqual(run.stderr, f"pqleak: cannot open trace '{self.path('no.db')}': No such file or directory "
                                         "(run 'pqleak run -- COMMAND' first)\n", command)
            self.assertFalse(os.path.exists(self.path('no.db')), command)


class Placeholders(Scenario):
    def test_all(self):
        """%p, %e, %h and %%"""
        run = self.preloaded(ACQUIRE, 'clean', trace='x-%p-%e-%h.db')
        self.assertEqual((run.status, run.stderr), (0, ''), run)
        names = [name for name in os.listdir(self.folder) if name.startswith('x-')]
        self.assertEqual(len(names), 1, names)
        self.assertRegex(names[0], rf'^x-\d+-client-acquire-{re.escape(socket.gethostname())}\.db$')
        trace = Trace(self.path(names[0]))
        self.assertEqual(trace.one('SELECT pid FROM process'), int(names[0].split('-')[1]))

    def test_default(self):
        """without PQLEAK_TRACE: pqleak.%p.db in the current folder"""
        run = self.untraced('env', f"LD_PRELOAD={os.environ['PQLEAK_TEST_SHIM']}", ACQUIRE, 'clean')
        self.assertEqual((run.status, run.stderr), (0, ''), run)
        names = [name for name in os.listdir(self.folder) if name.endswith('.db')]
        self.assertEqual(len(names), 1, os.listdir(self.folder))
        self.assertRegex(names[0], r'^pqleak\.\d+\.db$')

    def test_launcher(self):
        """the launcher's trace is one for the whole tree, and its name is taken as it stands"""
        run = self.pqleak('run', '-o', self.path('%e-%p%%.db'), '--', 'sh', '-c', '"$0" clean; "$0" connectdb', ACQUIRE)
        self.assertEqual(run.status, 0, run)
        self.assertEqual(os.listdir(self.folder), ['%e-%p%%.db'])
        self.assertEqual(Trace(self.path('%e-%p%%.db')).verdicts(), {'leaked': 1, 'released': 5})


class Installed(Scenario):
    def test_installed(self):
        """meson install: the launcher finds the shim there, and everything has its place"""
        build = os.environ['PQLEAK_TEST_BUILD']
        made = self.execute(['meson', 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', self.path('root')])
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        files = [os.path.join(folder, name) for folder, _, names in os.walk(self.path('root')) for name in names]
        for wanted in ('/bin/pqleak', '/libpqleak.so', '/man1/pqleak.1', '/man7/libpqleak.7', '/man5/pqleak-trace.5',
                       '/bash-completion/completions/pqleak'):
            self.assertTrue([path for path in files if path.endswith(wanted)], f'{wanted} is not in {files}')
        program = [path for path in files if path.endswith('/bin/pqleak')][0]
        run = Scenario.execute(self, [program, 'run', '-o', self.path('t.db'), '--check', '--', ACQUIRE, 'connectdb'])
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        self.assertEqual(Trace(self.path('t.db')).verdicts(), {'leaked': 1})
        maps = self.execute([program, 'run', '-o', self.path('u.db'), '--', 'cat', '/proc/self/maps'])
        self.assertIn(self.path('root'), maps.stdout, 'the shim preloaded is the installed one')
        self.assertNotIn(build, maps.stdout)


if __name__ == '__main__':
    tap.main()
