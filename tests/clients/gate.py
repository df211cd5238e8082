# SPDX-License-Identifier: PostgreSQL
"""A gate inside the process that uses it, as tests have one: threads forward what psycopg2 says, over TCP and with SSL
asked for, to the server's socket.  Argument: how many connections."""
import os
import socket
import sys
import threading

import psycopg2


def pump(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


def serve(listening):
    while True:
        client, _ = listening.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(f'{os.environ["PGHOST"]}/.s.PGSQL.{os.environ["PGPORT"]}')
        for pair in (client, server), (server, client):
            threading.Thread(target=pump, args=pair, daemon=True).start()


gate = socket.create_server(('127.0.0.1', 0))
threading.Thread(target=serve, args=(gate,), daemon=True).start()
for _ in range(int(sys.argv[1])):
    connection = psycopg2.connect(host='127.0.0.1', port=gate.getsockname()[1], sslmode='prefer')
    with connection.cursor() as cursor:
        cursor.execute('SELECT 42')
    connection.close()
print('done')
