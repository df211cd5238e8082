#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The reports for programs, held against their own rules: formats.py PQLEAK

On each fixture every format is parsed as its readers do, and must speak of the same problems as the JSON.  JSON must
satisfy docs/report.schema.json, with no key that it does not describe; SARIF the published schema, which
scripts/npm-packages fetches.  TAP on stdout.
"""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

from fixtures import HERE, SECONDS, make_trace, rows, shell
from golden import ENVIRONMENT
from readers import Reader, expect, strict, validator

FORMATS = ('json', 'sarif', 'junit', 'github', 'gitlab', 'tap')
FIXTURES = ('clean', 'leaks', 'misuse', 'kinds', 'killed', 'incomplete', 'incomplete-leaks', 'nothing', 'scripts', 'hostile',
            'by-design', 'many', 'out-of-sight', 'forked', 'handover', 'wrapper', 'habits', 'drained', 'peak', 'abandoned')
ALONE = ('leaks', 'incomplete')  # where --format=FORMAT must print what --output=FORMAT=FILE writes
GROUPS = ('site', 'stack', 'function', 'module', 'database')
# For the address sanitizer every piece of code must run; what it wrote is judged in the usual build.
SANITIZED = 'ASAN_OPTIONS' in os.environ
TOP = HERE.parent.parent
OURS = validator(TOP / 'docs' / 'report.schema.json', strict)
SARIF_SCHEMA = pathlib.Path(os.environ.get('PQLEAK_TEST_NPM', '/nonexistent')) / 'sarif-schema-2.1.0.json'
SARIF = None if SANITIZED else validator(SARIF_SCHEMA)


def call(folder, *command):
    return subprocess.run(command, cwd=folder, capture_output=True, encoding='utf-8', timeout=SECONDS, check=False,
                          env={**ENVIRONMENT, 'COLUMNS': '40'})  # which is nothing to them


def call_and_read(folder, formats, *command):
    """The run, and what it wrote in these formats."""
    run = call(folder, *command, *(f'--output={f}=report.{f}' for f in formats), 'trace.db')
    return run, {f: (pathlib.Path(folder) / f'report.{f}').read_text(encoding='utf-8') for f in formats}


def reports(pqleak, folder, formats, *options):
    run, texts = call_and_read(folder, formats, pqleak, 'report', *options)
    expect((run.returncode, run.stderr) == (0, ''), run)
    return texts


def check_fixture(pqleak, fixture):
    with tempfile.TemporaryDirectory() as folder:
        make_trace(folder, fixture)
        texts = reports(pqleak, folder, FORMATS)
        if not SANITIZED or fixture in ('leaks', 'hostile'):
            check_own(pqleak, folder)
        if SANITIZED:
            return
        reader = Reader(texts['json'], OURS, SARIF)
        wanted = reader.json(texts['json'])
        check_flows(json.loads(texts['sarif'])['runs'][0]['results'], json.loads(texts['json'])['findings'])
        for f in FORMATS:
            if fixture in ALONE:
                alone = call(folder, pqleak, 'report', f'--format={f}', 'trace.db').stdout
                expect(texts[f] == alone, f'--output={f} is not --format={f}')
            got = getattr(reader, f)(texts[f])
            expect(got is None or got == wanted, f'{f} has {got}, not {wanted}')


def check_flows(results, findings):
    """The frames of a code flow go from the call outwards, as the JSON's."""
    findings = [f for f in findings if f['verdict'] in ('leaked', 'open-at-death', 'open', 'cannot-tell', 'abandoned', 'exit')]
    for result, finding in zip(results, findings):
        expect(result['partialFingerprints']['pqleak/v1'] == finding['fingerprint'], finding['fingerprint'])
        flows = {flow['message']['text']: [step['location']['logicalLocations'][0]['fullyQualifiedName']
                                           for step in flow['threadFlows'][0]['locations']] for flow in result['codeFlows']}
        stacks = {'acquired': finding['stack'], 'last used': (finding['last_use'] or {}).get('stack') or [],
                  'others like it are released': (finding['released_from'] or {}).get('stack') or []}
        expect(set(flows) == {words for words, stack in stacks.items() if stack}, f'{set(flows)}')
        for words, flow in flows.items():
            for step, frame in zip(flow, stacks[words], strict=True):
                expect(frame['function'] in (None, step), f'{words}: {flow}')


def check_own(pqleak, folder):
    """What pqleak writes for others to accept, it reads and accepts: nothing of it fails again."""
    for option, command in (('baseline', ['baseline']), ('suppressions', ['check', '--print-suppressions'])):
        written = call(folder, pqleak, *command, 'trace.db')
        if option == 'baseline' and 'nothing to write down' in written.stderr:
            continue
        pathlib.Path(folder, option).write_text(written.stdout, encoding='utf-8')
        run = call(folder, pqleak, 'check', f'--{option}={option}', '--format=json', 'trace.db')
        expect(run.stderr == '', run.stderr)
        report = json.loads(run.stdout)
        nameless = ' has no name;' in written.stdout or 'nothing is known of the code' in written.stdout
        failing = [f for f in report['findings'] if f['level'] == 'error' and f['site'] and f['site']['function']]
        expect(failing == [] and (nameless or run.returncode == (2 if report['cannot_tell'] else 0)), (option, failing))


def status_and_reports(pqleak, folder, *options):
    run, texts = call_and_read(folder, FORMATS, pqleak, 'check', *options)
    return run.returncode, texts


def check_gate(pqleak):
    """What fails a check other than a finding is told by every format."""
    with tempfile.TemporaryDirectory() as folder:
        make_trace(folder, 'peak')
        pathlib.Path(folder, 'stale.supp').write_text('# nothing\nleak:nowhere\n', encoding='utf-8')
        for options, rule, place in ((['--max-open=1'], 'too-many-open', None),
                                     (['--suppressions=stale.supp', '--strict-suppressions'], 'stale-suppression',
                                      ('stale.supp', 2))):
            status, texts = status_and_reports(pqleak, folder, f'--source-root={folder}', *options)
            expect((status, json.loads(texts['json'])['status']) == (1, 1), f'{options}: {status}')
            result, = json.loads(texts['sarif'])['runs'][0]['results']
            expect((result['level'], result['ruleId']) == ('error', rule), result)
            entry, = json.loads(texts['gitlab'])
            expect((entry['severity'], entry['check_name']) == ('major', f'pqleak/{rule}'), entry)
            expect(re.search(r'^::error .*title=pqleak', texts['github'], re.M), texts['github'])
            expect(re.search(r'^not ok 1 ', texts['tap'], re.M), texts['tap'])
            expect(' failures="1"' in texts['junit'] and f'<failure type="{rule}"' in texts['junit'], texts['junit'])
            if place:
                expect((entry['location']['path'], entry['location']['lines']['begin']) == place, entry)
                where = result['locations'][0]['physicalLocation']
                expect((where['artifactLocation']['uri'], where['region']['startLine']) == place, where)
        status, texts = status_and_reports(pqleak, folder, '--suppressions=stale.supp')
        expect(status == 0 and '::warning ' in texts['github'] and '::error' not in texts['github'], texts['github'])


def check_unseen(pqleak):
    """What --allow-unseen accepts is told, and is no error in any format."""
    with tempfile.TemporaryDirectory() as folder:
        make_trace(folder, 'clean')
        shell(os.path.join(folder, 'trace.db'), "INSERT INTO unseen (exe, how, module) VALUES ('/opt/shop', 'protocol', '');")
        status, texts = status_and_reports(pqleak, folder, '--allow-unseen')
        text = call(folder, pqleak, 'report', 'trace.db').stdout
        expect('This trace is incomplete:' in text, text)
        text = call(folder, pqleak, 'check', '--allow-unseen', 'trace.db').stdout
        expect('Out of sight, but accepted:' in text and 'incomplete' not in text, text)
        report = json.loads(texts['json'])
        expect((status, report['status']) == (0, 0) and report['cannot_tell'], report['cannot_tell'])
        run, = json.loads(texts['sarif'])['runs']
        expect({n['level'] for n in run['invocations'][0]['toolExecutionNotifications']} == {'note'}, run['invocations'])
        expect('::error' not in texts['github'] and '::notice title=pqleak%3A cannot tell' in texts['github'], texts['github'])
        expect(all(entry['severity'] not in ('critical', 'major') for entry in json.loads(texts['gitlab'])), texts['gitlab'])
        expect('not ok' not in texts['tap'] and 'cannot tell whether' in texts['tap'], texts['tap'])
        expect(' failures="0" errors="0"' in texts['junit'] and report['cannot_tell'][0][:20] in texts['junit'], texts['junit'])


def check_groups(pqleak):
    """Whatever findings are grouped by, text and JSON have the same ones, and two that read the same have two names."""
    with tempfile.TemporaryDirectory() as folder:
        make_trace(folder, 'leaks')
        for group in GROUPS:
            texts = reports(pqleak, folder, ('text', 'json', 'junit'), f'--group-by={group}')
            reader = Reader(texts['json'], OURS, SARIF)
            expect(reader.json(texts['json']) == reader.junit(texts['junit']), group)
            report = json.loads(texts['json'])
            expect(report['group_by'] == group, report['group_by'])
            found = re.findall(r'(?m)^(\d+) .*\n(?:    by (\d+) stacks)?', texts['text'])
            expect([(f['count'], f['stacks']) for f in report['findings']] ==
                   [(int(count), int(stacks or 1)) for count, stacks in found], f"{group}: {texts['text']}")


def check_reproducible(pqleak):
    """What happened in another order is the same report."""
    texts = []
    for change in ('', 'UPDATE misuse SET first_ns = 3400000000000000000 - first_ns, last_ns = 3400000000000000000 - last_ns;'
                       'UPDATE connection SET acquired_ns = 3400000000000000000 - acquired_ns WHERE released_ns IS NULL;'):
        with tempfile.TemporaryDirectory() as folder:
            make_trace(folder, 'misuse')
            shell(os.path.join(folder, 'trace.db'), change)
            texts.append(reports(pqleak, folder, FORMATS, '--reproducible'))
    for f in FORMATS:
        expect(texts[0][f] == texts[1][f], f'{f}: {texts[0][f]}')


def check_excused(pqleak):
    """What is excused: SARIF suppresses it, JUnit skips it, the others do without."""
    with tempfile.TemporaryDirectory() as folder:
        make_trace(folder, 'leaks')
        options = [f'--suppressions={HERE}/accepted/some.supp', f'--baseline={HERE}/accepted/less.baseline']
        texts = reports(pqleak, folder, FORMATS, *options)
        findings = json.loads(texts['json'])['findings']
        excused = collections.Counter(f['excused'] for f in findings)
        expect(excused['suppressed'] and excused['baseline'] and excused[None], excused)
        results = json.loads(texts['sarif'])['runs'][0]['results']
        expect(sum('suppressions' in r for r in results) == excused['suppressed'] + excused['baseline'], excused)
        reasons = [r['suppressions'][0]['justification'] for r in results if 'suppressions' in r]
        expect('BANK-12, gone with the new pool' in reasons, reasons)
        expect(texts['junit'].count('<skipped message=') == excused['suppressed'] + excused['baseline'], texts['junit'])
        expect(len(json.loads(texts['gitlab'])) == excused[None], texts['gitlab'])
        expect(texts['tap'].splitlines()[1] == f'1..{excused[None]}', texts['tap'])
        expect(len(texts['github'].splitlines()) == excused[None], texts['github'])


def check_source_root(pqleak):
    """A file below the root is named relative to it, also when it was compiled elsewhere; never by its name alone."""
    with tempfile.TemporaryDirectory() as folder:
        make_trace(folder, 'leaks')
        shell(os.path.join(folder, 'trace.db'), "UPDATE symbol SET function = 'open%0Aall' WHERE line = 41;")
        root = pathlib.Path(folder) / 'checkout of bank'
        for name in ('bank/bank.c', 'rates.h'):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        texts = reports(pqleak, folder, FORMATS, f'--source-root={root}')
        expect('::error file=bank/bank.c,line=41,title=' in texts['github'], texts['github'])
        expect('at open%250Aall (bank/bank.c:41)' in texts['github'], texts['github'])
        expect('rates.h,' not in texts['github'], texts['github'])
        location = json.loads(texts['sarif'])['runs'][0]['results'][0]['locations'][0]['physicalLocation']
        expect(location == {'artifactLocation': {'uri': 'bank/bank.c', 'uriBaseId': 'SRCROOT'}, 'region': {'startLine': 41}},
               location)
        expect(json.loads(texts['gitlab'])[0]['location'] == {'path': 'bank/bank.c', 'lines': {'begin': 41}}, texts['gitlab'])
        expect('file="bank/bank.c" line="41"' in texts['junit'], texts['junit'])
        for command in (['report'], ['show', '11'], ['audit']):
            text = call(folder, pqleak, command[0], f'--source-root={root}', 'trace.db', *command[1:]).stdout
            expect('(bank/bank.c:41)' in text and '(rates.h:7)' in text + '(rates.h:7)' * (command[0] == 'show'), text)


def check_links(pqleak):
    """A file is below the root by whatever way it was reached."""
    with tempfile.TemporaryDirectory() as folder:
        make_trace(folder, 'leaks')
        root = pathlib.Path(folder) / 'bank'
        root.mkdir()
        (root / 'bank.c').touch()
        (pathlib.Path(folder) / 'link').symlink_to('bank')
        (pathlib.Path(folder) / 'elsewhere.c').touch()
        (root / 'out.c').symlink_to('../elsewhere.c')
        for way, there in (('link/bank.c', 'bank.c'), ('bank/../link/../bank/bank.c', 'bank.c'), ('bank/out.c', 'out.c')):
            shell(os.path.join(folder, 'trace.db'), f"UPDATE symbol SET file = '{folder}/{way}' WHERE line = 41;")
            text = reports(pqleak, folder, ['github'], f'--source-root={root}')['github']
            expect(f'::error file={there},line=41,title=' in text, text)


def check_many(pqleak):
    """Of ten thousand findings the text and the annotations stay readable; the others have all."""
    with tempfile.TemporaryDirectory() as folder:
        make_trace(folder, 'many')
        shell(os.path.join(folder, 'trace.db'), (HERE / 'fixture' / 'ten-thousand.sql').read_text(encoding='utf-8'))
        texts = reports(pqleak, folder, ('text', *FORMATS))
        findings = len(json.loads(texts['json'])['findings'])
        expect(findings > 10000, f'{findings} findings')
        expect(len(texts['text'].splitlines()) < 500, f"{len(texts['text'].splitlines())} lines")
        expect(re.search(r'\.\.\. [0-9]+ more call sites', texts['text']), 'it does not say how many more there are')
        expect(len(texts['github'].splitlines()) == 11, texts['github'])
        expect(len(json.loads(texts['gitlab'])) == findings, 'gitlab has not all')


def check_errors(pqleak):
    """A file that cannot be written is named, whatever it is, and what was there stays."""
    with tempfile.TemporaryDirectory() as folder:
        make_trace(folder, 'leaks')
        pathlib.Path(folder, 'folder').mkdir()
        for output, words in (('sarif=no/such/file', "'no/such/file'"), ('sarif=folder', "'folder'"), ('sarf=x', "'sarif'"),
                              ('x.db', 'FORMAT=FILE'), ('sarif=', 'FORMAT=FILE'), ('tap=/dev/full', "'/dev/full'")):
            run = call(folder, pqleak, 'check', f'--output={output}', 'trace.db')
            expect(run.returncode == 2 and words in run.stderr and len(run.stderr.splitlines()) == 1, run)
        pathlib.Path(folder, 'old').write_text('old', encoding='utf-8')
        run = call(folder, 'bash', '-c', 'trap "" XFSZ; ulimit -f 1; exec "$0" check --output=json=old trace.db', pqleak)
        expect(run.returncode == 2 and "'old'" in run.stderr, run)
        expect(pathlib.Path(folder, 'old').read_text(encoding='utf-8') == 'old', 'half a report replaced what was there')
        os.unlink(os.path.join(folder, 'old'))
        run = call(folder, pqleak, 'run', '--output=json=no/such/file', '--', 'touch', 'made')
        expect(run.returncode == 125 and "'no/such/file'" in run.stderr, run)
        expect(sorted(os.listdir(folder)) == ['folder', 'trace.db'], os.listdir(folder))


def check_overwriting(pqleak):
    """No report and no baseline replaces a trace, what says what is known, or another report."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_trace(name, 'leaks')
        os.link(folder / 'trace.db', folder / 'hard')
        (folder / 'soft').symlink_to('trace.db')
        for accepted in ('all.supp', 'same.baseline'):
            (folder / accepted).write_bytes((HERE / 'accepted' / accepted).read_bytes())
        (folder / 'notes').write_text('notes', encoding='utf-8')
        (folder / 'empty').write_text('# nothing yet\n', encoding='utf-8')
        (folder / 'again').symlink_to('new')
        (folder / 'trace.db-spool-1').write_bytes(b'pqlspool' + bytes(99))
        (folder / 'trace.db-journal').write_bytes(b'\xd9\xd5\x05\xf9\x20\xa1\x63\xd7')
        before = {path: path.read_bytes() for path in folder.iterdir() if path.name != 'again'}
        known = ['--suppressions=all.supp', '--baseline=same.baseline']
        for command in (['check', '--output=json=trace.db'], ['check', '--output=json=hard'], ['check', '--output=json=soft'],
                        ['report', *known, '--output=tap=all.supp'], ['report', '--output=tap=./same.baseline', *known],
                        ['report', '--output=json=x', '--output=sarif=./x'], ['check', '--skip-file=empty', '--output=json=empty'],
                        ['check', '--suppressions=empty', '--output=json=empty'], ['check', '--output=json=trace.db'],
                        ['export', '-o', 'trace.db-spool-1'], ['html', '-o', 'trace.db-journal'], ['export', '-o', 'hard'],
                        ['baseline', '-o', 'trace.db'], ['baseline', '-o', 'soft'], ['baseline', '-o', 'notes']):
            run = call(name, pqleak, *command, 'trace.db')
            expect((run.returncode, run.stdout) == (2, '') and 'name another file' in run.stderr, run)
        expect({path: path.read_bytes() for path in folder.iterdir() if path.name != 'again'} == before, 'something was changed')
        # What may be replaced keeps its mode, and a link its place.
        (folder / 'report').write_text('old', encoding='utf-8')
        (folder / 'report').chmod(0o600)
        (folder / 'link').symlink_to('report')
        for output in ('link', 'again'):
            run = call(name, pqleak, 'report', f'--output=json={output}', 'trace.db')
            expect((run.returncode, run.stderr) == (0, '') and (folder / output).is_symlink(), output)
            json.loads((folder / output).read_text(encoding='utf-8'))
        expect((folder / 'report').stat().st_mode & 0o777 == 0o600, 'another mode')
        # A shell's log goes on where it stands.
        with (folder / 'log').open('a', encoding='utf-8') as log:
            log.write('before\n')
            log.flush()
            subprocess.run([pqleak, 'check', '-q', '--max=1000', '--fail-on=none', '--output=tap=/dev/stdout', 'trace.db'],
                           cwd=name, stdout=log, timeout=SECONDS, check=True, env=ENVIRONMENT)
        expect((folder / 'log').read_text(encoding='utf-8').startswith('before\nTAP version 14\n'), 'the log began anew')
        run = call(name, pqleak, 'run', '-o', 'new.db', '--output=json=./new.db', '--', 'touch', 'made')
        expect((run.returncode, (folder / 'made').exists()) == (125, False) and 'this is the trace' in run.stderr, run)


def check_notes(pqleak):
    """Notes are in every format, and are no failure in any."""
    for fixture, rules in (('habits', {'churn', 'failed-connects', 'broken'}), ('drained', {'drained'})):
        with tempfile.TemporaryDirectory() as folder:
            make_trace(folder, fixture)
            status, texts = status_and_reports(pqleak, folder)
            results = [r for r in json.loads(texts['sarif'])['runs'][0]['results'] if r['ruleId'].startswith('note-')]
            expect((status, {r['ruleId'] for r in results}) == (0, {f'note-{rule}' for rule in rules}), (status, results))
            messages = [r['message']['text'] for r in results]
            expect(all(re.search('; [a-z ]+: ', message) for message in messages), messages)
            entries = [e for e in json.loads(texts['gitlab']) if e['check_name'].startswith('pqleak/note-')]
            expect([e['description'] for e in entries] == messages, entries)
            expect(re.findall('^# (.*)', texts['tap'], re.M) == messages, texts['tap'])
            expect(re.findall('^::notice [^:]*::(.*)', texts['github'], re.M) == messages, texts['github'])
            output = xml.etree.ElementTree.fromstring(texts['junit'].encode()).find('testsuite/system-out')
            expect(output.text.splitlines() == messages, texts['junit'])
            # None of it says how long something took.
            text = reports(pqleak, folder, ['tap'], '--reproducible')['tap']
            expect(not re.search(r'[0-9] (ms|s|min|h)\b', text), text)
            held = call(folder, pqleak, 'report', '--held=4s', '--format=gitlab', 'trace.db').stdout
            expect('pqleak/note-held' in held or fixture != 'habits', held)


def check_nothing(pqleak):
    """A trace that proves nothing is no baseline."""
    with tempfile.TemporaryDirectory() as folder:
        make_trace(folder, 'nothing')
        pathlib.Path(folder, 'old').write_bytes((HERE / 'accepted' / 'same.baseline').read_bytes())
        before = pathlib.Path(folder, 'old').read_bytes()
        run = call(folder, pqleak, 'baseline', '-o', 'old', 'trace.db')
        expect(run.returncode == 2 and 'no libpq call was intercepted' in run.stderr, run)
        expect(pathlib.Path(folder, 'old').read_bytes() == before, 'it was replaced')


def check_open(pqleak):
    """What is open: the JSON is as its schema says, the formats that have no form for it say so, and no statement is shown."""
    schema = validator(TOP / 'docs' / 'open.schema.json', strict)
    for fixture in ('killed', 'handover', 'clean', 'dropped'):
        with tempfile.TemporaryDirectory() as folder:
            make_trace(folder, fixture)
            shell(os.path.join(folder, 'trace.db'), "UPDATE connection SET statement = 'insert''secret' WHERE statement IS NOT NULL;")
            run = call(folder, pqleak, 'report', '--open', '--format=json', '--output=text=open.txt', 'trace.db')
            listed = json.loads(run.stdout)
            errors = [f'{list(e.absolute_path)}: {e.message}' for e in schema.iter_errors(listed)]
            expect(run.returncode == 0 and errors == [] and (listed['open'] == []) == (fixture == 'clean'), (run, errors))
            expect({o['last_use']['statement'] for o in listed['open'] if o['last_use']} <= {'INSERT', None}, run)
            text = pathlib.Path(folder, 'open.txt').read_text(encoding='utf-8')
            expect(text.count('\nconnection ') == min(20, len(listed['open'])) and 'secret' not in text, text)
            count = rows(os.path.join(folder, 'trace.db'), "SELECT count(*) FROM open_connection")
            expect(count == [[str(len(listed['open']))]], (count, run))
            for options in (['--format=sarif'], ['--output=tap=t'], ['--reproducible'], ['--print-suppressions']):
                run = call(folder, pqleak, 'report', '--open', *options, 'trace.db')
                expect(run.returncode == 2 and "'--open'" in run.stderr and run.stdout == '', run)


def main():
    pqleak = os.path.abspath(sys.argv[1])
    checks = [check_gate, check_excused, check_source_root, check_errors, check_nothing, check_open]
    if not SANITIZED:
        checks += [check_unseen, check_groups, check_reproducible, check_links, check_many, check_overwriting, check_notes]
    cases = [(f'formats of {fixture}', lambda fixture=fixture: check_fixture(pqleak, fixture)) for fixture in FIXTURES]
    cases += [(check.__doc__.splitlines()[0], lambda check=check: check(pqleak)) for check in checks]
    print(f'1..{len(cases)}')
    failures = 0
    for number, (name, case) in enumerate(cases, 1):
        try:
            case()
            print(f'ok {number} - {name}', flush=True)
        except (AssertionError, ValueError, KeyError, OSError, subprocess.TimeoutExpired,
                xml.etree.ElementTree.ParseError) as error:
            failures += 1
            print(f'not ok {number} - {name}\n# {type(error).__name__}: {str(error)[:1500]}', flush=True)
    return failures > 0


if __name__ == '__main__':
    sys.exit(main())
