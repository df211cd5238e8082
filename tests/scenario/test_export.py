# SPDX-License-Identifier: PostgreSQL
"""What pqleak export writes is read by whom it is for: their own reader, or a check against their published schema."""
import csv
import io
import json
import os
import subprocess
import unittest

import tap
from scenario import PYTHON, SECONDS, Scenario, script
from test_wheels import VENV_PYTHON

SCHEMA = os.path.join(os.environ.get('PQLEAK_TEST_NPM', '/nonexistent'), 'speedscope-schema.json')
WEIGHTS = ['outstanding', 'acquired', 'abandoned', 'held', 'unused', 'idle-in-transaction']
LEAK = ['<module> (export.py:31)', 'forget (export.py:11)']

PPROF_FORMAT = os.path.join(os.environ.get('PQLEAK_TEST_NPM', '/nonexistent'), 'node_modules', 'pprof-format')
READ_PPROF = '''
const text = require('node:zlib').gunzipSync(require('node:fs').readFileSync(process.argv[1]));
const profile = require('pprof-format').Profile.decode(text);
const string = number => profile.stringTable.strings[Number(number)];
const byId = list => new Map(list.map(item => [Number(item.id), item]));
const locations = byId(profile.location), functions = byId(profile.function);
console.log(JSON.stringify({
  types: profile.sampleType.map(t => [string(t.type), string(t.unit)]),
  first: string(profile.defaultSampleType),
  samples: profile.sample.map(s => ({
    values: s.value.map(Number),
    labels: s.label.map(l => [string(l.key), string(l.str)]),
    frames: s.locationId.map(id => {
      const line = locations.get(Number(id)).line[0], called = functions.get(Number(line.functionId));
      return [string(called.name), string(called.filename), Number(line.line)];
    })}))}));
'''


def go_pprof():
    """Go's own reader, where it comes ready-made."""
    tools = subprocess.run(['go', 'env', 'GOTOOLDIR'], stdout=subprocess.PIPE, text=True, check=True, timeout=SECONDS).stdout
    return os.path.join(tools.strip(), 'pprof')


# With OpenTelemetry's own messages.  Its JSON has ids in hexadecimal, where that of protobuf has base64.
READ_SPANS = '''
import base64, json, re, sys
from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
for line in sys.stdin:
    line = re.sub('"((?:trace|span|parentSpan)Id)": ?"([0-9a-f]+)"',
                  lambda m: '"%s":"%s"' % (m[1], base64.b64encode(bytes.fromhex(m[2])).decode()), line)
    data = json_format.Parse(line, TracesData())
    for resource in data.resource_spans:
        service = {a.key: a.value.string_value for a in resource.resource.attributes}['service.name']
        for span in resource.scope_spans[0].spans:
            facts = {a.key: a.value.string_value or a.value.int_value for a in span.attributes}
            print(json.dumps([service, span.name, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(),
                              span.end_time_unix_nano - span.start_time_unix_nano, facts, span.status.code]))
'''


class Exports(Scenario):
    """A trace in the formats of others."""

    def export(self, *options, status=0):
        run = self.pqleak('export', self.path('t.db'), *options)
        self.assertEqual(run.status, status, run)
        return run.stdout if status == 0 else run.stderr

    def leaking(self, how='leak', *options):
        run = self.traced(PYTHON, script('export.py'), how, options=['-q', *options])
        self.assertEqual(run.status, 0, run)

    def weights(self, weight):
        """The folded stacks, each with its weight: outermost frame first, drivers' frames last."""
        lines = self.export(f'--weight={weight}').splitlines()
        for line in lines:
            self.assertRegex(line, r'^\S[^\n]*;[^\n]+ \d+$')  # what flamegraph.pl splits
        return {tuple(line.rsplit(' ', 1)[0].split(';')): int(line.rsplit(' ', 1)[1]) for line in lines}

    def test_folded(self):
        """folded stacks have the program, the script's frames, and each weight"""
        self.leaking()
        outstanding = self.weights('outstanding')
        self.assertEqual(list(outstanding.values()), [3])
        stack, = outstanding
        self.assertRegex(stack[0], r'^python3')
        self.assertEqual(list(stack[1:3]), LEAK)
        self.assertEqual(sum(self.weights('acquired').values()), 4)
        self.assertEqual(self.weights('abandoned'), {})
        held, unused = self.weights('held'), self.weights('unused')
        self.assertEqual(held.keys(), unused.keys())
        for stack, time in unused.items():
            self.assertLessEqual(time, held[stack])
        idle = [stack[2] for stack in self.weights('idle-in-transaction')]  # those that ended at once, too, where that took long
        self.assertIn('forget (export.py:16)', idle)
        self.assertEqual(set(idle) - {'forget (export.py:14)', 'forget (export.py:16)'}, set())
        self.assertEqual(sum(json.loads(self.export('--format=speedscope', '--kind=result'))['profiles'][0]['weights']),
                         int(self.sql("SELECT sum(count) FROM fold WHERE kind = 'result'")))

    def test_fixed(self):
        """the clean twin has nothing outstanding"""
        self.leaking('fixed')
        self.assertEqual((self.weights('outstanding'), sum(self.weights('acquired').values())), ({}, 4))

    def test_abandoned(self):
        """what is abandoned weighs at its borrower"""
        run = self.traced(PYTHON, script('life/pool.py'), 'leak', options=['-q'])
        self.assertEqual(run.status, 0, run)
        abandoned = self.weights('abandoned')
        self.assertEqual(sum(abandoned.values()), 4)
        for stack in abandoned:
            self.assertIn('pool.py:24)', stack[2])

    def test_speedscope(self):
        """speedscope: its own schema, and a profile for each weight"""
        self.leaking()
        profile = json.loads(self.export('--format=speedscope', '--weight=acquired'))
        if os.path.exists(SCHEMA):
            import jsonschema  # pylint: disable=import-outside-toplevel # of use here only
            with open(SCHEMA, encoding='utf-8') as file:
                jsonschema.validate(profile, json.load(file))
        profiles = {p['name']: p for p in profile['profiles']}
        self.assertEqual(list(profiles), [w for w in WEIGHTS if w != 'abandoned'])
        self.assertEqual(profile['profiles'][profile['activeProfileIndex']]['name'], 'acquired')
        frames = profile['shared']['frames']
        for weighed in profiles.values():
            self.assertEqual(sum(weighed['weights']), weighed['endValue'])
            self.assertEqual(len(weighed['weights']), len(weighed['samples']))
        sample, = profiles['outstanding']['samples']
        self.assertEqual([frames[i]['name'] for i in sample][1:3], LEAK)
        self.assertEqual((frames[sample[2]]['line'], os.path.basename(frames[sample[2]]['file'])), (11, 'export.py'))

    @unittest.skipUnless(os.path.exists(PPROF_FORMAT), 'no packages of npm (scripts/npm-packages fetches them)')
    def test_pprof(self):
        """pprof: a reader of its format gets the weights, the frames and their lines"""
        self.leaking()
        self.export('--format=pprof', '-o', self.path('t.pb.gz'), '--weight=acquired')
        run = self.execute(['node', '-e', READ_PPROF, self.path('t.pb.gz')], env={'NODE_PATH': os.path.dirname(PPROF_FORMAT)})
        self.assertEqual(run.returncode, 0, run)
        profile = json.loads(run.stdout)
        self.assertEqual(profile['types'], [[w, 'count' if w in WEIGHTS[:3] else 'nanoseconds'] for w in WEIGHTS])
        self.assertEqual(profile['first'], 'acquired')
        leak, = (s for s in profile['samples'] if s['values'][0])
        self.assertEqual((leak['values'][:3], leak['labels'][0][0]), ([3, 3, 0], 'program'))
        self.assertGreaterEqual(leak['values'][3], leak['values'][4])
        self.assertEqual([(name, os.path.basename(file), line) for name, file, line in leak['frames'][-2:]],
                         [('forget', 'export.py', 11), ('module of export.py', 'export.py', 31)])
        self.assertEqual(sum(s['values'][1] for s in profile['samples']), 4)

    @unittest.skipUnless(os.path.exists(go_pprof()), 'this Go builds its pprof from source, which takes half a minute')
    def test_go_pprof(self):
        """go tool pprof reads the profile"""
        self.leaking()
        self.export('--format=pprof', '-o', self.path('t.pb.gz'))

        def pprof(*options):
            run = self.execute([go_pprof(), *options, self.path('t.pb.gz')], env={'PPROF_TMPDIR': self.folder})
            self.assertEqual(run.returncode, 0, run)
            return run.stdout
        self.assertRegex(pprof('-top'), r'\n +0 +0% +100% +3 +100% +forget\n')
        self.assertRegex(pprof('-traces', '-lines', '-sample_index=acquired'), r'forget [^\n]*/export\.py:11\n +module of export.py')

    def spans(self):
        run = subprocess.run([VENV_PYTHON, '-c', READ_SPANS], input=self.export('--format=otlp'), stdout=subprocess.PIPE,
                             text=True, check=True, timeout=SECONDS)
        return [json.loads(line) for line in run.stdout.splitlines()]

    @unittest.skipUnless(os.path.exists(VENV_PYTHON), 'no venv with the wheels (scripts/python-wheels makes it)')
    def test_otlp(self):
        """OpenTelemetry's messages: a span a connection, with its transactions and queries where every event was kept"""
        self.leaking('leak', '--events=all')
        spans = self.spans()
        self.assertRegex(spans[0][0], '^python3')
        connections = [s for s in spans if s[1] == 'connection']
        self.assertEqual(sorted((s[6]['pqleak.verdict'], s[6]['code.function.name'], s[6]['code.line.number']) for s in connections),
                         [('leaked', 'forget', 11)] * 3 + [('released', 'careful', 24)])
        self.assertEqual([s for s in connections if s[4] or s[5] <= 0 or s[7] or len(s[2]) != 32], [])
        parents = {(s[2], s[3]) for s in connections}
        children = [s for s in spans if s[1] != 'connection']
        self.assertEqual([s for s in children if (s[2], s[4]) not in parents or s[5] < 0], [])
        self.assertEqual(sum(s[1] == 'transaction' for s in children), 6)
        self.assertEqual(len({(s[2], s[3]) for s in spans}), len(spans))

    @unittest.skipUnless(os.path.exists(VENV_PYTHON), 'no venv with the wheels (scripts/python-wheels makes it)')
    def test_otlp_few(self):
        """without every event only open transactions are known, and a failed connect is an error"""
        self.leaking()
        self.preloaded('psql', 'host=127.0.0.1 port=1 dbname=nowhere')
        names = [(s[1], s[7]) for s in self.spans()]
        self.assertEqual(sorted(names), [('connection', 0)] * 4 + [('connection', 2)] + [('transaction', 0)] * 3)

    def test_chrome(self):
        """Chrome's trace events: a track a connection, on which what lies inside another ends before it"""
        self.leaking('leak', '--events=all')
        events = json.loads(self.export('--format=chrome'))['traceEvents']
        self.assertEqual({e['ph'] for e in events}, {'M', 'X', 'i', 'C'})
        tracks = {}
        for event in sorted((e for e in events if e['ph'] == 'X'), key=lambda e: (e['ts'], -e['dur'])):
            within = tracks.setdefault((event['pid'], event['tid']), [])
            while within and event['ts'] >= within[-1] - 0.001:
                within.pop()
            end = event['ts'] + event['dur']
            self.assertTrue(not within or end <= within[-1] + 0.002, (event, within))
            within.append(end)
        self.assertEqual(len(tracks), 4)
        lives = [e for e in events if e['ph'] == 'X' and e['cat'] == 'connection']
        self.assertEqual(sorted((e['name'], e['args']['verdict']) for e in lives),
                         [('careful (export.py:24)', 'released')] + [('forget (export.py:11)', 'leaked')] * 3)
        self.assertEqual(max(e['args']['open'] for e in events if e['ph'] == 'C'), 4)
        self.assertEqual(sum(e['ph'] == 'X' and e['cat'] == 'transaction' for e in events), 6)

    def test_csv(self):
        """CSV of a view is what SQLite answers, and a wrong name says what there is"""
        self.leaking()
        self.traced('psql', '-c', 'select 1', 'dbname=postgres', options=['-q', '--append'],
                    env={'PGAPPNAME': 'a "quoted", name\nof two lines'})
        rows = list(csv.DictReader(io.StringIO(self.export('--format=csv'), newline='')))
        self.assertEqual([r['verdict'] for r in rows], ['leaked'] * 3 + ['released'] * 2)
        self.assertIn(rows[-1]['application_name'], ('a "quoted", name\nof two lines', 'a "quoted", name?of two lines'))
        self.export('--format=csv', '-o', self.path('t.csv'))
        asked = self.execute(['sqlite3', ':memory:', f'.import --csv {self.path("t.csv")} life',
                              'SELECT verdict, count(*) FROM life GROUP BY verdict'])
        self.assertEqual(asked.stdout, 'leaked|3\nreleased|2\n', asked)
        sites = list(csv.DictReader(io.StringIO(self.export('--format=csv', '--view=leak_site'), newline='')))
        self.assertEqual([(r['kind'], r['leaked']) for r in sites if r['kind'] == 'connection'], [('connection', '3')])
        self.assertIn("'--view=leak_sites': the trace has no such view or table; did you mean 'leak_site'?",
                      self.export('--format=csv', '--view=leak_sites', status=2))
        self.export('--format=csv', '--view=process"; DROP TABLE process; --', status=2)

    def test_openmetrics(self):
        """OpenMetrics: prometheus_client's strict parser reads the numbers of the report"""
        from prometheus_client.openmetrics.parser import text_string_to_metric_families  # pylint: disable=import-outside-toplevel
        self.leaking()
        families = {f.name: f for f in text_string_to_metric_families(self.export('--format=openmetrics'))}

        def values(name):
            return {s.labels['site']: s.value for s in families[name].samples}
        self.assertEqual(values('pqleak_connections_open'), {'forget (export.py:11)': 3, 'careful (export.py:24)': 0})
        self.assertEqual(values('pqleak_connections_opened'), {'forget (export.py:11)': 3, 'careful (export.py:24)': 1})
        self.assertEqual(values('pqleak_connections_in_transaction'), {'forget (export.py:11)': 3, 'careful (export.py:24)': 0})
        self.assertEqual(families['pqleak_connection_oldest_unused_seconds'].unit, 'seconds')
        self.assertGreater(len(families), 10)

    def test_wrong(self):
        """wrong words say what there is; an output that would replace the trace is refused"""
        self.leaking()
        self.assertIn("'--format=xml': must be folded, speedscope, pprof,", self.export('--format=xml', status=2))
        self.assertIn("'--weight=hold': did you mean 'held'?", self.export('--weight=hold', status=2))
        self.assertIn("'--kind=results': must be connection, result,", self.export('--kind=results', status=2))
        self.assertIn('this is the trace', self.export('-o', self.path('t.db'), status=2))
        self.assertEqual(self.sql('SELECT count(*) FROM connection'), '4')


if __name__ == '__main__':
    tap.main()
