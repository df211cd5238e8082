# SPDX-License-Identifier: PostgreSQL
"""pqleak merge: traces of several hosts and runs in one, in which nothing is lost, doubled or mixed up."""
import os
import shutil
import sqlite3
import subprocess

import tap
from scenario import PYTHON, SECONDS, SHIM, Scenario, client, script

# What a table says, with numbers replaced by what they stand for.  Serial numbers of rows and order are no matter.
SAID = {
    'process': 'SELECT spool, pid, parent, host, exe, command, label, started_ns, ended_ns, "end", drained, counted, dropped,'
               ' peak, peak_ns FROM process',
    'connection': """SELECT p.spool, c.address, c.state, t.host, t.database, c.backend_pid, c.acquired_ns, c.used_ns, c.queries,
        c.last_event, c.use_event, c.acquire_event, c.released_ns, s.sslmode, {acquire_stack}, {use_stack}, {release_stack},
        {broken_stack}, c.use_thread, c.moves, c.before_ns, c.before_event, c.before_thread, {before_stack} FROM connection c JOIN process p ON p.id = c.process LEFT JOIN target t ON t.id = c.target
        LEFT JOIN setting s ON s.id = c.setting""",
    'reset': 'SELECT c.acquired_ns, r.at_ns, r.backend_pid, r.previous_pid, {stack} FROM reset r'
             ' JOIN connection c ON c.id = r.connection',
    'resource': """SELECT p.spool, r.kind, r.address, c.acquired_ns, r.status, r.acquired_ns, r.statement, r.rows, r.bytes,
        r.idle_ns, {acquire_stack} FROM resource r JOIN process p ON p.id = r.process
        LEFT JOIN connection c ON c.id = r.connection""",
    'misuse': """SELECT p.spool, m.kind, m.function, m.count, m.first_ns, c.acquired_ns, {stack}, {acquire_stack}, {release_stack}
        FROM misuse m JOIN process p ON p.id = m.process LEFT JOIN connection c ON c.id = m.connection""",
    'fold': """SELECT p.spool, f.kind, f.outcome, f.count, f.total_ns, f.longest_ns, {acquire_stack}, {release_stack}
        FROM fold f JOIN process p ON p.id = f.process""",
    'reuse': """SELECT p.spool, r.count, {acquire_stack}, {use_stack}, {inside_stack} FROM reuse r
        JOIN process p ON p.id = r.process""",
    'pile': 'SELECT p.spool, l.kind, l.most, l.most_ns, l.until_ns, {acquire_stack} FROM pile l JOIN process p ON p.id = l.process',
    'event': """SELECT p.spool, e.number, e.at_ns, e.verb, e.kind, e.object, e.parent, e.function, {stack}
        FROM event e JOIN process p ON p.id = e.process""",
    'incomplete': 'SELECT p.spool, i.pid, i.reason FROM incomplete i LEFT JOIN process p ON p.id = i.process',
    'unseen': 'SELECT pid, exe, how, module, sign FROM unseen',
    'symbol': """SELECT m.path, f."offset", y.depth, y.function, y.file, y.line FROM symbol y JOIN frame f ON f.id = y.frame
        LEFT JOIN module m ON m.id = f.module""",
}
STACK = """(SELECT group_concat(part, ' < ') FROM (SELECT ifnull(m.path || m.build_id, z.function || z.file) || '+' || f."offset" AS part
    FROM stack_frame k JOIN frame f ON f.id = k.frame LEFT JOIN module m ON m.id = f.module LEFT JOIN script z ON z.id = f.script
    WHERE k.stack = {} ORDER BY k.level))"""


class Merges(Scenario):
    """Several traces in one."""

    def said(self, name):
        """All that a trace says."""
        db = sqlite3.connect(f'file:{self.path(name)}?mode=ro', uri=True)
        self.addCleanup(db.close)
        tables = {t for t, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        self.assertEqual(tables - set(SAID), {'property', 'module', 'script', 'frame', 'stack', 'stack_frame', 'target', 'setting'})
        said = {}
        for table, query in SAID.items():
            alias = next((a for a in 'crmfle' if f'{table} {a} ' in query or query.endswith(f'{table} {a}')), table[0])
            for column in ('acquire_stack', 'use_stack', 'release_stack', 'broken_stack', 'before_stack', 'inside_stack', 'stack'):
                query = query.replace('{' + column + '}', STACK.format(f'{alias}.{column}'))
            said[table] = sorted(map(repr, db.execute(query)))
        return said

    def merge(self, *traces, status=0):
        run = self.pqleak('merge', '-o', self.path('all.db'), *map(self.path, traces))
        self.assertEqual(run.status, status, run)
        self.assertEqual(run.stdout, '')
        return run.stderr

    def leaking(self, name, *what):
        run = self.traced(PYTHON, script('diff.py'), *what, options=['-q'])
        self.assertEqual(run.status, 0, run)
        os.rename(self.path('t.db'), self.path(name))

    def many_sided(self):
        """A trace in which every table has a row."""
        for command in ([client('misuse'), 'used-in-child', 'wrong'], [client('acquire'), 'reset-leaked'],
                        [PYTHON, script('export.py'), 'leak'], ['psql', '-d', 'port=1 host=127.0.0.1']):
            self.traced(*command, options=['-q', '--append', '--label=one', '--events=all'])
        with sqlite3.connect(self.path('t.db')) as db:
            db.execute("INSERT INTO incomplete VALUES (NULL, 17, 'it could not be recorded')")
        db.close()
        os.rename(self.path('t.db'), self.path('a.db'))

    def test_one(self):
        """merged into nothing, a trace says what it said"""
        self.many_sided()
        self.merge('a.db')
        before, after = self.said('a.db'), self.said('all.db')
        for table in ('process', 'connection', 'reset', 'resource', 'misuse', 'fold', 'pile', 'event', 'incomplete', 'symbol'):
            self.assertNotEqual(before[table], [], table)
        self.assertEqual(before, after)
        self.assertEqual(self.sql('PRAGMA integrity_check', 'all.db'), 'ok')

    def test_twice(self):
        """merged again, alone or with others, it changes nothing"""
        self.many_sided()
        self.leaking('b.db', 'take=2')
        self.merge('a.db', 'b.db')
        first = self.said('all.db')
        self.merge('b.db', 'a.db', 'b.db')
        self.assertEqual(self.said('all.db'), first)
        self.assertEqual({t: sorted(a + b) for (t, a), b in zip(self.said('a.db').items(), self.said('b.db').values())
                          if t not in ('symbol', 'unseen')},
                         {t: rows for t, rows in first.items() if t not in ('symbol', 'unseen')})

    def test_hosts(self):
        """a report of what was merged says how many came from which host and which run"""
        self.leaking('a.db', 'take=2')
        self.leaking('b.db', 'take=3', 'lend=1')
        with sqlite3.connect(self.path('b.db')) as db:
            db.execute("UPDATE process SET host = 'web2'")
        db.close()
        self.merge('a.db', 'b.db')
        finding = self.json('all.db')['findings'][0]
        self.assertEqual((finding['count'], finding['site']['function']), (5, 'take'))
        self.assertEqual([(p['count'], os.path.basename(p['run']), p['host'] == 'web2') for p in finding['processes']],
                         [(3, 'b.db', True), (2, 'a.db', False)])
        text = self.pqleak('report', self.path('all.db')).stdout
        self.assertRegex(text, r'host +web2 \(3\), \S+ \(2\)\n')
        self.assertRegex(text, rf'run +{self.path("b.db")} \(3\), {self.path("a.db")} \(2\)\n')
        self.assertNotRegex(self.pqleak('report', self.path('a.db')).stdout, r'\n +(host|run) ')

    def test_running(self):
        """a process that runs is merged as it is, and brought up to date when it is merged again"""
        process = subprocess.Popen([PYTHON, script('life/listen.py'), 'leak'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   cwd=self.folder, env=dict(self.environment, LD_PRELOAD=SHIM, PQLEAK_TRACE=self.path('a.db')))
        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        self.assertEqual(process.stdout.readline(), b'ready\n')
        self.merge('a.db')
        report = self.json('all.db')
        self.assertEqual(report['cannot_tell'], [f'process {process.pid}: it was still running when its trace was merged'])
        self.assertEqual(report['connections']['open-at-death'], 5)
        process.stdin.close()
        process.wait(SECONDS)
        self.merge('a.db')
        report = self.json('all.db')
        self.assertEqual((report['cannot_tell'], report['connections']['released']), ([], 5))
        self.json('a.db')
        self.assertEqual(self.said('a.db'), self.said('all.db'))

    def test_killed(self):
        """a process that was killed after its trace was merged, and did nothing more, no longer runs when it is merged again"""
        process = subprocess.Popen([PYTHON, script('life/listen.py'), 'leak'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   cwd=self.folder, env=dict(self.environment, LD_PRELOAD=SHIM, PQLEAK_TRACE=self.path('a.db')))
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        self.assertEqual(process.stdout.readline(), b'ready\n')
        self.merge('a.db')
        process.kill()
        process.wait(SECONDS)
        self.merge('a.db')
        self.assertEqual((self.json('all.db')['cannot_tell'], self.json('a.db')['cannot_tell']), ([], []))
        first = self.said('all.db')
        self.assertEqual(self.said('a.db'), first)
        self.merge('a.db')
        self.assertEqual(self.said('all.db'), first)

    def test_lost(self):
        """of a trace that lost the frames of its stacks, what was counted by them is added up"""
        self.traced(PYTHON, script('export.py'), 'leak', options=['-q'])
        os.rename(self.path('t.db'), self.path('a.db'))
        self.json('a.db')
        with sqlite3.connect(self.path('a.db')) as db:
            db.execute('DELETE FROM stack_frame')
        db.close()
        self.merge('a.db')
        for kind in ('connections', 'results'):
            self.assertEqual(self.json('all.db')[kind], self.json('a.db')[kind])
        self.assertGreater(self.json('all.db')['results']['released'], 0)

    def test_wrong(self):
        """all or none: a trace that cannot be read leaves nothing behind, and none is merged into itself"""
        self.leaking('a.db', 'take=1')
        self.assertIn('cannot open trace', self.merge('a.db', 'nothere.db', status=2))
        self.assertFalse(os.path.exists(self.path('all.db')))
        self.merge('a.db')
        first = self.said('all.db')
        self.leaking('b.db', 'take=1')
        self.merge('b.db', 'nothere.db', status=2)
        self.assertEqual(self.said('all.db'), first)
        self.assertIn('is to be merged into itself', self.merge('all.db', status=2))
        shutil.copy('/bin/true', self.path('other'))
        run = self.pqleak('merge', '-o', self.path('other'), self.path('a.db'))
        self.assertEqual(run.status, 2, run)
        for arguments, words in (((), 'name the trace to merge into'), (('-o', self.path('all.db')), 'name the traces to merge')):
            run = self.pqleak('merge', *arguments)
            self.assertEqual((run.status, words in run.stderr), (2, True), run)


if __name__ == '__main__':
    tap.main()
