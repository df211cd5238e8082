# SPDX-License-Identifier: PostgreSQL
"""What the tests of test runners test: it keeps a connection."""
import psycopg2

kept = []


def visit():
    kept.append(psycopg2.connect(''))  #: visit


def leave():
    psycopg2.connect('').close()


def refuse():
    visit()  #: refuse
    raise ValueError
