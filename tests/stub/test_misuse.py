#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""Calls that must not be, on the stub libpq; and what is said of failed and lost connections and of settings."""
import tap
from stub import Stub, host

MISUSE = host('misuse')

# Messages as libpq and the server say them, and what each is.
MESSAGES = {
    'connection to server on socket "/tmp/.s.PGSQL.5432" failed: No such file or directory\n'
    '\tIs the server running locally and accepting connections on that socket?': 'no such socket',
    'could not connect to server: No such file or directory\n\tIs the server running locally and accepting\n'
    '\tconnections on Unix domain socket "/tmp/.s.PGSQL.5432"?': 'no such socket',
    'connection to server on socket "@pg/.s.PGSQL.5432" failed: Connection refused': 'refused',
    'connection to server on socket "/root/.s.PGSQL.5432" failed: Permission denied': 'permission denied',
    'Unix-domain socket path "/aa/.s.PGSQL.5432" is too long (maximum 107 bytes)': 'socket path too long',
    'connection to server at "h" (192.0.2.1), port 5432 failed: No route to host': 'unreachable',
    'connection to server at "h" (192.0.2.1), port 5432 failed: Network is unreachable': 'unreachable',
    'could not parse network address "a": Name or service not known': 'parameter',
    'could not translate host name "a" to address: Name or service not known': 'no such host',
    'connection to server at "::1", port 5 failed: Connection refused\n\tIs the server running?': 'refused',
    'connection to server at "h" (192.0.2.1), port 5432 failed: timeout expired': 'timeout',
    'could not connect to server: Connection timed out': 'timeout',
    'connection to server failed: FATAL:  password authentication failed for user "a"': 'authentication',
    'connection to server failed: fe_sendauth: no password supplied': 'authentication',
    'FATAL:  no pg_hba.conf entry for host "::1", user "a", database "b", SSL off': 'authentication',
    'connection to server failed: FATAL:  sorry, too many clients already': 'too many clients',
    'FATAL:  too many connections for role "a"': 'too many clients',
    'FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute': 'too many clients',
    'connection to server failed: FATAL:  database "a" does not exist': 'no such database',
    'connection to server failed: FATAL:  role "a" does not exist': 'no such database',
    'FATAL:  the database system is starting up': 'unavailable',
    'connection failed: server does not support SSL, but SSL was required': 'ssl',
    'connection failed: SSL error: certificate verify failed': 'ssl',
    'root certificate file "/a" does not exist\nNo such file or directory': 'ssl',
    'invalid sslmode value: "a"': 'parameter',
    'invalid connection option "a"': 'parameter',
    'missing "=" after "a" in connection info string': 'parameter',
    'invalid integer value "a" for connection option "port"': 'parameter',
    'a: Connection refused\nb: FATAL:  password authentication failed for user "a"': 'authentication',
    'Verbindungsaufbau abgelehnt': 'other',
    '': 'other',
}


class Misuse(Stub):
    def run_case(self, *case, misuses, ends=('exit',)):
        trace = self.same(MISUSE, *case)
        self.assertEqual(trace.misuses(), misuses)
        self.assertEqual(trace.ends(), sorted(ends))
        self.assertEqual(trace.cannot_tell(), [])
        self.assertEqual(trace.integrity(), 'ok')
        return trace

    def test_after_finish(self):
        """a connection used, and finished, after its PQfinish: with the stacks of both ends of its life"""
        trace = self.run_case('finished-use', misuses={'use after finish': 1})
        self.assertEqual(trace.rows('SELECT function, acquire_stack <> 0, release_stack <> 0 FROM misuse'),
                         [('PQexec', 1, 1)])

    def test_finished_twice(self):
        """PQfinish twice"""
        self.run_case('finished-twice', misuses={'finished twice': 1})

    def test_cleared_twice(self):
        """PQclear twice"""
        self.run_case('cleared-twice', misuses={'cleared twice': 1})

    def test_finished_in_transaction(self):
        """PQfinish in a transaction"""
        self.run_case('finished-in', 'BEGIN', misuses={'finished in transaction': 1})

    def test_finished_with_query(self):
        """PQfinish with a query in flight"""
        self.run_case('finished-in', 'SELECT', 'send', misuses={'finished with query': 1})

    def test_finished_in_copy(self):
        """PQfinish in a COPY"""
        self.run_case('finished-in', 'COPY IN', misuses={'finished in copy': 1})

    def test_finished_idle(self):
        """PQfinish of an idle connection is none"""
        for statement in ('SELECT', 'COMMIT', 'ERROR', 'LOSE'):
            with self.subTest(statement=statement):
                trace = self.shimmed(MISUSE, 'finished-in', statement, trace=statement + '.db').trace
                self.assertEqual(trace.misuses(), {})

    def test_child(self):
        """an inherited connection used, and finished, in a child"""
        for what, misuse in (('use', 'used in child'), ('finish', 'finished in child')):
            with self.subTest(what=what):
                trace = self.shimmed(MISUSE, 'child', what, trace=what + '.db').trace
                self.assertEqual(trace.misuses(), {misuse: 1})

    def test_threads(self):
        """two threads inside one connection: one misuse, of the call that talks to the server"""
        trace = self.run_case('threads', misuses={'two threads': 1})
        self.assertEqual(trace.one('SELECT function FROM misuse'), 'PQgetResult')

    def test_turns(self):
        """threads that take turns are none"""
        self.run_case('turns', misuses={})

    def test_nested(self):
        """a use inside a notice receiver is none"""
        self.run_case('nested', misuses={})

    def test_left(self):
        """a thread that left its call by longjmp, or died in it, is not inside any more"""
        self.run_case('left', misuses={})


class Connections(Stub):
    def test_errors(self):
        """why an attempt failed, from the message; the message itself is not kept"""
        trace = self.same(MISUSE, 'refused', *MESSAGES)
        found = [error for error, in trace.rows('SELECT error FROM connection ORDER BY id')]
        self.assertEqual(dict(zip(MESSAGES, found)), MESSAGES)
        with open(trace.path, 'rb') as file:
            self.assertNotIn(b'Verbindungsaufbau', file.read())

    def test_lost(self):
        """the first use that finds the connection gone, and how long it had been idle"""
        trace = self.same(MISUSE, 'lost')
        idle, functions = trace.rows('SELECT broken_idle_ns, broken_ns IS NOT NULL FROM connection')[0]
        self.assertEqual(functions, 1)
        self.assertGreater(idle, 30_000_000)

    def test_settings(self):
        """how a connection was asked for; a value that is none is not believed, and the password never read"""
        for value, stored in (('require', 'require'), (None, ''), ('secret@host', '(redacted)')):
            with self.subTest(value=value):
                trace = self.same(MISUSE, 'settings', *([value] if value else []), trace=f'{stored[:3]}.db')
                self.assertEqual(trace.rows('SELECT sslmode, connect_timeout, keepalives FROM setting'),
                                 [(stored, '10', '')])
                self.assertEqual(trace.one('SELECT count(*) FROM connection WHERE setting IS NOT NULL'), 1)
                with open(trace.path, 'rb') as file:
                    self.assertNotIn(b'stub-secret-word', file.read())


if __name__ == '__main__':
    tap.main()
