# SPDX-License-Identifier: PostgreSQL
"""A Python program that opens connections with one driver: MODE DRIVER, driver 'psycopg2' or 'psycopg'.

Both drivers finish a connection when its object dies, and Python lets most objects die at exit.  The modes are the
ways in which real programs leak all the same, and some in which they do not.
"""
import importlib
import io
import multiprocessing
import os
import sys
import threading


def open_with(driver):
    """A connection that has run one statement."""
    connection = importlib.import_module(driver).connect('')
    cursor = connection.cursor()
    cursor.execute('SELECT 42')
    assert cursor.fetchone()[0] == 42
    cursor.close()
    connection.rollback()
    return connection


def clean(driver):
    """Opens three: closed by hand, by the garbage collector, and when Python ends."""
    global kept  # pylint: disable=global-variable-undefined
    open_with(driver).close()
    open_with(driver)
    kept = open_with(driver)


def stuck_threads(driver):
    """Opens five: two daemon threads wait with one each until the program ends, three are closed."""
    for _ in range(3):
        open_with(driver).close()
    ready = threading.Barrier(3)

    def wait_for_ever():
        connection = open_with(driver)
        ready.wait()
        threading.Event().wait()
        connection.close()

    for _ in range(2):
        threading.Thread(target=wait_for_ever, daemon=True).start()
    ready.wait(30)


def hard_exit(driver):
    """Opens three, closes one and leaves by os._exit(3)."""
    connections = [open_with(driver) for _ in range(3)]
    connections[0].close()
    os._exit(3)


def work(driver):
    """What a worker process does: it keeps its connection in a global, and multiprocessing ends it by os._exit."""
    global kept  # pylint: disable=global-variable-undefined
    kept = open_with(driver)


def workers(driver):
    """Opens and closes one; two forked workers leak one each."""
    connection = open_with(driver)
    fork = multiprocessing.get_context('fork')
    started = [fork.Process(target=work, args=(driver,)) for _ in range(2)]
    for process in started:
        process.start()
    for process in started:
        process.join(30)
        assert process.exitcode == 0
    connection.close()


def refused(driver):
    """A connect that fails raises; the driver finishes what libpq gave it."""
    module = importlib.import_module(driver)
    try:
        module.connect('dbname=no_such_database')
    except module.OperationalError:
        return
    raise AssertionError('no_such_database can be connected to')


def everything(driver):
    """Uses all that the driver has, and leaves nothing: transactions, prepared statements, COPY, notifications, ..."""
    connection = importlib.import_module(driver).connect('')
    cursor = connection.cursor()
    cursor.execute('CREATE TABLE everything (n int)')
    connection.commit()
    for number in range(20):
        cursor.execute('INSERT INTO everything VALUES (%s)', (number,))
    connection.rollback()
    copy(driver, cursor)
    connection.commit()
    cursor.execute('SELECT count(*) FROM everything')
    assert cursor.fetchone()[0] == 3
    try:
        cursor.execute('SELECT 1/0')
        raise AssertionError('1/0 is something')
    except importlib.import_module(driver).Error:
        connection.rollback()
    named = connection.cursor(name='walk')
    named.execute('SELECT generate_series(1, 10)')
    assert len(named.fetchall()) == 10
    named.close()
    cursor.execute('LISTEN bell')
    cursor.execute('NOTIFY bell')
    connection.commit()
    if driver == 'psycopg2':
        everything_of_psycopg2(connection)
    else:
        everything_of_psycopg(connection)
    cursor.close()
    connection.close()


def copy(driver, cursor):
    """Three rows to the server and back."""
    if driver == 'psycopg2':
        out = io.StringIO()
        cursor.copy_expert('COPY everything FROM STDIN', io.StringIO('1\n2\n3\n'))
        cursor.copy_expert('COPY everything TO STDOUT', out)
        assert out.getvalue() == '1\n2\n3\n'
        return
    with cursor.copy('COPY everything FROM STDIN') as rows:
        rows.write('1\n2\n3\n')
    with cursor.copy('COPY everything TO STDOUT') as rows:
        assert len(list(rows.rows())) == 3


def everything_of_psycopg2(connection):
    connection.poll()
    assert connection.notifies
    large = connection.lobject(mode='wb')
    large.write(b'large')
    large.close()
    connection.commit()
    sql = importlib.import_module('psycopg2.sql')
    assert sql.Identifier('na"me').as_string(connection) == '"na""me"'
    connection.get_dsn_parameters()
    connection.cancel()


def everything_of_psycopg(connection):
    for number in range(10):  # prepared from the fifth time on
        assert connection.execute('SELECT %s::int', (number,), prepare=True).fetchone()[0] == number
    connection.prepared_max = 3  # the others are deallocated, or closed where libpq can do that
    for number in range(10):
        connection.execute(f'SELECT {number}', prepare=True)
    connection.commit()
    with connection.pipeline() as pipeline:
        answers = [connection.execute('SELECT %s::int', (number,)) for number in range(10)]
        pipeline.sync()
        assert [answer.fetchone()[0] for answer in answers] == list(range(10))
        connection.execute('SELECT 42')
    connection.commit()
    assert [row[0] for row in connection.cursor().stream('SELECT generate_series(1, 5)')] == [1, 2, 3, 4, 5]
    capabilities = getattr(importlib.import_module('psycopg'), 'capabilities', None)
    if capabilities and capabilities.has_stream_chunked():
        assert len(list(connection.cursor().stream('SELECT generate_series(1, 5)', size=2))) == 5
    connection.commit()
    connection.info.get_parameters()
    sql = importlib.import_module('psycopg.sql')
    assert sql.Identifier('na"me').as_string(connection) == '"na""me"'
    connection.cancel()
    if hasattr(connection, 'cancel_safe'):
        connection.cancel_safe()


def pipeline_fails(driver):
    """A statement fails in the middle of a pipeline; the statements behind it are given up."""
    module = importlib.import_module(driver)
    connection = module.connect('')
    try:
        with connection.pipeline():
            for divisor in (1, 0, 1, 1):
                connection.execute('SELECT 1 / %s::int', (divisor,))
        raise AssertionError('1/0 is something')
    except module.Error:
        connection.rollback()
    assert connection.execute('SELECT 42').fetchone()[0] == 42
    connection.commit()
    connection.close()


if __name__ == '__main__':
    MODES = {'clean': clean, 'stuck-threads': stuck_threads, 'hard-exit': hard_exit, 'workers': workers,
             'refused': refused, 'everything': everything, 'pipeline-fails': pipeline_fails}
    MODES[sys.argv[1]](sys.argv[2])
