# SPDX-License-Identifier: PostgreSQL
"""A shop."""
import psycopg2

carts = []


def open_cart():
    return psycopg2.connect('')


def price(connection, query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def checkout():
    cart = open_cart()
    total = price(cart, 'SELECT 40 + 2')
    cart.close()
    return total


def report():
    cart = open_cart()
    total = price(cart, 'SELECT 1')
    cart.close()
    return total
