# SPDX-License-Identifier: PostgreSQL
"""A shop in Flask, whose error path leaves a session open that the next request does without.
Argument: leak, or fixed: it is closed whatever happens."""
import sys

import flask
import flask_sqlalchemy
import sqlalchemy
from sqlalchemy import orm

app = flask.Flask('shop')
app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql+psycopg2://'
database = flask_sqlalchemy.SQLAlchemy(app)
failures = []


def order(session, number):
    session.execute(sqlalchemy.text(f'SELECT 1/{number}'))  #: order


@app.get('/order/<int:number>')
def place(number):
    session = orm.Session(database.engine)
    try:
        order(session, number)
        session.commit()
        session.close()
    except sqlalchemy.exc.DBAPIError as error:
        failures.append(error)  # whose traceback has the session
        if sys.argv[1] == 'fixed':
            session.close()
        return 'sorry', 500
    return 'thank you'


with app.test_client() as browser:
    for number in 1, 0, 2, 0, 3, 0, 4, 0, 5, 0:
        browser.get(f'/order/{number}')
print('ready', flush=True)
sys.stdin.read()
