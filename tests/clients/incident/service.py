# SPDX-License-Identifier: PostgreSQL
"""A small shop with three endpoints, of which one leaks: an export that fails keeps its connection.

Prints the port it listens on, and its process id.  When the server is gone, a request tries again and again to connect, without a pause that
grows.  `fixed` as the first argument closes the connection of an export that fails, too.
"""
import http.server
import os
import sys
import time

import psycopg2
import psycopg2.pool

POOL = psycopg2.pool.ThreadedConnectionPool(2, 4, '')
EXPORTS = []  # what is going on, for a page of statistics
FIXED = sys.argv[1:] == ['fixed']


def reconnect():
    for _ in range(40):
        try:
            return psycopg2.connect('')
        except psycopg2.OperationalError:
            time.sleep(0.002)
    raise psycopg2.OperationalError('the server is gone')


def ask(query):
    connection = POOL.getconn()
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]
    finally:
        POOL.putconn(connection, close=connection.closed != 0)


def orders():
    return ask('SELECT 1')


def stock():
    return ask('SELECT 2')


def export(number):
    connection = reconnect()
    EXPORTS.append(connection)
    with connection.cursor() as cursor:
        cursor.execute('SELECT 3')
        if number % 3 == 0:  # an order without an address
            if FIXED:
                connection.close()
            raise KeyError(number)
    EXPORTS.remove(connection)
    connection.close()
    return 3


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name, _, number = self.path[1:].partition('/')
        try:
            answer, status = {'orders': orders, 'stock': stock, 'export': lambda: export(int(number))}[name](), 200
        except (KeyError, psycopg2.Error) as error:
            answer, status = type(error).__name__, 500
        body = f'{answer}\n'.encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == '__main__':
    with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
        print(server.server_address[1], os.getpid(), flush=True)
        server.serve_forever()
