# SPDX-License-Identifier: PostgreSQL
"""SIGKILL at random moments: no acquire is lost whose call had returned, and the trace is never damaged."""
import os
import random
import subprocess
import time

import tap
from scenario import SECONDS, SHIM, Scenario, client

ROUNDS = int(os.environ.get('PQLEAK_TEST_KILL_ROUNDS', '60'))
LONGEST = 0.12  # seconds: some 20 connects and 500 statements


class Killed(Scenario):
    own_database = False

    def kill_one(self, trace, delay, statements):
        """Runs the announcer for so long; what it had said when SIGKILL came."""
        with subprocess.Popen([client('announce'), 'announce', str(statements)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, cwd=self.folder,
                              env=dict(self.environment, LD_PRELOAD=SHIM, PQLEAK_TRACE=trace)) as process:
            time.sleep(delay)  # the random moment
            process.kill()
            said, complaints = process.communicate(timeout=SECONDS)
        self.assertEqual(complaints, b'')
        return said.decode().split('\n')[:-1]

    def judge(self, read, said, process):
        """Everything announced is in the trace."""
        opened = {int(line[2:]) for line in said if line.startswith('C ')}
        finished = {int(line[2:]) for line in said if line.startswith('F ')}
        rows = read.rows('SELECT backend_pid, verdict FROM connection_life WHERE process = ?', process)
        recorded = {backend for backend, _ in rows}
        self.assertLessEqual(opened, recorded, 'a connection was announced and is not in the trace')
        held = {backend for backend, verdict in rows if verdict == 'open-at-death'}
        self.assertLessEqual(opened - finished, held, 'a connection that was never finished counts as released')
        self.assertLessEqual(set(verdict for _, verdict in rows), {'released', 'open-at-death'})
        results = read.one('SELECT (SELECT count(*) FROM resource WHERE process = ?) + (SELECT ifnull(sum(count), 0) '
                          "FROM fold WHERE kind = 'result' AND process = ?)", process, process)
        announced = said.count('R')
        self.assertGreaterEqual(results, announced, 'a result was announced and is not in the trace')
        self.assertLessEqual(results, announced + 1, 'a result is in the trace twice')

    def test_random_moments(self):
        seed = int(os.environ.get('PQLEAK_TEST_SEED', str(random.randrange(1 << 30))))
        print(f'# PQLEAK_TEST_SEED={seed} PQLEAK_TEST_KILL_ROUNDS={ROUNDS}')
        chance = random.Random(seed)
        announced = 0
        for number in range(ROUNDS):
            trace = self.path(f'{number}.db')
            said = self.kill_one(trace, chance.uniform(0, LONGEST), chance.choice((1, 20, 400)))
            taken = self.take_in(trace)
            if not said and not os.path.exists(trace):
                continue  # killed before its first call of libpq
            with self.subTest(round=number):
                self.assertIn('no connection', taken.stderr)
                read = self.trace(trace)
                self.assertEqual(read.integrity(), 'ok')
                processes = read.rows('SELECT id, "end" FROM process')
                self.assertEqual([end for _, end in processes], ['unknown'] if processes else [])
                if said:
                    self.judge(read, said, processes[0][0])
                self.assertEqual(read.cannot_tell(), [] if processes else ['no libpq call was intercepted'])
            announced += len(said)
            for name in os.listdir(self.folder):
                if 'spool' in name:
                    # Only one that was killed in the making, which cannot be told from one that is being made.
                    with open(self.path(name), 'rb') as spool:
                        self.assertEqual((said, spool.read(8).strip(b'\0')), ([], b''), f'{name} is not used up')
                os.unlink(self.path(name))
        print(f'# {announced} lines announced in {ROUNDS} rounds')
        self.assertGreater(announced, ROUNDS * 10, 'the announcer had time to say something')

    test_random_moments.__doc__ = f'{ROUNDS} rounds'


if __name__ == '__main__':
    tap.main()
