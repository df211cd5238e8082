# SPDX-License-Identifier: PostgreSQL
"""Readers of the reports for programs, each as strict as its format.

Owns what each format must be; formats.py says of what.  Used by nothing else.
"""
import collections
import json
import re
import xml.etree.ElementTree

import jsonschema


def strict(schema):
    """Readers take keys that a later version adds; we describe all of ours."""
    if isinstance(schema, dict):
        if 'properties' in schema:
            schema['additionalProperties'] = False
        for value in schema.values():
            strict(value)
    elif isinstance(schema, list):
        for value in schema:
            strict(value)
    return schema


def validator(path, change=lambda schema: schema):
    schema = change(json.loads(path.read_text(encoding='utf-8')))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def expect(same, text):
    if not same:
        raise AssertionError(text)


def lines_of(text):
    """A report is plain UTF-8 without control characters."""
    expect(not re.search(r'[\x00-\x09\x0b-\x1f\x7f]', text), 'control characters')
    return text.splitlines()


class Reader:
    """One fixture's reports: each method parses one format and answers (failing, others, reasons why nobody can tell)."""

    def __init__(self, report, ours, sarif):
        self.report, self.ours, self.sarif_schema = report, ours, sarif

    def json(self, text):
        report = json.loads(text)
        errors = [f'{list(e.absolute_path)}: {e.message}' for e in self.ours.iter_errors(report)]
        expect(errors == [], errors[:3])
        listed = [f['level'] == 'error' for f in report['findings'] if f['verdict'] in ('leaked', 'open-at-death', 'open', 'cannot-tell',
                                                                                               'abandoned', 'exit', 'thread', 'collector', 'idle-in-transaction')]
        misuse = [not m['by_design'] for m in report['misuse']]
        return sum(listed) + sum(misuse), len(listed) + len(misuse) - sum(listed) - sum(misuse), len(report['cannot_tell'])

    def sarif(self, text):
        log = json.loads(text)
        errors = [f'{list(e.absolute_path)}: {e.message}' for e in self.sarif_schema.iter_errors(log)]
        expect(errors == [], errors[:3])
        run, = log['runs']
        rules = {rule['id'] for rule in run['tool']['driver']['rules']}
        results = run['results']
        expect(rules == {result['ruleId'] for result in results}, f'{rules}')
        marks = [result['partialFingerprints']['pqleak/v1'] for result in results]
        expect(len(marks) == len(set(marks)), 'two results have one fingerprint')
        for result in results:
            uris = re.findall(r'"uri": "([^"]*)"', json.dumps(result))
            expect(all(re.fullmatch(r"[-A-Za-z0-9._~/%:]*", uri) for uri in uris), uris)
        invocation, = run['invocations']
        reasons = len(invocation['toolExecutionNotifications'])
        expect(invocation['executionSuccessful'] == (invocation['exitCode'] != 2), invocation)
        failing = sum(result['level'] == 'error' for result in results)
        expect(invocation['exitCode'] == (1 if failing else 2 if reasons else 0), invocation)
        notes = [result for result in results if result['ruleId'].startswith('note-')]
        expect({note['level'] for note in notes} <= {'note'}, notes)
        return failing, len(results) - len(notes) - failing, reasons

    @staticmethod
    def junit(text):
        lines_of(text)
        root = xml.etree.ElementTree.fromstring(text.encode())
        suite, = root
        cases = suite.findall('testcase')
        expect([child.tag for child in suite] == ['testcase'] * len(cases) + ['system-out'] * (len(suite) > len(cases)), text)
        failures, errors = suite.findall('testcase/failure'), suite.findall('testcase/error')
        for element in (root, suite):
            expect([element.get(name) for name in ('tests', 'failures', 'errors')] ==
                   [str(len(cases)), str(len(failures)), str(len(errors))], element.attrib)
        names = {(case.get('name'), case.get('classname')) for case in cases}
        expect(len(names) == len(cases) and all(map(all, names)), 'a case has no name of its own')
        reasons = len(lines_of(errors[0].text)) if errors else 0
        return len(failures), len(cases) - 1 - len(failures), reasons

    @staticmethod
    def gitlab(text):
        entries = json.loads(text)
        marks = [entry['fingerprint'] for entry in entries]
        expect(len(marks) == len(set(marks)), 'two entries have one fingerprint')
        for entry in entries:
            expect(isinstance(entry['location']['lines']['begin'], int) and entry['location']['path'], entry)
        notes = [entry for entry in entries if entry['check_name'].startswith('pqleak/note-')]
        expect({note['severity'] for note in notes} <= {'info'}, notes)
        severities = collections.Counter(entry['severity'] for entry in entries if entry not in notes)
        return severities['major'], severities['minor'] + severities['info'], severities['critical']

    @staticmethod
    def tap(text):
        lines = lines_of(text)
        expect(lines[0] == 'TAP version 14', lines[0])
        points = [line for line in lines if re.match(r'(not )?ok ', line)]
        expect(lines[1] == f'1..{len(points)}', lines[1])
        for number, point in enumerate(points, 1):
            expect(re.match(rf'(not )?ok {number} - \S', point), point)
            expect(not re.search(r'(?<!\\)#', point), point)
        expect(all(re.match(r'(TAP|1\.\.|ok|not ok|  |# )', line) for line in lines), 'a line that is no TAP')
        if len(points) == 1 and 'nothing leaked' in points[0]:
            return 0, 0, 0
        reasons = sum('cannot tell whether' in point for point in points)
        failing = sum(point.startswith('not') for point in points) - reasons
        return failing, len(points) - reasons - failing, reasons

    def github(self, text):
        lines = lines_of(text)
        levels = collections.Counter()
        reasons = 0
        for line in lines:
            match = re.fullmatch(r'::(error|warning|notice) (file=[^:,]+,(line=[0-9]+,)?)?title=[^:,]+::(.*)', line)
            expect(match, line)
            levels[match[1]] += 1
            reasons += 'cannot tell whether' in match[4]
        expect(max([0, *levels.values()]) <= 10, levels)
        more = sum(int(number) for number in re.findall(r'^::notice title=pqleak::([0-9]+) more', text, re.M))
        failing, _, wanted_reasons = self.json(self.report)
        warnings = sum(f['level'] == 'warning' for f in json.loads(self.report)['findings'])
        expect(levels['error'] + levels['warning'] + more * (levels['notice'] < 10) == failing + warnings + wanted_reasons, f'{levels} and {more}')
        return None
