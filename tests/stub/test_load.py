# SPDX-License-Identifier: PostgreSQL
"""Every way a program comes to a libpq at run time: plug-ins, RTLD_DEEPBIND, dlsym, several libpqs, one inside a plug-in."""
import os
import shutil
import unittest

import tap
from stub import SANITIZE, SHIM, Stub, built, host

LOAD = host('load')
TWO = host('two')
MANY = host('many')
SYSTEM = built('libpq.so.5')
BUNDLED = built('libpq-ab12cd34.so')
SYMBOLIC = built('libpq-symbolic.so')
OLD = built('libpq-old.so')

# What host-load's case 'plugin' does.
PLUGIN = ({'released': 1, 'leaked': 1}, {'released': 3, 'leaked': 1})
# With libpq inside the plug-in, a callback's calls cannot be told from libpq's own: the result that the notice receiver
# clears is known only as one whose address came again.
PLUGIN_STATIC = ({'released': 1, 'leaked': 1}, {'released': 2, 'leaked': 1}, 1)
DEEP = unittest.skipIf('address' in SANITIZE, 'the address sanitizer refuses RTLD_DEEPBIND')
OWN_DLOPEN = unittest.skipIf(SANITIZE != 'none', 'sanitizers replace dlopen themselves, and lose its caller')


def plugin_file(name):
    return built(f'plugin-{name}.so')


class Plugins(Stub):
    """A plug-in that is loaded and used; made below for each kind and mode."""

    def use(self, name, mode, **more):
        trace = self.same(LOAD, 'plugin', plugin_file(name), mode, **more)
        self.assert_counts(trace, *(PLUGIN_STATIC if name == 'static' else PLUGIN))
        self.assert_nothing_foreign(trace)
        return trace

    def add(kind, mode):  # pylint: disable=no-self-argument
        def case(self):
            trace = self.use(kind, mode)
            self.assertIn("it calls the plug-in's own" if 'deep' in mode else "it calls the host's", trace.said)
        case.__doc__ = f'a {kind} plug-in, opened {mode}'
        return DEEP(case) if 'deep' in mode else case

    for kind in ('lazy', 'now', 'noplt', 'bundled', 'symbolic', 'static'):
        for mode in ('local', 'local now', 'global', 'deep', 'deep now', 'deep global'):
            locals()[f'test_{kind}_{mode.replace(" ", "_")}'] = add(kind, mode)
    del add, kind, mode

    @DEEP
    def test_deepbind_cleared(self):
        """PQLEAK_DEEPBIND=clear: seen as well, and the module is bound like any other"""
        for name in ('lazy', 'now', 'static'):
            with self.subTest(plugin=name):
                run = self.shimmed(LOAD, 'plugin', plugin_file(name), 'deep', env={'PQLEAK_DEEPBIND': 'clear'},
                                   trace=name + '.db')
                self.assertIn("it calls the host's", run.stdout)
                run.trace.said = run.stdout
                self.assert_counts(run.trace, *(PLUGIN_STATIC if name == 'static' else PLUGIN))

    def test_constructor(self):
        """a plug-in that connects while it is loaded"""
        trace = self.same(LOAD, 'plugin', plugin_file('lazy'), 'local', env={'PLUGIN_CONSTRUCTOR': '1'})
        self.assert_counts(trace, {'released': 2, 'leaked': 1}, PLUGIN[1])

    @DEEP
    def test_constructor_deep(self):
        """a DEEPBIND plug-in that connects while it is loaded is seen only with PQLEAK_DEEPBIND=clear"""
        for setting, released in (('keep', 1), ('clear', 2)):
            run = self.shimmed(LOAD, 'plugin', plugin_file('now'), 'deep', trace=setting + '.db',
                               env={'PLUGIN_CONSTRUCTOR': '1', 'PQLEAK_DEEPBIND': setting})
            self.assertEqual(run.status, 0, run)
            self.assertEqual(run.trace.verdicts('connection'), {'released': released, 'leaked': 1}, setting)

    def test_jump(self):
        """longjmp out of a notice receiver, in a plug-in"""
        for name, mode in (('lazy', 'local'), ('now', 'global'), ('static', 'local'), ('symbolic', 'local')):
            with self.subTest(plugin=name):
                trace = self.same(LOAD, 'jump', plugin_file(name), mode, trace=name + '.db')
                self.assert_counts(trace, {'released': 1}, {'released': 50, 'leaked': 1})

    def test_reload(self):
        """a plug-in that is unloaded and loaded again, at the same address and elsewhere; its destructor finishes"""
        self.reload('local')

    @DEEP
    def test_reload_deep(self):
        """the same with RTLD_DEEPBIND"""
        self.reload('deep')

    def reload(self, mode):
        for name in ('lazy', 'bundled', 'static'):
            for where in ('here', 'elsewhere'):
                with self.subTest(plugin=name, where=where):
                    trace = self.same(LOAD, 'reload', plugin_file(name), mode, where, trace=name + where + '.db')
                    self.assertEqual(trace.said.count('it is gone'), 20, trace.said)
                    self.assert_nothing_foreign(trace)
                    self.assert_counts(trace, {'released': 20}, {'released': 100, 'leaked': 1})

    def test_constructor(self):
        """a library that calls libpq before our own constructor has run: what follows is recorded, and the gap is said"""
        run = self.shimmed(LOAD, 'plugin', plugin_file('lazy'), 'local', after=[plugin_file('bundled')],
                           env={'PLUGIN_CONSTRUCTOR': '1'})
        self.assertEqual(run.status, 0, run)
        self.assertEqual(run.trace.one('SELECT sum(dropped) FROM process'), 1)
        self.assertEqual(run.trace.one("SELECT count(*) FROM connection WHERE state = 'connected'"), 3, 'one is the plug-in\'s')

    @OWN_DLOPEN
    def test_runpath(self):
        """dlopen looks where its caller's RUNPATH says, not ours"""
        trace = self.same(LOAD, 'runpath', plugin_file('runpath'), 'libpqstub-inner.so')
        self.assertIn('the plug-in: found', trace.said)
        self.assertIn('the host: NULL', trace.said)
        self.assertIn('the plug-in, deep: found', trace.said)

    def test_orphan(self):
        """a function that no libpq defines fails, and one line says so"""
        run = self.shimmed(LOAD, 'orphan', plugin_file('orphan'))
        self.assertEqual((run.status, run.stdout), (0, 'open: NULL\nexec: NULL\n'), run)
        self.assertRegex(run.stderr, r'\Apqleak: process \d+ \(host-load\): a libpq function was called that no loaded'
                                     r' libpq defines; the call fails\n\Z')

    def test_lacking(self):
        """a function that the caller's libpq lacks fails, whatever other libpqs there are"""
        run = self.shimmed(LOAD, 'lacking', plugin_file('old'), SYMBOLIC)
        self.assertRegex(run.stdout, r'\Anewer: NULL\n(.|\n)*its libpq: 0 foreign, 0 connections, 0 results and 0 blocks held\n'
                                     r'the other: 0 foreign, 0 connections, 0 results and 0 blocks held\n\Z')
        self.assertRegex(run.stderr, r'\Apqleak: [^\n]* the call fails\n\Z')
        run.trace.said = run.stdout
        self.assert_counts(run.trace, {'released': 1}, {'released': 1})

    def test_missing_function(self):
        """a lookup by name in an old libpq that lacks some"""
        trace = self.same(LOAD, 'dlsym', OLD)
        self.assertRegex(trace.said, r'PQclosePrepared: NULL, .*libpq-old.so: undefined symbol: PQclosePrepared')
        self.assert_counts(trace, {'released': 1}, {'released': 2, 'leaked': 1})


class ByName(Stub):
    """dlsym: ctypes, and every FFI."""

    def test_dlsym(self):
        """dlopen and dlsym of each libpq; what it lacks is NULL with the same dlerror"""
        for path in (SYSTEM, BUNDLED, SYMBOLIC):
            with self.subTest(path=path):
                trace = self.same(LOAD, 'dlsym', path, trace=os.path.basename(path) + '.db')
                self.assert_counts(trace, {'released': 1}, {'released': 2, 'leaked': 1})
                self.assert_nothing_foreign(trace)
                self.assertIn('the same twice: 1', trace.said)
                self.assertIn('PQnoSuchFunction: NULL, ', trace.said)
                self.assertNotIn('is another one', trace.said)
                self.assertEqual('PQexec version STUB_1: found' in trace.said, path == BUNDLED, trace.said)

    def test_global_scope(self):
        """RTLD_DEFAULT and the program's handle: NULL while no libpq is there, and then that libpq"""
        plain = self.plain(LOAD, 'default', SYSTEM)
        run = self.shimmed(LOAD, 'default', SYSTEM)
        # The only difference: the program's own lookup that fails is made by us, and dlerror says so.
        self.assertEqual(run.stdout.replace(SHIM, LOAD), plain.stdout, run)
        self.assertRegex(run.stdout, r'\ARTLD_DEFAULT: NULL, .*: undefined symbol: PQconnectdb\n')
        self.assertEqual((run.status, run.stderr), (0, ''))
        run.trace.said = run.stdout
        self.assert_counts(run.trace, {'leaked': 1}, {})

    def test_inside(self):
        """a plug-in asks RTLD_DEFAULT and RTLD_NEXT: its own scope counts"""
        for name in ('lazy', 'static'):
            for mode in ('local', 'global'):
                with self.subTest(plugin=name, mode=mode):
                    trace = self.same(LOAD, 'inside', plugin_file(name), mode, trace=name + mode + '.db')
                    found = 1 + trace.said.count('RTLD_DEFAULT: found')
                    self.assertEqual(trace.verdicts('connection'), {'leaked': found}, trace.said)

    @DEEP
    def test_inside_deep(self):
        """dlsym called inside a DEEPBIND plug-in"""
        for name in ('lazy', 'now'):
            with self.subTest(plugin=name):
                trace = self.same(LOAD, 'inside', plugin_file(name), 'deep', trace=name + '.db')
                self.assertEqual(trace.verdicts('connection'), {'leaked': 2}, trace.said)


class Several(Stub):
    """Several libpqs in one process: each call reaches the one that made its object."""

    def several(self, *command, connections, results, own=True, **how):
        trace = self.same(*command, **how)
        if own:
            self.assert_nothing_foreign(trace)
        self.assert_counts(trace, connections, results)
        return trace

    def test_linked_and_by_name(self):
        """the system's by NEEDED, a bundled one by dlopen and dlsym"""
        for path in (BUNDLED, SYMBOLIC):
            with self.subTest(path=path):
                shutil.rmtree(self.folder)
                os.mkdir(self.folder)
                self.several(TWO, 'two', path, connections={'released': 20}, results={'released': 20, 'leaked': 10})

    def test_plugins(self):
        """the system's by NEEDED, and plug-ins with their own: ELF binds those to the first as well"""
        self.several(TWO, 'plugins', plugin_file('bundled'), plugin_file('static'), own=False,
                     connections={'released': 30}, results={'released': 60})

    @DEEP
    def test_plugins_deep(self):
        """... unless they are opened with RTLD_DEEPBIND"""
        trace = self.several(TWO, 'plugins', plugin_file('bundled'), plugin_file('symbolic'), 'deep',
                             connections={'released': 30}, results={'released': 60})
        for whose in ('linked', 'first', 'second'):
            self.assertIn(f'{whose}: 10 PQconnectdb\n', trace.said)

    def test_trampolines(self):
        """through a library without a libpq, with and without a return address in it"""
        self.several(MANY, 'trampolines', BUNDLED, SYMBOLIC, connections={'released': 2}, results={'released': 40})

    def test_later(self):
        """a plug-in with its own comes after the first has been used, when there was but one"""
        self.several(MANY, 'later', plugin_file('bundled'), plugin_file('symbolic'),
                     connections={'released': 20}, results={'released': 20})

    def test_pointers(self):
        """a plug-in hands out PQclear's address, and the host and a library call it"""
        self.several(MANY, 'pointers', plugin_file('bundled'), plugin_file('symbolic'),
                     connections={'released': 20}, results={'released': 60})

    def test_handed(self):
        """... of which the second comes when the first has been used, when there was but one"""
        for plugins in (('bundled', 'symbolic'), ('static', 'bundled')):
            paths = [plugin_file(name) for name in plugins]
            self.several(MANY, 'handed', *paths, connections={'released': 2}, results={'released': 60}, trace=plugins[0] + '.db')
            self.several(MANY, 'handed', *paths, 'keep', connections={'released': 2}, results={'released': 60, 'leaked': 2},
                         trace=plugins[0] + '-keep.db')

    def test_pointers_static(self):
        """the same with a libpq inside a plug-in"""
        self.several(MANY, 'pointers', plugin_file('static'), plugin_file('bundled'),
                     connections={'released': 20}, results={'released': 60})


if __name__ == '__main__':
    tap.main()
