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
            cursor.execute('SELECT 1')  #: query_a

    def view_b():
        with connection.cursor() as cursor:  #: django_b
            cursor.execute('SELECT 2')  #: query_b

    def clean():
        connection.cursor().execute('SELECT 3')
        connection.close()

    clean()
    for view in (view_a, view_b):
        view()
        lose()


def sqlalchemy():
    """No pool: what is given back is closed."""
    import sqlalchemy
    from sqlalchemy import orm, pool

    engine = sqlalchemy.create_engine('postgresql+psycopg2://', poolclass=pool.NullPool)
    scoped = orm.scoped_session(orm.sessionmaker(engine))
    kept.append(scoped)

    def clean():
        scoped.execute(sqlalchemy.text('SELECT 1'))
        scoped.remove()

    def core():
        kept.append(engine.connect())  #: core

    def session():
        own = orm.Session(engine)
        kept.append(own)
        own.execute(sqlalchemy.text('SELECT 1'))  #: session

    def scope():
        try:
            scoped.execute(sqlalchemy.text('SELECT 1/0'))  #: scope
            scoped.remove()
        except sqlalchemy.exc.DBAPIError:
            pass

    clean()
    core()
    session()
    scope()
    print(sqlalchemy.__version__)


def flask():
    """A scoped session is removed where its context ends, but not by who goes round that."""
    import flask
    import flask_sqlalchemy
    import sqlalchemy
    app = flask.Flask('shop')
    app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql+psycopg2://'
    app.config['SQLALCHEMY_ENGINE_OPTIONS'] = {'poolclass': sqlalchemy.pool.NullPool}
    database = flask_sqlalchemy.SQLAlchemy(app)

    def ask(query):
        database.session.execute(sqlalchemy.text(query))  #: ask

    @app.get('/leaks')
    def leaks():
        kept.append(database.engine.connect())  #: leaks
        return ''

    with app.app_context():
        ask('SELECT 1')
    app.test_client().get('/leaks')
    context = app.app_context()
    context.push()
    try:
        ask('SELECT 1/0')  #: error
        context.pop()
    except sqlalchemy.exc.DBAPIError:
        kept.append(context)


def asgi():
    """What a view has another thread do for it, Django does not close with the request."""
    import asyncio

    import django
    from asgiref.sync import sync_to_async
    from django.conf import settings
    from django.core.handlers.asgi import ASGIHandler
    from django.db import connection, models
    from django.http import HttpResponse
    from django.urls import path

    def count():
        return Language.objects.count()  #: count

    async def leaks(_request):
        return HttpResponse(await sync_to_async(count, thread_sensitive=False)())

    def clean(_request):
        return HttpResponse(count())

    settings.configure(
        ALLOWED_HOSTS=['*'], ROOT_URLCONF=(path('leaks', leaks), path('clean', clean)), SECRET_KEY='-',
        DATABASES={'default': {
            'ENGINE': 'django.db.backends.postgresql', 'HOST': os.environ['PGHOST'], 'PORT': os.environ['PGPORT'],
            'NAME': os.environ['PGDATABASE'], 'USER': os.environ['PGUSER']}})
    django.setup()

    class Language(models.Model):
        lanname = models.TextField(primary_key=True)

        class Meta:
            app_label = 'shop'
            db_table = 'pg_language'

    async def ask(handler, target):
        bodies = [{'type': 'http.request'}]

        async def receive():
            return bodies.pop() if bodies else await asyncio.Future()

        async def send(message):
            print(message.get('status', message.get('body')))

        await handler({'type': 'http', 'method': 'GET', 'path': target, 'query_string': b'', 'headers': []}, receive, send)

    async def serve():
        handler = ASGIHandler()
        await ask(handler, '/clean')
        await ask(handler, '/leaks')

    asyncio.run(serve())


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

    def clean():
        database.execute_sql('SELECT 1')
        database.close()

    clean()
    query()
    within()  #: transaction


def psycopg_pool():
    from psycopg_pool import ConnectionPool
    pool = ConnectionPool('', min_size=1, max_size=1, open=False)
    kept.append(pool)

    def take():
        with pool.connection() as connection:
            connection.execute('SELECT 1')  #: take

    with ConnectionPool('', min_size=1, max_size=1, open=True) as clean:
        clean.wait()
    pool.open(wait=True)
    take()


def pygresql():
    import pgdb

    def connect():
        host = f"{os.environ['PGHOST']}:{os.environ['PGPORT']}"
        kept.append(pgdb.connect(database=os.environ['PGDATABASE'], host=host, user=os.environ['PGUSER']))  #: pygresql

    def clean():
        host = f"{os.environ['PGHOST']}:{os.environ['PGPORT']}"
        pgdb.connect(database=os.environ['PGDATABASE'], host=host, user=os.environ['PGUSER']).close()

    clean()
    connect()


def celery():
    from celery import Celery
    import psycopg2
    app = Celery('shop', broker='memory://')

    @app.task
    def task():
        kept.append(psycopg2.connect(''))  #: task

    @app.task
    def clean():
        psycopg2.connect('').close()

    clean.apply()
    task.apply()


def gunicorn():
    """The arbiter ends when a worker ends like this."""
    import socket

    import psycopg2
    from gunicorn.app.base import BaseApplication

    def view(_environ, _start_response):
        psycopg2.connect('').close()
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
