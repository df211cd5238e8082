# SPDX-License-Identifier: PostgreSQL
"""All queries go through one helper, and all connections of its own through another; one caller of each forgets to give back.
Argument: leak or fixed."""
import sys
import psycopg2
import psycopg2.pool

fixed = sys.argv[1] == 'fixed'
pool = psycopg2.pool.ThreadedConnectionPool(1, 8, '')
kept = []


def ask(connection, question):
    connection.cursor().execute(question)


def connect():
    return psycopg2.connect('')


def show_page():
    connection = pool.getconn()
    ask(connection, 'select 1')
    pool.putconn(connection)


def show_cart():
    connection = pool.getconn()
    ask(connection, 'select 2')
    if fixed:
        pool.putconn(connection)


def import_orders():
    connection = connect()
    connection.cursor().execute('select 3')
    kept.append(connection)
    if fixed:
        connection.close()


def import_prices():
    connection = connect()
    connection.cursor().execute('select 4')
    connection.close()


for i in range(12):
    if i % 4 == 1:
        show_cart()
        import_orders()
    show_page()
    import_prices()
