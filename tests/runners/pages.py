# SPDX-License-Identifier: PostgreSQL
"""The examples of docs/ci.md, as the tests of this folder run them: what a page shows is what is tested.

Owns the reading of the page, and the case that runs its shell in a copy of sample/ with the built pqleak in PATH.
"""
import collections
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
RUNNERS = os.path.join(SOURCE, 'scripts', 'runners')
SAMPLE = os.path.join(SOURCE, 'tests', 'runners', 'sample')
BUILD = os.environ['PQLEAK_TEST_BUILD']
SECONDS = 600  # more than any case needs


def examples(heading):
    """The blocks under a heading of the page: [(language, text)]."""
    with open(os.path.join(SOURCE, 'docs', 'ci.md'), encoding='utf-8') as file:
        sections = re.split(r'(?m)^#+ (.+)$', file.read())
    text = sections[sections.index(heading) + 1]
    return re.findall(r'(?ms)^```(\w+)\n(.*?)^```$', text)


def example(heading, language, number=0):
    """One block, as it stands on the page but for the folder that an installation has."""
    blocks = [text for name, text in examples(heading) if name == language]
    return blocks[number].replace('/usr/share/pqleak', RUNNERS)


def headings():
    with open(os.path.join(SOURCE, 'docs', 'ci.md'), encoding='utf-8') as file:
        return re.findall(r'(?m)^#+ (.+)$', re.sub(r'(?ms)^```.*?^```$', '', file.read()))


class PageCase(unittest.TestCase):
    """A copy of the sample, in which shell is run."""

    longMessage = True

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='pqleak-runners-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.sample = os.path.join(self.folder, 'sample')
        shutil.copytree(SAMPLE, self.sample)
        os.mkdir(os.path.join(self.folder, 'bin'))
        os.symlink(os.environ['PQLEAK_TEST_PROGRAM'], os.path.join(self.folder, 'bin', 'pqleak'))
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(('PQLEAK', 'LD_', 'MESON', 'PYTHON', 'CTEST', 'HARNESS', 'MAKE'))}
        self.environment |= {
            'PATH': f'{self.folder}/bin:/usr/bin:/bin', 'HOME': self.folder, 'TMPDIR': self.folder,
            'PQLEAK_TEST_CLIENTS': os.path.join(BUILD, 'tests', 'clients'),
            'PKG_CONFIG_PATH': os.path.join(BUILD, 'meson-uninstalled'), 'PYTHONDONTWRITEBYTECODE': '1'}

    def write(self, name, text, mode='w'):
        with open(os.path.join(self.sample, name), mode, encoding='utf-8') as file:
            file.write(text)

    def shell(self, script, shell=('sh', '-e'), env=None):
        """Runs shell in the sample's folder; what does not end fails the case, with all its children."""
        with subprocess.Popen([*shell, '-c', script], cwd=self.sample, env=dict(self.environment, **(env or {})),
                              text=True, errors='replace', stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, start_new_session=True) as process:
            try:
                stdout, stderr = process.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                stdout, stderr = process.communicate()
                raise AssertionError(f'{script} did not end in {SECONDS} s\n{stdout}\n{stderr}') from None
        return subprocess.CompletedProcess(script, process.returncode, stdout, stderr)

    def leaked_labels(self):
        """What leaked by label, as the report has it for programs: {label: count}."""
        report = json.loads(self.shell('pqleak report --format=json').stdout)
        counts = collections.Counter()
        for finding in report['findings']:
            counts.update({one['label']: one['count'] for one in finding['labels']})
        return dict(counts)

    def all_labels(self):
        """The labels of all traced processes, sorted."""
        return self.shell("pqleak sql 'SELECT DISTINCT ifnull(label, 0) FROM process ORDER BY 1'").stdout.splitlines()

    def assert_gate(self, run, leaking, clean):
        """The gate failed, named the leaking test only, and knew of the other."""
        self.assertEqual(run.returncode, 1, f'{run.stdout}\n{run.stderr}')
        check = self.shell('pqleak check')
        self.assertEqual(check.returncode, 1, check.stderr)
        self.assertRegex(check.stdout, rf'(?m)^ +label +{re.escape(leaking)}$')
        self.assertNotIn(clean, check.stdout)
        self.assertEqual(self.leaked_labels(), {leaking: 3})
        self.assertEqual(self.all_labels(), sorted([leaking, clean]))
