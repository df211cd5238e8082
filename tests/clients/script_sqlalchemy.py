# SPDX-License-Identifier: PostgreSQL
"""Opens two connections by way of SQLAlchemy and leaves them to the end, which it does not let Python see."""
import os

import sqlalchemy
from sqlalchemy.orm import Session

kept = []


def nested():
    engine = sqlalchemy.create_engine('postgresql+psycopg2://')
    kept.append(engine)

    def inner():
        kept.append(engine.connect())  #: connect

    inner()  #: inner


def lazily():
    session = Session(sqlalchemy.create_engine('postgresql+psycopg2://'))
    kept.append(session)
    session.execute(sqlalchemy.text('SELECT 1'))  #: execute


nested()  #: nested
lazily()  #: lazily
os._exit(0)
