# SPDX-License-Identifier: PostgreSQL
"""Two tests that each start a program; the first leaks."""
import os
import subprocess

PROGRAM = os.path.join(os.environ['PQLEAK_TEST_CLIENTS'], 'client-acquire')


def test_checkout():
    subprocess.run([PROGRAM, 'failed-leaked'], check=True)


def test_cart():
    subprocess.run([PROGRAM, 'failed-finished'], check=True)
