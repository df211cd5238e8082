# SPDX-License-Identifier: PostgreSQL
"""A service on psycopg_pool, whose tasks are cancelled after they took a connection out of the pool.
Argument: leak, or fixed: a context manager gives it back."""
import asyncio
import sys

from psycopg_pool import AsyncConnectionPool

lent = []


async def slow(pool, reached):
    """Takes one, and never comes to give it back."""
    connection = await pool.getconn()
    lent.append(connection)
    await connection.execute('SELECT 1')  #: slow
    reached.set()
    await asyncio.sleep(3600)
    await pool.putconn(connection)


async def careful(pool, reached):
    async with pool.connection() as connection:
        await connection.execute('SELECT 1')
        reached.set()
        await asyncio.sleep(3600)


async def quick(pool):
    async with pool.connection() as connection:
        await connection.execute('SELECT 2')


async def serve():
    async with AsyncConnectionPool('', min_size=1, max_size=8, open=False) as pool:
        for _ in range(4):
            reached = asyncio.Event()
            task = asyncio.create_task((slow if sys.argv[1] == 'leak' else careful)(pool, reached))
            await reached.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await quick(pool)
        print('ready', flush=True)
        await asyncio.to_thread(sys.stdin.read)


asyncio.run(serve())
