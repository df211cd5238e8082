# SPDX-License-Identifier: PostgreSQL
"""Real applications, in which something tidies up what they forgot: the plain report says what, while they run and after.

Each says that it is ready, goes on until its input ends, and has a clean twin of which nothing is said.
"""
import glob
import os
import re
import signal
import subprocess
import unittest

import tap
from scenario import PYTHON, SECONDS, SHIM, Scenario, client, script, wait_until
from script_lines import marked_lines
from test_wheels import VENV_PYTHON

HERE = 'applications/'
WHEELS = VENV_PYTHON if os.path.exists(VENV_PYTHON) else None
FPM = next(iter(sorted(glob.glob('/usr/sbin/php-fpm*'))), None)

EXIT = 'given back by the exit of the process'

# Each: its command; the file and the marked line that the title names, and what it says before it; how many they are while it runs;
# and after it, and what gave them back.
APPLICATIONS = {
    'a Django site under ASGI': ([WHEELS, script(HERE + 'django_asgi.py')], ('django_asgi.py', 'stock', 'at stock'), 5, (5, EXIT)),
    'a Django command with threads': (
        [PYTHON, script(HERE + 'site/manage.py'), 'rebuild'],
        ('site/stock/management/commands/rebuild.py', 'rebuild', 'at Command.rebuild'), 4, (4, EXIT)),
    'a shop in Flask, with SQLAlchemy': (
        [PYTHON, script(HERE + 'flask_shop.py')], ('flask_shop.py', 'order', 'last used at order'), 4, (4, EXIT)),
    'a task cancelled on psycopg_pool': (
        [WHEELS, script(HERE + 'starved.py')], ('starved.py', 'slow', 'last used at slow'), 4, (4, EXIT)),
    'a celery worker': ([PYTHON, script(HERE + 'celery_worker.py')], ('celery_worker.py', 'send', 'at send'), 4, (4, EXIT)),
    "ActiveRecord's pool and threads": (
        ['ruby', script(HERE + 'pool_jobs.rb')], ('pool_jobs.rb', 'job', 'last used at job'), 3, (3, EXIT)),
    # PHPUnit's own end gives them back, and then three must have been opened after a last use.
    'a test class of PHPUnit': (
        ['phpunit', '--no-configuration', '--do-not-cache-result', script(HERE + 'ServiceTest.php')],
        ('ServiceTest.php', 'setUp', 'at ServiceTest::setUp'), 4, (2, 'given back by the code')),
    'a pool of its own in C': ([client('service')], ('service.c', 'take', 'at pool_take'), 3, (3, EXIT)),
}


class Answers(Scenario):
    """What the plain report answers."""

    def report(self):
        """What the plain report says."""
        run = self.pqleak('report', self.path('t.db'))
        self.assertEqual(run.status, 0, run)
        return run.stdout

    def assert_abandoned(self, place, count, manner):
        """The plain report has this finding, names it in its first lines, and tells how to fail on it."""
        source, word, where = place
        place = rf'{re.escape(where)} \(\S*{re.escape(os.path.basename(source))}:{marked_lines(script(HERE + source))[word]}\)'
        said = self.report()
        self.assertRegex(said, rf'(?m)^pqleak: {count} connections abandoned$')
        self.assertRegex(said, r'(?m)^pqleak: a check passes all the same; to fail on it: --fail-on=default\S*,abandoned')
        self.assertRegex(said, rf'(?m)^{count} connections abandoned,? {place}\n    up to \d+ opened after their last use(, none after the last 1)?; {manner}$')

    def assert_clean(self):
        """The plain report has nothing to say, and a check that asks for it passes."""
        self.assertNotRegex(self.report(), 'abandoned|given back')
        self.assertEqual(self.check('t.db', '--fail-on=default,abandoned'), 0)


class Applications(Answers):
    def started(self, command, how):
        """A traced application that is ready; it ends when its input does."""
        if command[0] is None:
            self.skipTest('no venv with the wheels (scripts/python-wheels makes it)')
        process = subprocess.Popen([*command, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, cwd=self.folder, env=dict(self.environment, LD_PRELOAD=SHIM, APPLICATION=how,
                                                                        PQLEAK_TRACE=self.path('t.db')))
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        said = ''
        while 'ready' not in said:
            line = process.stdout.readline()
            self.assertTrue(line, f'{command} ended: {said}')
            said += line
        return process

    def end(self, process):
        process.stdin.close()
        said = process.stdout.read()
        self.assertEqual(process.wait(SECONDS), 0, said)

    @tap.each(APPLICATIONS, '{0}')
    def leak(self, _name, command, place, live, ended):
        process = self.started(command, 'leak')
        self.assert_abandoned(place, live, 'not given back')
        self.end(process)
        self.assert_abandoned(place, *ended)
        self.assertEqual(self.check('t.db', '--fail-on=default,abandoned'), 1)

    @tap.each(APPLICATIONS, '{0}: the clean twin')
    def fixed(self, _name, command, *_):
        process = self.started(command, 'fixed')
        said = self.report()
        self.assertNotIn('abandoned', said)
        self.assertEqual('to fail on it' in said, re.search(r'(?m)^\d+ .+ still open, ', said) is not None, said)
        self.end(process)
        self.assert_clean()


BY = {'pdo': (), 'pgsql': ()}


@unittest.skipUnless(FPM, 'no php-fpm')
class Fpm(Answers):
    """A worker of php-fpm, with persistent connections.  pgsql asks each of them for a result at the end of every page."""

    def started(self, by, how):
        """A server of one process, five times asked for its page."""
        settings = ('[global]', 'error_log = fpm.log', 'daemonize = no', f'process_control_timeout = {SECONDS}', '[www]',
                    f'user = {os.environ.get("USER", "root")}', 'listen = fpm.sock', 'clear_env = no', 'pm = static',
                    'pm.max_children = 1')
        with open(self.path('fpm.conf'), 'w', encoding='utf-8') as file:
            file.write('\n'.join(settings))
        process = subprocess.Popen([FPM, '-F', '-R', '-p', self.folder, '-y', 'fpm.conf'], cwd=self.folder, stderr=subprocess.DEVNULL,
                                   env=dict(self.environment, LD_PRELOAD=SHIM, PQLEAK_TRACE=self.path('t.db')))
        self.addCleanup(process.wait)
        self.addCleanup(process.send_signal, signal.SIGQUIT)
        wait_until(lambda: os.path.exists(self.path('fpm.sock')) or process.poll() is not None, 'php-fpm listens')
        for number in range(5):
            page = self.execute(['cgi-fcgi', '-bind', '-connect', 'fpm.sock'], env={
                'SCRIPT_FILENAME': script(HERE + 'persistent.php'), 'REQUEST_METHOD': 'GET', 'QUERY_STRING': f'{by}-{how}{number}'})
            self.assertTrue(page.stdout.endswith('\n1'), page)
        return process

    def end(self, process):
        process.send_signal(signal.SIGQUIT)
        self.assertEqual(process.wait(SECONDS), 0)

    @tap.each(BY, 'php-fpm: each visitor has a persistent connection of their own, by {0}')
    def persistent(self, by):
        process = self.started(by, 'leak')
        self.assert_abandoned(('persistent.php', by, 'at {main}'), 4, 'not given back')
        self.end(process)
        self.assert_abandoned(('persistent.php', by, 'at {main}'), 4, EXIT)

    @tap.each(BY, 'php-fpm: the clean twin has one for each of three targets, by {0}')
    def persistent_fixed(self, by):
        process = self.started(by, 'fixed')
        self.assertNotIn('abandoned', self.report())
        self.end(process)
        self.assert_clean()


if __name__ == '__main__':
    tap.main()
