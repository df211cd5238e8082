# SPDX-License-Identifier: PostgreSQL
"""A Python program that opens connections with one driver: MODE DRIVER, driver 'psycopg2' or 'psycopg'.

Both drivers finish a connection when its object dies, and Python lets most objects die at exit.  The modes are the
ways in which real programs leak all the same, and some in which they do not.
"""
import importlib
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


if __name__ == '__main__':
    MODES = {'clean': clean, 'stuck-threads': stuck_threads, 'hard-exit': hard_exit, 'workers': workers,
             'refused': refused}
    MODES[sys.argv[1]](sys.argv[2])
