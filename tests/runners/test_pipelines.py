# SPDX-License-Identifier: PostgreSQL
"""action.yml and the template for GitLab: they are what GitHub and GitLab take, and their lines do what they should."""
import os
import sys

import yaml

from pages import PageCase, RUNNERS, SOURCE, example

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'scenario'))
import tap  # noqa: E402

STATUSES = (('failed-leaked', '', 1), ('failed-finished', '', 0), ('failed-leaked', '--max=3 --quiet', 0))


def read(*parts):
    with open(os.path.join(*parts), encoding='utf-8') as file:
        return yaml.safe_load(file)


class Pipelines(PageCase):
    def assert_judges(self, script, shell, name, variables):
        """The line's status is that of the gate, for a trace of another name too, and 2 when there is no trace."""
        for case, options, status in STATUSES:
            self.shell(f'pqleak run -q -o "my trace.db" -- "$PQLEAK_TEST_CLIENTS/client-acquire" {case}')
            run = self.shell(script, shell, dict(variables, **{name['trace']: 'my trace.db', name['options']: options}))
            self.assertEqual(run.returncode, status, f'{case} {options}\n{run.stdout}\n{run.stderr}')
        run = self.shell(script, shell, variables)
        self.assertEqual(run.returncode, 2, f'{run.stdout}\n{run.stderr}')
        self.assertIn('pqleak.db', run.stderr)

    def test_github(self):
        """action.yml"""
        action = read(SOURCE, 'action.yml')
        self.assertLessEqual({'name', 'description', 'runs'}, set(action))
        self.assertEqual(action['runs']['using'], 'composite')
        step, = action['runs']['steps']
        self.assertEqual(step['shell'], 'bash')
        self.assertNotIn('${{', step['run'])  # an input in the script would be run
        self.assertEqual(step['env'], {'TRACE': '${{ inputs.trace }}', 'OPTIONS': '${{ inputs.options }}'})
        defaults = {name: action['inputs'][name.lower()]['default'] for name in step['env']}
        self.assert_judges(step['run'], ('bash', '--noprofile', '--norc', '-eo', 'pipefail'),
                           {'trace': 'TRACE', 'options': 'OPTIONS'}, defaults)

    def test_github_workflow(self):
        """the page's workflow: its line makes the trace that its step judges, and the inputs are the action's"""
        steps = yaml.safe_load(example('GitHub', 'yaml'))['steps']
        check = next(step for step in steps if 'pqleak' in step.get('uses', ''))
        self.assertLessEqual(set(check['with']), set(read(SOURCE, 'action.yml')['inputs']))
        self.assert_page(next(step['run'] for step in steps if 'pqleak run' in step.get('run', '')),
                         f"pqleak check {check['with']['options']} {check['with']['trace']}")

    def test_gitlab(self):
        """gitlab.yml"""
        template = read(RUNNERS, 'gitlab.yml')
        self.assertEqual(list(template), ['.pqleak-check'])
        job = template['.pqleak-check']
        self.assertTrue(all(isinstance(line, str) for line in job['script']), job)
        self.assert_judges('\n'.join(job['script']), ('sh', '-e'),
                           {'trace': 'PQLEAK_CHECK_TRACE', 'options': 'PQLEAK_CHECK_OPTIONS'}, job['variables'])

    def test_gitlab_pipeline(self):
        """the page's pipeline extends the template, and the template's variables are the ones it sets"""
        pipeline = yaml.safe_load(example('GitLab', 'yaml'))
        template = read(RUNNERS, 'gitlab.yml')
        base = template[pipeline['leaks']['extends']]
        variables = pipeline['leaks']['variables']
        self.assertLessEqual(set(variables), set(base['variables']))
        self.assertIn(base['variables']['PQLEAK_CHECK_TRACE'], pipeline['tests']['artifacts']['paths'])
        self.assert_page(pipeline['tests']['script'], '\n'.join(base['script']), {**base['variables'], **variables})

    def assert_page(self, run, check, variables=None):
        """The tests of the sample pass under the page's line, and the gate after it fails."""
        self.assertEqual(self.shell(run).returncode, 0)
        self.assertEqual(self.shell(check, env=variables).returncode, 1)


if __name__ == '__main__':
    tap.main()
