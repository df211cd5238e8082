# SPDX-License-Identifier: PostgreSQL
"""Forgets three results of the function of libpq that is named, called through ctypes: nothing of the caller has a name."""
import ctypes
import sys

pq = ctypes.CDLL('libpq.so.5')
pq.PQconnectdb.restype = pq.PQexec.restype = pq.PQmakeEmptyPGresult.restype = ctypes.c_void_p
connection = ctypes.c_void_p(pq.PQconnectdb(b''))
calls = {'PQexec': lambda: pq.PQexec(connection, b'SELECT 1'), 'PQmakeEmptyPGresult': lambda: pq.PQmakeEmptyPGresult(connection, 2)}
for _ in range(3):
    calls[sys.argv[1]]()
pq.PQfinish(connection)
