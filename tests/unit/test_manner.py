#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""How a stack of releases is read: a stack for each rule of trace/base/views-manner.sql, each beside one that looks like it.

Usage: test_manner.py SOURCE
"""
import pathlib
import sqlite3
import sys
import unittest

TRACE = pathlib.Path(sys.argv.pop(1)) / 'trace'
LIBC, PYTHON, PHP, FPM = '/lib/x86_64-linux-gnu/libc.so.6', '/usr/bin/python3.11', '/usr/bin/php8.2', '/usr/sbin/php-fpm8.2'
RUBY, APP = '/usr/lib/x86_64-linux-gnu/libruby-3.1.so.3.1', '/srv/app'
MAIN = [(LIBC, '__libc_start_main')]


class Manner(unittest.TestCase):
    def setUp(self):
        self.trace = sqlite3.connect(':memory:')
        for part in ('store/schema.sql', 'store/views.sql', 'base/views-driver.sql', 'base/views-manner.sql', 'store/views-report.sql'):
            self.trace.executescript((TRACE / part).read_text(encoding='utf-8'))
        self.addCleanup(self.trace.close)

    def add(self, frames):
        """A stack, innermost frame first: (module, function), the function None without a name; or a script's file, perhaps with
        a function behind a blank."""
        ask = self.trace.execute
        stack = ask('INSERT INTO stack (frames) SELECT count(*) FROM stack').lastrowid
        for level, frame in enumerate(frames):
            place = ask('SELECT count(*) FROM frame').fetchone()[0]
            if isinstance(frame, str):
                file, function = (frame.split(' ') + ['f'])[:2]
                ask("INSERT OR IGNORE INTO script (language, function, file) VALUES ('ruby', ?, ?)", (function, file))
                number = ask('INSERT INTO frame ("offset", script) SELECT ?, id FROM script WHERE file = ? AND function = ?',
                             (place, file, function)).lastrowid
            else:
                ask('INSERT OR IGNORE INTO module (path) VALUES (?)', frame[:1])
                number = ask('INSERT INTO frame (module, "offset") SELECT id, ? FROM module WHERE path = ?', (place, frame[0])).lastrowid
                if frame[1] is not None:
                    ask('INSERT INTO symbol VALUES (?, 0, ?, NULL, NULL)', (number, frame[1]))
            ask('INSERT INTO stack_frame VALUES (?, ?, ?)', (stack, level, number))
        return stack

    def expect(self, manner, *frames):
        found = self.trace.execute('SELECT manner FROM stack_manner WHERE stack = ?', (self.add(frames),)).fetchone()[0]
        self.assertEqual(found, manner, frames)

    def test_the_c_library_ends_a_process_and_a_thread(self):
        self.expect('code', (APP, 'close_all'), (APP, 'main'), *MAIN)
        self.expect('exit', (APP, 'close_all'), (LIBC, '__run_exit_handlers'), (LIBC, 'exit'), *MAIN)
        self.expect('exit', (APP, 'close_all'), (LIBC, None), (LIBC, 'exit'), *MAIN)  # without debug information
        self.expect('code', (APP, 'exit'), (APP, 'main'), *MAIN)  # a function of the program's own
        self.expect('thread', (APP, 'close_one'), (LIBC, '__nptl_deallocate_tsd'), (LIBC, 'start_thread'), (LIBC, 'clone3'))
        self.expect('exit', (APP, '~Pool'), (LIBC, '__call_tls_dtors'), (LIBC, 'exit'), *MAIN)  # the first thread's

    def test_pythons_end_is_no_mere_collection(self):
        self.expect('exit', (PYTHON, None), (PYTHON, 'PyGC_Collect'), (PYTHON, 'Py_FinalizeEx'), (PYTHON, 'Py_RunMain'), *MAIN)
        self.expect('collector', (PYTHON, None), (PYTHON, 'PyType_GenericAlloc'), '/srv/app.py', (PYTHON, 'Py_RunMain'), *MAIN)
        self.expect('code', (PYTHON, None), '/srv/app.py', (PYTHON, 'Py_RunMain'), *MAIN)
        self.expect('thread', (PYTHON, 'PyThreadState_Clear'), (PYTHON, None), (LIBC, 'start_thread'))

    def test_the_end_of_a_request_ends_php_alone(self):
        self.expect('exit', (PHP, 'php_request_shutdown'), (PHP, None), *MAIN)
        self.expect('code', (FPM, 'php_request_shutdown'), (FPM, None), *MAIN)
        self.expect('exit', (FPM, 'php_module_shutdown'), (FPM, None), *MAIN)
        self.expect('collector', (PHP, 'zend_gc_collect_cycles'), '/srv/app.php', (PHP, 'zend_execute_scripts'), *MAIN)

    def test_a_stripped_ruby_ends_where_no_code_runs_further_in(self):
        self.expect('exit', (RUBY, None), (RUBY, 'ruby_run_node'), *MAIN)
        self.expect('code', (RUBY, 'rb_vm_exec'), (RUBY, 'ruby_run_node'), *MAIN)
        self.expect('code', (RUBY, None), '/srv/app.rb', '/srv/app.rb <main>', (RUBY, 'ruby_run_node'), *MAIN)

    def test_what_ruby_does_not_call_from_main_its_end_calls(self):
        self.expect('exit', (RUBY, None), '/srv/app.rb', (RUBY, 'rb_vm_exec'), (RUBY, 'ruby_run_node'), *MAIN)  # at_exit
        self.expect('code', '/srv/app.rb', '/srv/app.rb <main>', (RUBY, 'rb_vm_exec'), (RUBY, 'ruby_run_node'), *MAIN)
        self.expect('code', '/srv/app.rb', (RUBY, None), (LIBC, 'start_thread'), (LIBC, 'clone3'))  # a thread's block

    def test_what_is_not_known_is_not_the_codes(self):
        self.expect('unknown')
        self.expect('unknown', (APP, 'close_all'), ('/usr/bin/perl', None))  # no name of that module was found
        self.expect('code', (APP, 'close_all'), ('/opt/libsome.so', None))  # of no runtime
        self.expect('unknown', *[(APP, 'deep')] * 64)  # the rest was not recorded
        self.expect('code', *[(APP, 'deep')] * 63)
        self.expect('unknown', '/srv/app.rb', (RUBY, 'rb_ensure'), (RUBY, 'rb_vrescue2'))  # nothing begins there


if __name__ == '__main__':
    unittest.main()
