# SPDX-License-Identifier: PostgreSQL
"""The completion for bash: what it offers is what the command takes."""
import os
import shlex
import subprocess
import unittest

import tap

COMPLETION = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'analyzer', 'commands', 'completion',
                          'pqleak.bash')

# What it needs of the package bash-completion, in small; files, folders and other command lines are only named.
HELPERS = r'''
_init_completion() {
  words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} split=false
  [[ $cur == --*=* ]] && prev=${cur%%=*} cur=${cur#*=} split=true
  return 0
}
_filedir() { COMPREPLY=("file $*"); }
_command_offset() { COMPREPLY=("command at $1"); }
compopt() { :; }
'''


class Completion(unittest.TestCase):
    def complete(self, *words):
        """What is offered for the last of the words."""
        pqleak = os.environ['PQLEAK_TEST_PQLEAK']
        line = ' '.join(shlex.quote(word) for word in (pqleak, *words))
        script = (f'{HELPERS}\n. {shlex.quote(COMPLETION)}\nCOMP_WORDS=({line}) COMP_CWORD={len(words)}\n'
                  '_pqleak; printf "%s\\n" "${COMPREPLY[@]}"')
        run = subprocess.run(['bash', '-c', script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(run.stderr, '')
        return run.stdout.split('\n')[:-1]

    def test_commands(self):
        """a command's name"""
        self.assertEqual(self.complete('re'), ['report'])
        self.assertEqual(self.complete('help', 'd'), ['diff', 'doctor'])
        self.assertNotIn('complete', self.complete(''))

    def test_options(self):
        """the options of this command, with '=' where a value follows"""
        self.assertEqual(self.complete('check', '--max'), ['--max=', '--max-open=', '--max-unused=', '--max-idle-in-transaction='])
        self.assertEqual(self.complete('report', '--max'), [''])
        self.assertEqual(self.complete('run', '--append'), ['--append'])

    def test_values(self):
        """what a value can be: words, files, folders, or nobody knows"""
        self.assertEqual(self.complete('report', '--format', 'g'), ['github', 'gitlab'])
        self.assertEqual(self.complete('report', '--format=j'), ['json', 'junit'])
        self.assertEqual(self.complete('check', '--fail-on', 'open-'), ['open-at-death'])
        self.assertEqual(self.complete('check', '--baseline', 'x'), ['file '])
        self.assertEqual(self.complete('run', '-o', 'x'), ['file '])
        self.assertEqual(self.complete('audit', '--sysroot=x'), ['file -d'])
        self.assertEqual(self.complete('report', '--held', '5'), [''])

    def test_command_line(self):
        """behind the options of `run` there is another command's line"""
        self.assertEqual(self.complete('run', '-q', '-o', 'x.db', 'psql', '-'), ['command at 5'])
        self.assertEqual(self.complete('run', '--', 'psql', '-'), ['command at 3'])
        self.assertEqual(self.complete('run', '--max', '3', '--all', '--stack'), ['--stacks'])
        self.assertEqual(self.complete('check', 'x'), ['file '])


if __name__ == '__main__':
    tap.main()
