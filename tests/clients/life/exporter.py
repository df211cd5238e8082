# SPDX-License-Identifier: PostgreSQL
"""One connection for its life, with a transaction that nobody ends.  Argument: leak or fixed."""
import sys
import psycopg2

connection = psycopg2.connect('')
connection.autocommit = sys.argv[1] == 'fixed'


def scrape():
    connection.cursor().execute('select 1')


scrape()
print('ready', flush=True)
sys.stdin.read()
connection.close()
