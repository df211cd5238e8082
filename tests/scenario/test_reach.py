# SPDX-License-Identifier: PostgreSQL
"""Programs that are started where LD_PRELOAD is lost or cannot be used: they run, and the check says what it missed."""
import contextlib
import os
import pathlib
import shutil
import sqlite3
import subprocess

import tap
from scenario import CLIENTS, PYTHON, SHIM, SECONDS, Scenario, client

STARTER = os.path.join(CLIENTS, 'starter')
ACQUIRE = client('acquire')
CLEAN = f'{ACQUIRE} loop 1 1'
EXCHANGED = ('execve', 'execv', 'execvp', 'execvpe', 'execl', 'execlp', 'execle', 'fexecve', 'execveat', 'posix_spawn',
             'posix_spawnp')
CALLS = (*EXCHANGED, 'system', 'popen')
WITH_PSYCOPG = "import psycopg2\npsycopg2.connect('').close()\nprint('done')\n"
# What a program of musl says of its environment.
MUSL = '''
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
extern char **environ;
int main(void) {
	const char *preload = getenv("LD_PRELOAD");
	int count = 0;
	for (char **entry = environ; *entry != NULL; entry++)
		count += strncmp(*entry, "MANY", 4) == 0;
	printf("%s %d\\n", preload != NULL ? preload : "none", count);
	return 0;
}
'''
# The same for the 32 bits of x86, without any library.
OTHER_MACHINE = r'''
static long call(long number, long first, const void *second, long third)
{
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second), "d"(third) : "memory");
	return result;
}
void start(long *stack)
{
	const char *found = "none";
	for (char **entry = (char **)(stack + stack[0] + 2); *entry; entry++)
		if ((*entry)[0] == 'L' && (*entry)[1] == 'D' && (*entry)[3] == 'P')
			found = "told";
	call(4, 1, found, 4);
	call(1, 0, 0, 0);
}
__asm__(".globl _start\n_start: mov %esp, %eax\n push %eax\n call start\n");
'''


class Reach(Scenario):
    def pg(self):
        """The variables that lead to the server, as words for env."""
        return [f'{name}={value}' for name, value in sorted(self.environment.items()) if name.startswith('PG')]

    def file(self, name, text):
        path = pathlib.Path(self.path(name))
        path.write_text(text, encoding='utf-8')
        path.chmod(0o755)
        return str(path)

    def beside(self, *command, options=(), **more):
        """Runs a command after a clean client of libpq."""
        return self.traced('sh', '-c', f'{CLEAN} && "$@"', 'sh', *command, options=['--check', *options], **more)

    def out_of_sight(self, *command, name, sign):
        run = self.beside(*command)
        self.assertEqual(run.status, 2, run)
        self.assertIn(f'pqleak: unseen: {name}\n', run.stderr)
        self.assertEqual(len(run.trace.cannot_tell()), 1, run)
        self.assertRegex(run.trace.cannot_tell()[0], f'{sign}; see pqleak doctor$')
        return run

    def passed(self, *command, name, **more):
        """Out of sight without a sign: it is named, and no more."""
        run = self.beside(*command, **more)
        self.assertEqual((run.status, run.trace.cannot_tell()), (0, []), run)
        self.assertIn(f'pqleak: unseen: {name}\n', run.stderr)
        return run

    def by_each_call(self, whole):
        """A shell's command that starts the clean client by each call, as a program with a name of its own."""
        for call in CALLS:
            shutil.copy(ACQUIRE, self.path(f'acquire-{call}'))
        return ' && '.join(f'{STARTER} {whole} {call} {self.path(f"acquire-{call}")} loop 1 1' for call in CALLS)

    # --- cleared environments ---

    def test_signs(self):
        """a variable, an argument, what the program needs, what its script names"""
        job = self.file('job.py', WITH_PSYCOPG)
        python = os.path.realpath(PYTHON)
        version = os.path.basename(python)
        psql = ['/usr/bin/psql', '-Atc', 'SELECT 1']
        server = ['-h', self.environment['PGHOST'], '-p', self.environment['PGPORT'], '-U', self.environment['PGUSER']]
        for case, command, name, sign in (
                ('variable', [*self.pg(), *psql], 'perl psql', '/usr/bin/perl /usr/bin/psql was started without pqleak'
                 ' in its environment, and has PGDATABASE in its environment'),
                ('URL', ['DB=postgresql://hunter2@db/bank', 'sh', '-c', ':'], 'dash', "URL as DB in its environment"),
                ('argument', [*psql, *server, 'postgres'], 'perl psql', 'psql in its arguments'),
                ('shell', ['sh', '-c', 'command -v psql >/dev/null'], 'dash', 'psql in its arguments'),
                ('program', [f'PATH={os.environ["PATH"]}', ACQUIRE, 'help'], 'client-acquire', 'and has libpq'),
                ('script', [f'PATH={os.environ["PATH"]}', python, '-I', job], f'{version} job.py',
                 'psycopg in its script')):
            with self.subTest(case=case):
                run = self.out_of_sight('sh', '-c', '"$@" || :', 'sh', 'env', '-i', *command, name=name, sign=sign)
                self.assertNotIn('hunter2', str(run.trace.rows('SELECT * FROM unseen')) + run.stderr)

    def test_doctor(self):
        """doctor knows env -i"""
        for words, status in ((['-i', 'A=1'], 1), (['A=1'], 2)):
            run = self.pqleak('doctor', '--', 'env', *words, ACQUIRE)
            self.assertEqual((run.status, '--keep-environment' in run.stdout), (status, status == 1), run)

    def test_no_sign(self):
        """what shows nothing of PostgreSQL is named and fails nothing; ls is told where the server is, and cannot ask"""
        plain = self.file('plain.py', "print('plain')\n")
        version = os.path.basename(os.path.realpath(PYTHON))
        self.passed('env', '-i', 'HOME=/', PYTHON, plain, name=f'{version} plain.py')
        self.passed('env', '-i', *self.pg(), '/bin/ls', '/dev/null', name='ls')

    def test_each_call(self):
        """an environment that is cleared by whatever call"""
        run = self.beside('sh', '-c', self.by_each_call(''))
        self.assertEqual(run.status, 2, run)
        names = {os.path.basename(exe) for exe, in run.trace.rows("SELECT exe FROM unseen WHERE how = 'environment'")}
        self.assertEqual(names, {'dash', *(f'acquire-{call}' for call in EXCHANGED)}, run)
        self.assertEqual(self.server_sessions(), 1 + len(CALLS))

    def test_keep(self):
        """--keep-environment traces what is started by a call that can be given another environment"""
        run = self.traced('sh', '-c', self.by_each_call(''), options=['--check', '--keep-environment'])
        self.assertEqual(run.status, 2, run)
        self.assertIn('pqleak: unseen: dash\n', run.stderr)
        self.assertEqual(run.trace.verdicts(), {'released': len(EXCHANGED)})
        self.assertEqual(self.server_sessions(), len(CALLS))

    def test_keep_settings(self):
        """... with all that run was asked for, from program to program, and whatever else is preloaded"""
        other = self.path('libother.so')
        subprocess.run(['gcc', '-shared', '-fPIC', '-x', 'c', '/dev/null', '-o', other], check=True, timeout=SECONDS)
        leak = f'exec env -i {" ".join(self.pg())} {ACQUIRE} connectdb'
        run = self.traced('env', '-i', f'LD_PRELOAD={other}', *self.pg(), 'sh', '-c', f'echo $LD_PRELOAD; {leak}',
                          options=['--check', '--keep-environment', '--label=kept', '--sql=text'])
        self.assertEqual((run.status, run.stdout), (1, f'{SHIM}:{other}\n'), run)
        self.assertEqual(run.trace.rows('SELECT label FROM process'), [('kept',)])
        self.assertEqual(run.trace.verdicts(), {'leaked': 1})

    def test_half(self):
        """LD_PRELOAD alone is not enough: the trace would be another one"""
        half = ('env', '-i', f'LD_PRELOAD={SHIM}', *self.pg(), ACQUIRE, 'loop', '1', '1')
        run = self.traced('sh', '-c', f'{CLEAN} && "$@"', 'sh', *half, options=['--check'])
        self.assertEqual(run.status, 2, run)
        self.assertIn('pqleak: unseen: client-acquire\n', run.stderr)
        run = self.traced(*half, options=['--check', '--keep-environment'])
        self.assertEqual((run.status, run.trace.verdicts()), (0, {'released': 1}), run)

    def test_machine(self):
        """a program for another machine is not told of a library that its linker would complain about"""
        self.file('other.c', OTHER_MACHINE)
        build = self.execute(['gcc', '-m32', '-nostdlib', '-static', '-O1', '-fno-pie', '-no-pie', '-fno-stack-protector',
                              'other.c', '-o', 'other'])
        if build.returncode != 0 or self.execute(['./other']).returncode != 0:
            self.skipTest('nothing here runs or compiles for another machine')
        run = self.passed(self.path('other'), name='other')
        self.assertEqual(run.stdout, 'none')

    def test_setuid(self):
        """what runs with other rights is judged by what it is told to run, and not by an environment that is everybody's"""
        if os.geteuid() != 0:
            self.skipTest('only root can make a program of another user')
        program = shutil.copy('/usr/bin/env', self.path('as-nobody'))
        os.chown(program, 65534, -1)
        os.chmod(program, 0o4755)
        self.passed(program, 'true', name='as-nobody')
        self.out_of_sight(program, 'psql', '--version', name='as-nobody',
                          sign='LD_PRELOAD is ignored, and has psql in its arguments')

    def test_many_scripts(self):
        """a trace that names more text than anybody writes is not read to its end, and says so"""
        self.traced('/bin/true')
        big = self.file('big', 'x' * (1 << 20))
        with contextlib.closing(sqlite3.connect(self.path('t.db'))) as trace, trace:
            trace.executemany("INSERT INTO unseen (exe, how, module) VALUES ('/bin/ls', 'environment', ?)",
                              [('/' * i + big,) for i in range(70)])
        run = self.pqleak('check', self.path('t.db'))
        self.assertEqual(run.status, 2, run)
        self.assertEqual(run.trace.rows('SELECT sign, count(*) FROM unseen GROUP BY sign'), [(None, 6), ('', 64)])

    def test_allowed(self):
        """--allow-unseen accepts them"""
        run = self.traced('sh', '-c', f'{CLEAN} && env -i {ACQUIRE} help; :', options=['--allow-unseen'])
        self.assertIn('nothing leaked as far as could be seen', run.stderr)
        self.assertIn('pqleak: unseen: client-acquire\n', run.stderr)

    def test_keep_is_asked_for(self):
        """without it the environment is what the program made it"""
        run = self.traced('env', '-i', 'A=1', '/usr/bin/env')
        self.assertEqual((run.status, run.stdout), (0, 'A=1\n'), run)

    # --- other C libraries ---

    def musl(self, *arguments):
        if shutil.which('musl-gcc') is None:
            self.fail('musl-gcc is missing: run scripts/install-dependencies --test')
        self.file('musl.c', MUSL)
        subprocess.run(['musl-gcc', *arguments], check=True, timeout=SECONDS, cwd=self.folder)
        return self.path(arguments[-1])

    def test_musl(self):
        """a program of musl runs as ever: as the command, as its child, as a script's interpreter, by its linker"""
        program = self.musl('musl.c', '-o', 'tool')
        script = self.file('script', f'#!{program}\n')
        run = self.traced(program, options=['--check'])
        self.assertEqual((run.status, run.stdout), (2, 'none 0\n'), run)
        self.assertIn('uses a C library other than glibc', run.stderr)
        linker = '/lib/ld-musl-x86_64.so.1' if os.uname().machine == 'x86_64' else '/lib/ld-musl-aarch64.so.1'
        others = [f'{STARTER} whole {call} {program} 1 2 3' for call in CALLS]
        run = self.beside('sh', '-c', ' && '.join([script, f'{linker} {program}', program, *others]))
        self.assertEqual((run.status, run.trace.cannot_tell()), (0, []), run)
        self.assertEqual(run.stdout.splitlines(), ['none 0'] * (3 + len(CALLS)))
        self.assertIn('pqleak: unseen: libc.so, tool, tool script\n', run.stderr)

    def test_musl_and_many(self):
        """more variables than have room on the stack"""
        program = self.musl('musl.c', '-o', 'tool')
        run = self.passed(program, name='tool', env={f'MANY{i}': 'x' for i in range(2000)})
        self.assertEqual(run.stdout, 'none 2000\n')

    def test_musl_and_others(self):
        """what else is preloaded stays"""
        other = self.path('libother.so')
        subprocess.run(['gcc', '-shared', '-nostdlib', '-fPIC', '-x', 'c', '/dev/null', '-o', other], check=True,
                       timeout=SECONDS)
        program = self.musl('musl.c', '-o', 'tool')
        run = self.passed('sh', '-c', 'LD_PRELOAD="$LD_PRELOAD $1" exec "$0"', program, other, name='tool')
        self.assertEqual(run.stdout.splitlines()[-1], f'{other} 0')

    def test_musl_with_libpq(self):
        """one that needs libpq cannot be traced, and that is a reason"""
        self.file('none.c', 'int pqleak_test_none;\n')
        self.musl('-shared', '-Wl,-soname,libpq.so.5', 'none.c', '-o', 'libpq.so.5')
        program = self.musl('musl.c', '-Wl,--no-as-needed', './libpq.so.5', '-Wl,-rpath,$ORIGIN', '-o', 'client')
        self.out_of_sight(program, name='client', sign='ran without pqleak, and has libpq')

    def test_own_linker(self):
        """a program that brings its own copy of glibc's linker is traced"""
        header = subprocess.run(['readelf', '-l', ACQUIRE], check=True, stdout=subprocess.PIPE, text=True, timeout=SECONDS)
        linker = header.stdout.split('program interpreter: ')[1].split(']')[0]
        shutil.copy(linker, self.path('ld-own.so'))
        flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'libpq'], check=True, stdout=subprocess.PIPE, text=True,
                               timeout=SECONDS).stdout.split()
        self.file('own.c', '#include <libpq-fe.h>\nint main(void) { PQfinish(PQconnectdb("")); return 0; }\n')
        subprocess.run(['gcc', 'own.c', '-o', 'own', *flags, f'-Wl,--dynamic-linker={self.path("ld-own.so")}'], check=True,
                       timeout=SECONDS, cwd=self.folder)
        run = self.traced(self.path('own'), options=['--check'])
        self.assertEqual((run.status, run.trace.verdicts()), (0, {'released': 1}), run)


if __name__ == '__main__':
    tap.main()
