# SPDX-License-Identifier: PostgreSQL
"""Opens connections by way of what is built on a driver, named by its argument, and leaves them to the end, which it does not
let Python see.  The lines that matter are marked at their ends."""
import os
import sys

kept = []


def django():
    import django
    from django.conf import settings
    from django.db import connection
    settings.configure(DATABASES={'default': {
        'ENGINE': 'django.db.backends.postgresql', 'HOST': os.environ['PGHOST'], 'PORT': os.environ['PGPORT'],
        'NAME': os.environ['PGDATABASE'], 'USER': os.environ['PGUSER']}})
    django.setup()

    def lose():
        kept.append(connection.connection)
        connection.connection = None

    def view_a():
        with connection.cursor() as cursor:  #: django_a
            cursor.execute('SELECT 1')

    def view_b():
        with connection.cursor() as cursor:  #: django_b
            cursor.execute('SELECT 2')

    for view in (view_a, view_b):
        view()
        lose()


def sqlalchemy():
    import sqlalchemy
    from sqlalchemy import orm

    engine = sqlalchemy.create_engine('postgresql+psycopg2://')
    scoped = orm.scoped_session(orm.sessionmaker(engine))
    kept.append(scoped)

    def core():
        kept.append(engine.connect())  #: core

    def session():
        own = orm.Session(engine)
        kept.append(own)
        own.execute(sqlalchemy.text('SELECT 1'))  #: session

    def scope():
        scoped.execute(sqlalchemy.text('SELECT 1'))  #: scope

    core()
    session()
    scope()
    print(sqlalchemy.__version__)


def peewee():
    from peewee import PostgresqlDatabase
    database = PostgresqlDatabase(os.environ['PGDATABASE'], host=os.environ['PGHOST'], port=os.environ['PGPORT'],
                                  user=os.environ['PGUSER'])
    kept.append(database)

    @database.atomic()
    def within():
        import psycopg2
        kept.append(psycopg2.connect(''))  #: within

    def query():
        database.execute_sql('SELECT 1')  #: query

    query()
    within()


def psycopg_pool():
    from psycopg_pool import ConnectionPool
    pool = ConnectionPool('', min_size=1, max_size=1, open=False)
    kept.append(pool)

    def take():
        with pool.connection() as connection:
            connection.execute('SELECT 1')  #: take

    pool.open(wait=True)
    take()


def pygresql():
    import pgdb

    def connect():
        host = f"{os.environ['PGHOST']}:{os.environ['PGPORT']}"
        kept.append(pgdb.connect(database=os.environ['PGDATABASE'], host=host, user=os.environ['PGUSER']))  #: pygresql

    connect()


def celery():
    from celery import Celery
    import psycopg2
    app = Celery('shop', broker='memory://')

    @app.task
    def task():
        kept.append(psycopg2.connect(''))  #: task

    task.apply()


def gunicorn():
    """The arbiter ends when a worker ends like this."""
    import socket

    import psycopg2
    from gunicorn.app.base import BaseApplication

    def view(_environ, _start_response):
        kept.append(psycopg2.connect(''))  #: view
        os._exit(4)

    def ask(_server):
        if os.fork() == 0:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(os.path.abspath('gunicorn.sock'))
                client.send(b'GET / HTTP/1.0\r\n\r\n')
                client.recv(1)
            os._exit(0)

    class Server(BaseApplication):
        def load_config(self):
            self.cfg.set('bind', 'unix:gunicorn.sock')
            self.cfg.set('when_ready', ask)

        def load(self):
            return view

    Server().run()


globals()[sys.argv[1]]()
sys.stdout.flush()
os._exit(0)
