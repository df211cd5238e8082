# SPDX-License-Identifier: PostgreSQL
"""PostgreSQL that is spoken where no call can be intercepted: the check says so, and why."""
import os
import pathlib
import shutil
import subprocess
import unittest

import tap
from scenario import CLIENTS, PYTHON, Scenario, client, script

OWN = os.path.join(CLIENTS, 'own-protocol')
RELAY = os.path.join(CLIENTS, 'relay')
STATIC = os.path.join(CLIENTS, 'own-protocol-static')
CLEAN = f"{client('acquire')} loop 1 1"
VENV = os.environ.get('PQLEAK_TEST_VENV', '')

ASYNCPG = '''
import asyncio, asyncpg
async def main():
    connection = await asyncpg.connect(host=%r, port=%r, user=%r, database='postgres')
    print(await connection.fetchval('SELECT 1'))
    await connection.close()
asyncio.run(main())
'''

NODE_PG = '''
const { Client } = require('pg');
const client = new Client();
client.connect().then(() => client.query('SELECT 1 AS one')).then((result) => {
  console.log(result.rows[0].one);
  return client.end();
});
'''


class Unseen(Scenario):
    def out_of_sight(self, *command, reason):
        """A clean client of libpq runs beside the command: without --allow-unseen nobody can tell."""
        plain = self.untraced(*command)
        shell = '"$@" && ' + CLEAN
        run = self.traced('sh', '-c', shell, 'sh', *command)
        self.assertEqual((run.status, run.stdout.startswith(plain.stdout)), (0, True), run)
        self.assertEqual(len(run.trace.cannot_tell()), 1, run)
        self.assertRegex(run.trace.cannot_tell()[0], reason)
        self.assertIn('pqleak doctor', run.trace.cannot_tell()[0])
        check = self.pqleak('check', self.path('t.db'))
        self.assertEqual(check.status, 2, check)
        self.assertRegex(check.stdout + check.stderr, reason)
        self.assertEqual(self.check('t.db', '--allow-unseen'), 0)

    def in_sight(self, *command):
        run = self.traced('sh', '-c', '"$@"; ' + CLEAN, 'sh', *command)
        self.assertEqual(run.trace.cannot_tell(), [], run)
        self.assertEqual(self.check(), 0)

    def test_each_call(self):
        """A start-up packet is noticed by whichever call it is sent"""
        for call in 'write', 'writev', 'send', 'sendto', 'sendmsg':
            for way in 'start', 'ssl', 'gss':
                with self.subTest(call=call, way=way):
                    self.out_of_sight(OWN, way, call, reason=r'process \d+ \(\S*/own-protocol\) spoke PostgreSQL without')

    def test_others(self):
        """A request to cancel, another protocol that begins alike, and HTTP are none"""
        for way in 'cancel', 'kafka', 'http':
            with self.subTest(way=way):
                self.in_sight(OWN, way)

    def test_alone(self):
        """A command that speaks the protocol itself is no clean one"""
        run = self.traced(OWN, 'start', options=['--check'])
        self.assertEqual(run.status, 2, run)
        self.assertIn('spoke PostgreSQL', run.stderr)

    def test_namespace(self):
        """A libpq in a link-map namespace of its own"""
        self.out_of_sight(os.path.join(CLIENTS, 'namespace'), reason=r'process \d+ \(\S*/namespace\) loaded \S+ with dlmopen')

    @unittest.skipUnless(os.path.exists(STATIC), 'the C library cannot be linked statically here')
    def test_static(self):
        """A static program that shows no sign of PostgreSQL matters only where nothing was intercepted"""
        self.in_sight(STATIC, 'start')
        run = self.traced(STATIC, 'start', options=['--check'])
        self.assertEqual(run.status, 2, run)
        self.assertIn('static', run.stderr)

    def test_setuid(self):
        """A program that runs with other rights loses the preload, and is named"""
        if os.geteuid() != 0:
            self.skipTest('only root can make a program that others run with its rights')
        own = shutil.copy(OWN, self.path('privileged'))
        os.chmod(own, 0o4755)
        run = self.traced(own, 'start', options=['--check'])
        self.assertEqual(run.status, 2, run)

    def test_asyncpg(self):
        """asyncpg from PyPI, unmodified"""
        python = os.path.join(VENV, 'bin', 'python')
        if subprocess.run([python, '-c', 'import asyncpg'], capture_output=True, check=False).returncode != 0:
            self.fail('asyncpg is missing: run scripts/python-wheels')
        program = ASYNCPG % (os.environ['PGHOST'], os.environ['PGPORT'], os.environ['PGUSER'])
        self.out_of_sight(python, '-c', program, reason=r'process \d+ \(\S*python3[.0-9]*\) spoke PostgreSQL without')

    def test_node_pg(self):
        """pg from npm, unmodified"""
        packages = os.path.join(os.environ.get('PQLEAK_TEST_NPM', ''), 'node_modules')
        if not os.path.isdir(os.path.join(packages, 'pg')):
            self.fail('pg is missing: run scripts/npm-packages')
        self.out_of_sight('env', 'NODE_PATH=' + packages, 'node', '-e', NODE_PG,
                          reason=r'process \d+ \(\S*node\S*\) spoke PostgreSQL without')

    def relayed(self, *ways):
        """A command that runs a client behind a relay of each way."""
        for way in ways:
            os.mkdir(self.path(way))
        return ' && '.join(f'{RELAY} {way} {self.path(way)} {CLEAN}' for way in ways)

    def test_relay(self):
        """who only forwards what a traced client says speaks nothing, however it reads"""
        ways = 'read', 'readv', 'recv', 'recvfrom', 'recvmsg', 'pieces'
        run = self.traced('sh', '-c', self.relayed(*ways), options=['--check'])
        self.assert_trace(run, connections={'released': len(ways)})
        self.assertIn('pqleak: only forwarding: relay\n', run.stderr)

    def test_gate(self):
        """... nor does a process that is its own client"""
        run = self.traced(PYTHON, script('gate.py'), '3', options=['--check'])
        self.assert_trace(run, connections={'released': 3})
        self.assertEqual(run.trace.rows('SELECT how, pid = (SELECT pid FROM process) FROM unseen'), [('relay', 1)])

    def test_relay_that_speaks(self):
        """who sends on something else, or speaks besides, does"""
        for way in 'changed', 'own':
            with self.subTest(way=way):
                run = self.traced('sh', '-c', self.relayed(way), options=['--check'])
                self.assertEqual(run.status, 2, run)
                self.assertRegex(run.trace.cannot_tell()[0], r'process \d+ \(\S*/relay\) spoke PostgreSQL without')

    def test_doctor(self):
        """doctor says beforehand what will be seen, and runs nothing"""
        seen = self.pqleak('doctor', '--', *CLEAN.split())
        self.assertEqual((seen.status, 'libpq' in seen.stdout), (0, True), seen)
        static = self.pqleak('doctor', '--', STATIC, 'start')
        self.assertEqual((static.status, 'static' in static.stdout), (1, True), static)
        missing = self.pqleak('doctor', '--', self.path('no-such-program'))
        pathlib.Path(self.path('notes')).write_text('notes', encoding='utf-8')
        foreign = self.pqleak('doctor', '-o', 'notes', '--', *CLEAN.split())
        self.assertIn('notes', foreign.stdout)
        self.assertEqual((foreign.status, os.path.getsize(self.path('notes'))), (1, 5), foreign)
        self.assertEqual((missing.status, 'no-such-program' in missing.stderr), (2, True), missing)


if __name__ == '__main__':
    tap.main()
