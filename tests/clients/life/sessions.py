# SPDX-License-Identifier: PostgreSQL
"""SQLAlchemy sessions that nobody closes before the interpreter ends.  Argument: leak or fixed."""
import atexit
import sys
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

engine = create_engine('postgresql://', pool_size=8)


def load(number):
    session = Session(engine)
    atexit.register(session.close)  # resets the connection, and gives it back
    session.execute(text('select :number'), {'number': number}).fetchall()
    if sys.argv[1] == 'fixed':
        session.close()


def report(number):
    with Session(engine) as session:
        session.execute(text('select -:number'), {'number': number}).fetchall()


for i in range(4):
    load(i)
    report(i)
