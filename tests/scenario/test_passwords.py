# SPDX-License-Identifier: PostgreSQL
"""Never a password: one is handed to libpq in every way, and every byte pqleak writes is searched for it."""
import os

import tap
from scenario import Scenario, client, psql

PASSWORDS = client('passwords')
SECRET = 'Zq7xKoala93Vw'
PARTS = (SECRET, SECRET[2:], SECRET[:-2])  # a cut one is no better

# case: does the connection succeed?
CASES = {
    'conninfo': True, 'uri': True, 'uri-query': True, 'uri-at': False, 'uri-slash': False, 'params': True,
    'params-start': True, 'dbname-expanded': True, 'dbname-literal': False, 'dbname-literal-uri': False,
    'setdb-login': True, 'setdb-login-dbname': True, 'environment': True, 'statement': True,
}


class NeverAPassword(Scenario):
    """One way a case."""

    @classmethod
    def setUpClass(cls):
        psql('DROP ROLE IF EXISTS guarded')
        psql(f"CREATE ROLE guarded LOGIN PASSWORD '{SECRET}'")

    @classmethod
    def tearDownClass(cls):
        psql('DROP ROLE guarded')

    def assert_nowhere(self, what, data):
        if isinstance(data, str):
            data = data.encode()
        for part in PARTS:
            place = data.find(part.encode())
            self.assertEqual(place, -1, f'a password in {what}: {data[max(0, place - 80):place + 40]!r}')

    def search_everything(self):
        """Every file pqleak left, its JSON among them, and everything its commands say about it."""
        self.search_files()
        trace = self.path('t.db')
        ids = self.trace(trace).rows('SELECT id FROM connection')
        self.assertTrue(ids, 'a connection was recorded')
        for command in (['report', trace, '--all', '--output=json=report.json'], ['report', trace, '--group-by=database'],
                        ['check', trace], ['show', trace], *(['show', trace, str(one)] for one, in ids),
                        ['sql', trace, 'SELECT * FROM process; SELECT * FROM connection_life']):
            run = self.pqleak(*command)
            self.assertNotEqual(run.stdout, '', run)
            self.assert_nowhere('pqleak ' + ' '.join(command), run.stdout + run.stderr)
        self.search_files()

    def search_files(self):
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with open(os.path.join(folder, name), 'rb') as file:
                    self.assert_nowhere(name, file.read())

    @tap.each(CASES, '{0}: the connect succeeds: {1}')
    def way(self, case, connects):
        self.hand_over(case, connects, {'PGPASSWORD': SECRET} if case == 'environment' else None)

    def hand_over(self, case, connects, env=None):
        run = self.traced(PASSWORDS, case, self.database, env=dict(env or {}, TEST_SECRET=SECRET))
        self.assertEqual((run.status, run.stdout), (0, 'connected\n' if connects else 'failed\n'), run)
        self.assert_nowhere('the report on stderr', run.stderr)
        self.assertEqual(run.trace.verdicts(), {'leaked': 1}, run)
        self.search_everything()
        return run

    def test_passfile(self):
        """from PGPASSFILE"""
        passfile = os.path.join(os.environ['PGHOST'], f'passfile-{os.getpid()}')
        with open(passfile, 'w', encoding='ascii') as file:
            file.write(f'*:*:*:guarded:{SECRET}\n')
        self.addCleanup(os.unlink, passfile)
        os.chmod(passfile, 0o600)
        self.hand_over('environment', True, {'PGPASSFILE': passfile})

    def test_argv_of_psql(self):
        """on psql's command line, as conninfo, URI and option"""
        for argument in (f'user=guarded password={SECRET}', f'postgresql://guarded:{SECRET}@/{self.database}',
                         f'postgresql:///{self.database}?user=guarded&password={SECRET}',
                         f"user = guarded password = '{SECRET}'"):
            run = self.traced('psql', '-XAtc', 'SELECT 1', argument)
            self.assertEqual(run.status, 0, run)
            self.assert_nowhere('stderr', run.stderr)
            self.search_everything()

    def test_argv_of_the_traced(self):
        """in options of the traced command: --password=, PGPASSWORD= and -W"""
        run = self.traced('env', f'PGPASSWORD={SECRET}', 'psql', '-XAtc', 'SELECT 1', '-U', 'guarded')
        self.assertEqual(run.status, 0, run)
        self.search_everything()
        run = self.traced('sh', '-c', 'exec psql -XAtc "SELECT 1"', 'sh', f'--password={SECRET}', f'--db-password={SECRET}')
        self.assertEqual(run.status, 0, run)
        self.search_everything()

    def test_every_event(self):
        """with PQLEAK_EVENTS=all, and SQL that holds it"""
        self.hand_over('statement', True, {'PQLEAK_EVENTS': 'all'})

    def test_spool(self):
        """in the spool of a killed process, before anything has read it"""
        killed = self.preloaded('psql', '-XAtq', f'user=guarded password={SECRET}', '-c', r'\! kill -9 $PPID')
        self.assertEqual(killed.status, 137, killed)
        self.assertTrue([name for name in os.listdir(self.folder) if 'spool' in name], 'there is a spool to search')
        self.search_files()


if __name__ == '__main__':
    tap.main()
