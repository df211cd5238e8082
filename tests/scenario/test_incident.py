# SPDX-License-Identifier: PostgreSQL
"""Post mortem: a small service of which one endpoint leaks, a server that goes away for a moment, and SIGKILL.

Its trace becomes a page, which a headless Chromium opens; the numbers on it are those of `report --format=json`.  Beside it
the clean twin, and a trace whose names try to be markup.  The browser is started once for all; its screenshots are in
BUILD/tests/pages, to be looked at by whoever changes the page.
"""
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import unittest

import tap
from scenario import OTHERS, PQLEAK, PYTHON, SECONDS, Scenario, psql, script

NPM = os.environ.get('PQLEAK_TEST_NPM', '')
PICTURES = os.path.join(os.environ['PQLEAK_TEST_BUILD'], 'tests', 'pages')
CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
ROUNDS = 45
HOSTILE = ('</script><script>document.title="owned"</script>', '<img src=x onerror=alert(1)>', ']]>&lt;\u2028\x1b[31m')


def ask(port, path):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=SECONDS)
    connection.request('GET', path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def page_data(page):
    """What a page holds, as its script reads it."""
    with open(page, encoding='utf-8') as file:
        return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', file.read(), re.S).group(1))


class Incident(Scenario):
    """The service runs once in each way; all cases look at what is left of it."""

    kept = None
    made = {}

    @classmethod
    def tearDownClass(cls):
        if Incident.kept:
            shutil.rmtree(Incident.kept, ignore_errors=True)

    def keep(self, name):
        if not Incident.kept:
            Incident.kept = os.path.join(os.environ['PQLEAK_TEST_SERVER'], f'incident-{os.getpid()}')
            os.mkdir(Incident.kept)
        return os.path.join(Incident.kept, name)

    def serve(self, how, *options):
        """Runs it under load; the server's socket is out of its reach for a while, as when the server restarts."""
        trace, socket = self.keep(f'{how}.db'), self.keep(f'{how}.socket')
        os.symlink(os.environ['PGHOST'], socket)
        environment = dict(self.environment, PGHOST=socket, PGAPPNAME='shop')
        with subprocess.Popen([PQLEAK, 'run', '-q', '-o', trace, *options, '--', PYTHON, script('incident/service.py'), how], cwd=self.folder,
                              env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            port, pid = map(int, process.stdout.readline().split())
            for number in range(ROUNDS):
                self.assertEqual([ask(port, '/orders'), ask(port, '/stock')], [200, 200])
                ask(port, f'/export/{number}')
                if number == ROUNDS * 2 // 3:
                    os.unlink(socket)
                    psql(f'SELECT count(pg_terminate_backend(pid)) {OTHERS}')
                    for again in range(3):
                        self.assertEqual([ask(port, f'/export/{3 * again + 1}'), ask(port, '/orders')], [500, 500])
                    os.symlink(os.environ['PGHOST'], socket)
            os.kill(pid, signal.SIGKILL)
            self.assertEqual(process.wait(SECONDS), 137)
        return trace

    def page_of(self, trace, *options):
        page = trace.replace('.db', '.html')
        run = self.pqleak('html', trace, '-o', page, *options)
        self.assertEqual((run.status, run.stdout, run.stderr), (0, '', ''), run)
        return page

    @staticmethod
    def once(name, make):
        if name not in Incident.made:
            Incident.made[name] = make()
        return Incident.made[name]

    def leaking(self):
        return self.once('leaking', lambda: self.serve('leaking'))

    def fixed(self):
        return self.once('fixed', lambda: self.serve('fixed', '--events=all'))

    def hostile(self):
        return self.once('hostile', self.make_hostile)

    def make_hostile(self):
        """The same trace under names that try to be markup."""
        trace = self.keep('hostile.db')
        shutil.copy(self.leaking(), trace)
        with sqlite3.connect(trace) as database:
            database.execute('UPDATE script SET function = ? WHERE function = ?', (HOSTILE[0], 'reconnect'))
            database.execute('UPDATE script SET function = ? WHERE function = ?', (HOSTILE[2], 'export'))
            database.execute('UPDATE target SET database = ?, application_name = ?', (HOSTILE[1], HOSTILE[2]))
            database.execute("UPDATE process SET exe = CAST(x'2f7372762fff3c623e' AS TEXT), command = ?", (HOSTILE[1],))
        database.close()
        return trace

    def make_looked(self):
        """What a browser shows of the three pages."""
        os.makedirs(PICTURES, exist_ok=True)
        pages = [self.page_of(self.leaking(), '--max-connections=30'), self.page_of(self.hostile()), self.page_of(self.fixed())]
        run = self.execute(['node', os.path.join(os.path.dirname(__file__), 'look_at_page.js'), NPM, PICTURES, *pages])
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)

    def look(self, number):
        if not CHROMIUM or not os.path.exists(os.path.join(NPM, 'node_modules', 'playwright-core')):
            raise unittest.SkipTest('needs chromium, and playwright-core and axe-core from npm')
        return self.once('looked', self.make_looked)[number]

    def report(self, trace):
        run = self.pqleak('report', trace, '--format=json')
        self.assertEqual(run.status, 0, run)
        return json.loads(run.stdout)

    def test_guilty(self):
        """the line that leaks is the first thing on the page, and its number that of the report"""
        data, report = page_data(self.page_of(self.leaking())), self.report(self.leaking())
        self.assertEqual(data['report'], report)
        first = report['findings'][0]
        self.assertEqual((first['verdict'], first['count'], first['site']['function']), ('abandoned', 15, 'reconnect'))
        site = data['sites'][0]
        self.assertEqual((site['function'], site['line'], site['abandoned'], site['left']), ('reconnect', first['site']['line'], 15, 15))
        self.assertEqual([(b[0].split(' ')[0], b[1]) for b in site['borrowers']], [('export', 15)])
        self.assertEqual(sum(site['left'] for site in data['sites']), sum(
            f['count'] for f in report['findings'] if f['verdict'] == 'open-at-death' and f['state'] == 'connected'))
        self.assertEqual(sum(site['failed'] for site in data['sites']), report['connections']['failed'])
        self.assertEqual(sum(site['opened'] for site in data['sites']), report['connections']['acquired'] - report['connections']['failed'])
        self.assertEqual((data['timeline']['most'], data['timeline']['failed']), (report['peak']['open'], report['connections']['failed']))
        self.assertGreaterEqual(report['connections']['failed'], 120)
        self.assertEqual([mark[1] for mark in data['marks']], ['start', 'killed'])

    def test_fixed(self):
        """of the clean twin nothing is abandoned, and nothing grew"""
        data, report = page_data(self.page_of(self.fixed())), self.report(self.fixed())
        self.assertEqual([f['verdict'] for f in report['findings'] if f['kind'] == 'connection' and f['verdict'] == 'abandoned'], [])
        self.assertEqual([site['abandoned'] for site in data['sites'] if site['abandoned']], [])
        self.assertLessEqual(sum(site['left'] for site in data['sites']), 4)  # the pool's own
        self.assertGreaterEqual(report['connections']['failed'], 120)

    def test_lives(self):
        """with every event recorded, a life has each use of a connection, and when it was idle in a transaction"""
        def uses(lane):
            return len([point for point in lane['points'] if point[1] == 'use'])

        lane = max(page_data(self.page_of(self.fixed()))['lanes'], key=uses)
        self.assertGreater(uses(lane), ROUNDS)
        self.assertTrue({'connect', 'idle', 'idle in transaction'} <= {span[2] for span in lane['spans']}, lane['spans'][:9])
        self.assertEqual(max(map(uses, page_data(self.page_of(self.leaking()))['lanes'])), 1)

    def test_timeline(self):
        """the same as text"""
        run = self.pqleak('timeline', self.leaking(), env={'LC_ALL': 'C.UTF-8'})
        self.assertEqual(run.status, 0, run)
        self.assertRegex(run.stdout, r'\n +1[56] \S+ +15 .*reconnect \(\S*service.py:\d+\)\n +[▁-█ ]+\n')
        self.assertRegex(run.stdout, r'\n +\d{3} attempts to connect failed\n')
        self.assertRegex(run.stdout, r'process \d+ python3\S*: signal 9\n')

    def test_text_only(self):
        """nothing of a trace becomes markup: no byte of a name stands outside the data, and none ends it"""
        page = self.page_of(self.hostile())
        data = page_data(page)
        self.assertEqual(data['sites'][0]['function'], HOSTILE[0])
        with open(page, encoding='utf-8') as file:  # fails on what is not UTF-8
            text = file.read()
        self.assertNotIn('owned', re.sub(r'\\u003c/script\\u003e\\u003cscript\\u003edocument.title=\\"owned\\"', '', text))
        self.assertEqual((text.count('<script'), text.count('</script'), text.count('\u2028'), text.count('<img')), (2, 2, 0, 0))

    def test_size(self):
        """an ordinary page is smaller than 1 MB"""
        self.assertLess(os.stat(self.page_of(self.leaking())).st_size, 1000000)

    def test_refused(self):
        """what is no place for a page is refused, and nothing of it is left"""
        for place, words in ((self.leaking(), 'this is the trace'), (self.folder, 'Is a directory'), ('/nowhere/page.html', 'cannot write')):
            run = self.pqleak('html', self.leaking(), '-o', place)
            self.assertEqual(run.status, 2, run)
            self.assertIn(words, run.stderr)
        self.assertEqual(os.listdir(self.folder), [])
        run = self.pqleak('html', self.path('none.db'), '-o', self.path('page.html'))
        self.assertEqual((run.status, os.listdir(self.folder)), (2, []), run)

    def test_shown(self):
        """in a browser: the numbers of the report, the guilty line first, no complaint, and nothing is loaded"""
        told, report = self.look(0), self.report(self.leaking())
        self.assertEqual((told['complaints'], len(told['requests'])), ([], 1))
        self.assertEqual(json.loads(told['data'])['report'], report)
        self.assertRegex(told['verdict'], '^15 connections abandoned')
        self.assertRegex(told['guilty'], r'^15 connections abandoned at reconnect \(.*service.py:\d+\) . 15 of them last used at export')
        first = told['rows'][0]
        self.assertRegex(first['name'], '^reconnect ')
        self.assertEqual((first['left'], first['abandoned']), ('15', '15'))
        self.assertEqual(sum(int(row['failed'].replace(',', '')) for row in told['rows']), report['connections']['failed'])
        self.assertEqual(told['numbers']['failed to connect'], str(report['connections']['failed']))
        self.assertEqual(told['numbers']['open at once'], f'{report["peak"]["open"]} of 30')
        self.assertEqual(len(told['findings']), len(report['findings']))
        self.assertTrue(any('service.py' in frame and 'script' in frame for frame in told['frames']), told['frames'])
        self.assertEqual(told['unseen'].split('.')[0], 'Everything that was asked of libpq was seen')

    def test_used(self):
        """in a browser: sorting, filtering, the brush, a life and the keyboard"""
        told = self.look(0)
        opened = [int(row['opened']) for row in told['sorted']]
        self.assertEqual((opened, [int(row['opened']) for row in told['sorted_up']]), (sorted(opened, reverse=True), sorted(opened)))
        self.assertGreater(len(set(opened)), 1)
        self.assertEqual((told['filtered'][0]['name'], told['filtered_out']), (told['rows'][0]['name'], []))
        self.assertLess(len(told['filtered']), len(told['rows']))
        self.assertNotIn('whole time', told['span'])
        half = next(row for row in told['half'] if row['name'] == told['rows'][0]['name'])
        self.assertTrue(0 < int(half['left']) < 15 and int(half['opened']) < int(told['rows'][0]['opened']), half)
        self.assertEqual(told['whole_again'], told['rows'])
        self.assertIn('never given back', told['life'])
        self.assertIn('reconnect (', told['life'])
        self.assertGreater(told['zoomed'], 0)

    @tap.each({'the incident': 0, 'hostile names': 1, 'the clean twin': 2}, 'in a browser: for everybody: {0}')
    def accessible(self, _, number):
        told = self.look(number)
        self.assertEqual((told['faults'], told['complaints'], told['overflows']), ([], [], {'narrow': 0, 'usual': 0, 'wide': 0}))

    def test_hostile(self):
        """in a browser: a function that is called </script> is text"""
        told = self.look(1)
        self.assertEqual((told['complaints'], told['scripts'], len(told['requests'])), ([], 2, 1))
        self.assertIn(HOSTILE[0], told['rows'][0]['name'])
        self.assertNotEqual(told['title'], 'owned')


if __name__ == '__main__':
    tap.main()
