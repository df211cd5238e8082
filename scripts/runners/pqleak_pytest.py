# SPDX-License-Identifier: PostgreSQL
"""Names the running test in PQLEAK_LABEL, for the programs that it starts: pytest -p pqleak_pytest.

pytest's own process keeps the label that it began with, and so do the children it forks without executing a program:
pqleak reads the label once, when a program begins.
"""
import os

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    before = os.environ.get('PQLEAK_LABEL')
    os.environ['PQLEAK_LABEL'] = item.nodeid
    yield
    if before is None:
        del os.environ['PQLEAK_LABEL']
    else:
        os.environ['PQLEAK_LABEL'] = before
