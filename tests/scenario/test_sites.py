# SPDX-License-Identifier: PostgreSQL
"""The caller that matters: of fifty that share a wrapper, the report names those that leak, by file and line."""
import re

import tap
from scenario import Scenario, client, script

def line_of(text, name='wrapper.c'):
    """The line of this client that has this text in it."""
    with open(script(name), encoding='utf-8') as source:
        return next(number for number, line in enumerate(source, 1) if text in line)


def place(site):
    """Of a site in JSON what a person looks for."""
    return site and (site['function'], (site['file'] or '').rsplit('/', 1)[-1], site['line'])


class Wrapper(Scenario):
    """Each case of the client wrapper, by the JSON report."""

    own_database = False

    def findings(self, case, *options):
        run = self.traced(client('wrapper'), case)
        self.assertEqual(run.status, 0, run)
        self.text = run.stderr
        return self.json('t.db', *options)['findings']

    def assert_blamed(self, finding, job, count, wrapper, numbers):
        """`numbers`: callers, leaking ones, lost and acquired by this one, by the others."""
        self.assertEqual(finding['count'], count, finding)
        self.assertEqual(place(finding['site']), (f'job_{job}', 'wrapper.c', line_of(f'JOB({job})')), finding['site'])
        part = finding['separation']
        self.assertEqual(part['wrapper']['function'], wrapper, part)
        self.assertEqual(tuple(part[key] for key in ('callers', 'leaking_callers', 'lost', 'acquired', 'others_lost',
                                                     'others_acquired')), numbers, part)
        # The first line of the finding is what a person sees first.
        self.assertRegex(self.text, rf'(?m)^{count} .* at job_{job} \(wrapper\.c:{line_of(f"JOB({job})")}\)$')

    def test_one(self):
        """one of fifty callers never clears"""
        finding, = self.findings('one')
        self.assert_blamed(finding, 17, 5, 'execute_or_die', (50, 1, 5, 5, 0, 980))
        self.assertIn('    1 of 50 callers of execute_or_die; leaks 5 of 5, the others 0 of 980\n', self.text)
        self.assertEqual(finding['separation']['levels'], 1)

    def test_two_levels(self):
        """the same two levels outside"""
        finding, = self.findings('two-levels')
        self.assert_blamed(finding, 31, 5, 'load_row', (50, 1, 5, 5, 0, 980))
        self.assertEqual(finding['separation']['levels'], 2)
        self.assertEqual(finding['separation']['call_site']['function'], 'execute_or_die')
        self.assertIn('1 of 50 callers of load_row, which calls execute_or_die', self.text)

    def test_some(self):
        """a bad caller that clears two of seven"""
        finding, = self.findings('some')
        self.assert_blamed(finding, 42, 5, 'execute_or_die', (50, 1, 5, 7, 0, 980))

    def test_several(self):
        """three bad callers, a finding each"""
        findings = {finding['site']['function']: finding for finding in self.findings('several')}
        self.assertEqual(sorted(findings), ['job_11', 'job_3', 'job_49'])
        for job in 3, 11, 49:
            self.assert_blamed(findings[f'job_{job}'], job, 5, 'execute_or_die', (50, 3, 5, 5, 10, 950))

    def test_connections(self):
        """connections, and where the others finish theirs"""
        finding, = self.findings('connections')
        self.assert_blamed(finding, 8, 2, 'db_open', (50, 1, 2, 2, 0, 49))
        self.assertEqual(finding['released_from']['site']['function'], 'db_close')
        self.assertEqual(finding['released_from']['stack'][0]['function'], 'db_close')

    def test_all(self):
        """where nobody clears, the wrapper's own line is the site"""
        finding, = self.findings('all')
        self.assertEqual(place(finding['site']), ('execute_or_die', 'wrapper.c', line_of('PQexec(conn, "SELECT 1")')))
        self.assertEqual((finding['count'], finding['stacks'], finding['separation']), (50, 50, None))

    def test_recursion(self):
        """a line that always leaks is one finding, whatever is outside it"""
        finding, = self.findings('recursion')
        self.assertEqual(place(finding['site']), ('walk', 'wrapper.c', line_of('/* line: always */')))
        self.assertEqual((finding['count'], finding['stacks'], finding['separation']), (12, 12, None))

    def test_groups(self):
        """by function and by stack"""
        finding, = self.findings('one', '--group-by=function')
        self.assertEqual(finding['site']['function'], 'job_17')
        self.assertEqual([f['count'] for f in self.json('t.db', '--group-by=stack')['findings']], [5])
        self.assertEqual(len(self.findings('recursion', '--group-by=stack')), 12)

    def test_released_from(self):
        """the stack by which the others release is in the report"""
        finding, = self.findings('one')
        self.assertEqual(finding['released_from']['site']['function'], 'clear_row')
        shown = self.pqleak('report', '--stacks', self.path('t.db'))
        self.assertTrue(re.search(r'released correctly from here \(20 times\)\n +clear_row \(wrapper\.c:', shown.stdout),
                        shown)

    def test_skip(self):
        """a wrapper that is skipped is no site, even where it always leaks"""
        self.findings('all')
        findings = self.json('t.db', '--skip=execute_or_*')['findings']
        self.assertEqual(len(findings), 50)
        self.assertEqual({finding['site']['function'] for finding in findings}, {f'job_{n}' for n in range(50)})
        with open(self.path('skip'), 'w', encoding='utf-8') as file:
            file.write('# ours\n\n  execute_or_die  \nunheard_of\n')
        self.assertEqual(self.json('t.db', f'--skip-file={self.path("skip")}')['findings'], findings)
        self.assertEqual(self.check('t.db', '--skip=job_*'), 1, 'what is skipped leaks all the same')


# case: of each finding its kind, count, site, shape, how many others like it were released, and of how many callers it is
# one, if it is told from others
OWNERS = {
    'failed-connects': [('connection', 5, 'open_or_null', 'grows', 0, None)],
    'failed-results': [('result', 8, 'ask_or_null', 'grows', 0, None)],
    'kept': [('result', 5, 'has_rows', 'grows', 20, None)],
    'only-caller': [('result', 2, 'sum_up', 'grows', 6, None)],
    'one-off': [('result', 1, 'count_once', 'held at exit', 0, 2)],
    'one-forgets': [('connection', 5, 'forget', 'grows', 0, 2), ('connection', 1, 'renew', 'held at exit', 4, 2)],
    'two-held': [('connection', 2, 'establish', 'held at exit', 0, None)],
}


class Owners(Scenario):
    """Who should have given it back: each case of the client owners, and its clean twin."""

    own_database = False

    @tap.each(OWNERS, '{0}')
    def wrong(self, case, findings):
        run = self.traced(client('owners'), case, 'wrong')
        found = self.json('t.db')['findings']
        self.assertEqual([(f['kind'], f['count'], f['site']['function'], f['shape'], f['released'],
                           f['separation'] and f['separation']['callers']) for f in found], findings, run)
        for finding in found:
            self.assertEqual(place(finding['site'])[1:],
                             ('owners.c', line_of(f'/* line: {finding["site"]["function"]} */', 'owners.c')))
            self.assertRegex(run.stderr, rf'(?m)^{finding["count"]} .* at {finding["site"]["function"]} \(owners\.c:')
        is_held = {finding['shape'] for finding in found} == {'held at exit'}
        self.assertEqual(self.check('t.db', '--allow-held-at-exit'), 0 if is_held else 1)

    @tap.each(OWNERS, '{0}: the clean twin')
    def right(self, case, *_):
        self.assert_released(self.traced(client('owners'), case, 'right'))

    def test_words(self):
        """how many of how many, where there are no other callers; and what is held"""
        self.assertIn('\n    leaks 2 of 8\n', self.traced(client('owners'), 'only-caller', 'wrong').stderr)
        self.assertIn('\n    leaks 5 of 25\n', self.traced(client('owners'), 'kept', 'wrong').stderr)
        text = self.traced(client('owners'), 'one-forgets', 'wrong').stderr
        self.assertIn('    1 of 2 callers of establish; leaks 5 of 5, the others 0 of 4\n', text)
        self.assertIn('    1 of 2 callers of establish; holds 1 of 5\n', text)
        self.assertIn('held at exit: one by each of 2 call paths in each process\n',
                      self.traced(client('owners'), 'two-held', 'wrong').stderr)

    def assert_note(self, sort, count, site, *callers):
        """One note of a sort, by call site, with the callers that differ; in the text, too."""
        note, = self.json('t.db', '--all')[sort]
        self.assertEqual((note.get('count', note.get('connections')), place(note['site'])),
                         (count, (site, 'owners.c', line_of(f'/* line: {site} */', 'owners.c'))), note)
        self.assertEqual([call['function'] for call in note['callers']], list(callers), note)
        lines = [place(call) for call in note['callers']]
        self.assertIn(f'    callers   {", ".join(f"{name} ({file}:{line})" for name, file, line in lines)}\n', self.text)

    def test_notes(self):
        """a note is of a site, and names the callers that differ; the clean twin has none"""
        self.text = self.traced(client('owners'), 'often', 'wrong').stderr
        self.assert_note('churn', 20, 'ask_once', 'poll_orders', 'poll_stock')
        self.assertIn('20 connections for 1 query each, opened at ask_once (owners.c:', self.text)
        self.text = self.traced(client('owners'), 'failed-connects', 'wrong').stderr
        self.assert_note('failed_connects', 5, 'open_or_null', 'read_from', 'write_to')
        self.assertIn('5 failed connects (refused) at open_or_null (owners.c:', self.text)
        self.assertNotIn('Notes', self.traced(client('owners'), 'often', 'right').stderr)


if __name__ == '__main__':
    tap.main()
