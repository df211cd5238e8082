# SPDX-License-Identifier: PostgreSQL
"""Runs unittest cases and says how they went in TAP, which meson reads: one line a case.

Owns the output format, and how a table becomes cases.  Called at the end of every test file of this folder.
"""
import re
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


class each:  # pylint: disable=invalid-name # a decorator
    """@each(TABLE, WORDS): a case for every row of a table, which calls the method with all that the row holds.

    The table maps a case's name to its values, or is names only.  WORDS says what a case is about: {0} is its name, {1}
    its first value.
    """

    def __init__(self, table, words):
        self.rows = [(name, *(table[name] if isinstance(table[name], tuple) else (table[name],)))
                     for name in table] if isinstance(table, dict) else [(name,) for name in table]
        self.words = words
        self.method = None

    def __call__(self, method):
        self.method = method
        return self

    def __set_name__(self, owner, name):
        setattr(owner, name, self.method)
        for row in self.rows:
            def case(test, row=row):
                return self.method(test, *row)
            case.__doc__ = self.words.format(*row)
            setattr(owner, f'test_{name}_' + re.sub(r'\W', '_', row[0]), case)


def main():
    """Runs the cases of the calling file; arguments choose some by a part of their names."""
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f'*{part}*' for part in sys.argv[1:]] or None
    suite = loader.loadTestsFromModule(sys.modules['__main__'])
    print(f'1..{suite.countTestCases()}', flush=True)
    result = TapResult()
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
