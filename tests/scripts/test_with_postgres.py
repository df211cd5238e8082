# SPDX-License-Identifier: PostgreSQL
"""scripts/with-postgres: a server for a command, and nothing left of it afterwards."""
import os
import signal
import subprocess
import unittest

import tap

WITH_POSTGRES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'scripts', 'with-postgres')
SECONDS = 600


def processes_with(text):
    """Pids of the processes whose command line holds the text."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as command:
                if text.encode() in command.read() and int(pid) != os.getpid():
                    found.append(int(pid))
        except OSError:
            pass
    return found


class WithPostgres(unittest.TestCase):
    def setUp(self):
        self.environment = {name: value for name, value in os.environ.items() if name != 'PQLEAK_TEST_SERVER'}

    def start(self, *command):
        return subprocess.Popen([WITH_POSTGRES, '--quiet', *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, env=self.environment)

    def assert_nothing_left(self, folder):
        self.assertTrue(folder.startswith('/'), folder)
        self.assertFalse(os.path.exists(folder))
        self.assertEqual(processes_with(folder), [])

    def test_command(self):
        """the command finds the server, on a Unix socket only, and its status is ours"""
        process = self.start('sh', '-c', 'echo "$PGHOST"; psql -XAtc "SHOW listen_addresses"; exit 7')
        stdout, stderr = process.communicate(timeout=SECONDS)
        folder, addresses = stdout.split('\n')[:2]
        self.assertEqual((process.returncode, addresses), (7, ''), stderr)
        self.assert_nothing_left(folder)

    def test_orphans(self):
        """what the command leaves running is ended, and its death by a signal is told"""
        process = self.start('sh', '-c', 'echo "$PGHOST"; setsid sh -c "sleep 600; : $PGHOST" >/dev/null 2>&1 & kill -9 $$')
        stdout, stderr = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 137, stderr)
        self.assert_nothing_left(stdout.strip())

    def test_signals(self):
        """SIGINT and SIGTERM end the command and the server"""
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start('sh', '-c', 'echo "$PGHOST"; exec sleep 600')
            folder = process.stdout.readline().strip()
            process.send_signal(number)
            _, stderr = process.communicate(timeout=SECONDS)
            self.assertEqual(process.returncode, 128 + number, stderr)
            self.assert_nothing_left(folder)

    def test_early_signal(self):
        """a signal while the server starts leaves nothing either"""
        process = subprocess.Popen([WITH_POSTGRES, 'true'], stderr=subprocess.PIPE, text=True, env=self.environment)
        folder = process.stderr.readline().split()[-1]
        process.terminate()
        process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 143)
        self.assert_nothing_left(folder)

    def test_no_command(self):
        """a command that is not there is said"""
        process = self.start('no-such-command')
        _, stderr = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 1)
        self.assertIn("cannot run 'no-such-command'", stderr)


if __name__ == '__main__':
    tap.main()
