# SPDX-License-Identifier: PostgreSQL
"""Runs unittest cases and says how they went in TAP, which meson reads: one line a case.

Owns the output format only.  Called at the end of every test file of this folder.
"""
import sys
import traceback
import unittest


class TapResult(unittest.TestResult):
    """One 'ok' or 'not ok' a case, its failures as comments beneath."""

    def __init__(self):
        super().__init__()
        self.number = 0
        self.failed = False

    def say(self, word, test, more=''):
        self.number += 1
        print(f'{word} {self.number} - {test.shortDescription() or test.id()}{more}', flush=True)

    @staticmethod
    def explain(error):
        for line in ''.join(traceback.format_exception(*error)).splitlines():
            print('# ' + line, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.failed = False

    def addSuccess(self, test):
        self.say('ok', test)

    def addError(self, test, err):
        super().addError(test, err)
        if not self.failed:
            self.say('not ok', test)
            self.failed = True
        self.explain(err)

    def addFailure(self, test, err):
        self.addError(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            if not self.failed:
                self.say('not ok', test)
                self.failed = True
            print(f'# in {subtest}', flush=True)
            self.explain(err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say('ok', test, f' # SKIP {reason}')


def main():
    """Runs the cases of the calling file; arguments choose some by a part of their names."""
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f'*{part}*' for part in sys.argv[1:]] or None
    suite = loader.loadTestsFromModule(sys.modules['__main__'])
    print(f'1..{suite.countTestCases()}', flush=True)
    result = TapResult()
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
