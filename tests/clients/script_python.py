# SPDX-License-Identifier: PostgreSQL
"""A Python program whose lines are looked for in stacks: MODE DRIVER, driver 'psycopg2' or 'psycopg'.

The lines that matter are marked at their ends; the tests find them by their words.
"""
import asyncio
import atexit
import ctypes
import gc
import importlib
import os
import signal
import sys
import threading
import time

kept = []
driver = importlib.import_module(sys.argv[2])


class Pool:
    def take(self):
        kept.append(driver.connect(''))  #: take

    def in_thread(self):
        self.take()  #: in_thread


def nested():
    def inner():
        kept.append(driver.connect(''))  #: inner
    inner()  #: nested


def generated():
    yield driver.connect('')  #: generated


def leaks():
    """Six lines: a method in a thread, a nested function, a generator, a callback of native code, exec, and here."""
    thread = threading.Thread(target=Pool().in_thread)
    thread.start()
    thread.join()
    nested()  #: call_nested
    kept.extend(generated())  #: extend
    sorted([1], key=lambda _: kept.append(driver.connect('')))  #: sorted
    exec(compile('kept.append(driver.connect(""))', '<made up>', 'exec'))  #: exec
    kept.append(driver.connect(''))  #: here
    leave()


def leave():
    """Drivers finish their connections when Python ends; so do not let it."""
    sys.stdout.flush()
    os._exit(0)


def lives():
    """A connection that is used and released, one that the garbage collector releases, and a transaction that stays."""
    connection = driver.connect('')
    connection.cursor().execute('SELECT 1')  #: begin
    connection.commit()  #: commit
    connection.close()  #: close
    connection = driver.connect('')
    connection.cursor().execute('SELECT 1')
    del connection  #: del
    stays = driver.connect('')
    stays.cursor().execute('SELECT 1')  #: stays
    kept.append(stays)
    leave()


def asks():
    """Queries from everywhere, each several times, and then a connection that is used a last time."""
    connection = driver.connect('')
    cursor = connection.cursor()
    ask = cursor.execute

    def generate():
        for _ in range(3):
            yield ask('SELECT 1')  #: ask_generator

    async def wait():
        ask('SELECT 1')  #: ask_task
        await asyncio.sleep(0)
        ask('SELECT 1')  #: ask_later

    def in_thread():
        for _ in range(3):
            ask('SELECT 1')  #: ask_thread
            ask('SELECT 2')  #: ask_next

    signal.signal(signal.SIGUSR1, lambda *_: ask('SELECT 1'))  #: ask_signal
    for _ in range(3):
        list(generate())
        asyncio.run(wait())
        thread = threading.Thread(target=in_thread)
        thread.start()
        thread.join()
        signal.raise_signal(signal.SIGUSR1)
        sorted([1], key=lambda _: ask('SELECT 1'))  #: ask_sorted
    kept.append(connection)
    ask('SELECT 1')  #: ask_last
    leave()


def greenlets():
    """Queries from greenlets, which take turns in the midst of their calls."""
    import greenlet  # pylint: disable=import-outside-toplevel,import-error
    cursor = driver.connect('').cursor()

    def inner(other):
        cursor.execute('SELECT 1')  #: green_inner
        if other is not None:
            other.switch()
        cursor.execute('SELECT 1')  #: green_later

    def outer():
        inner(None)  #: green_outer
        cursor.execute('SELECT 1')  #: green_back

    for _ in range(3):
        second = greenlet.greenlet(outer)
        first = greenlet.greenlet(lambda: inner(second))
        first.switch()
        cursor.execute('SELECT 1')  #: green_main
    leave()


def forks():
    """A child that is forked and its parent go on with what was done before, and then each does what was not."""
    def ask(cursor):
        cursor.execute('SELECT 1')  #: fork_known

    child = None
    for _ in range(2):
        connection = driver.connect('')  #: fork_opened
        ask(connection.cursor())
        if child is None:
            connection.close()
            child = os.fork()
    if child == 0:
        connection.cursor().execute('SELECT 1')  #: fork_child
        kept.append(connection)
        if len(sys.argv) > 3:
            connection.close()
        leave()
    os.waitpid(child, 0)
    connection.cursor().execute('SELECT 1')  #: fork_parent
    connection.close()


def made():
    """Code that is made, asks, and is thrown away: the next takes its place in memory."""
    cursor = driver.connect('').cursor()
    places = set()
    for number in range(100):
        scope = {}
        exec(compile('\n' * number + f'def made_{number}(cursor): cursor.execute("SELECT 1")', 'made.py', 'exec'), scope)
        function = scope[f'made_{number}']
        places.add(id(function.__code__))
        function(cursor)
        function(cursor)
        scope.clear()  # they hold each other
        del function
    print(len(places) < 50)


def odd():
    """What Python counts and tells of itself, exceptions in flight, a filename that is not of UTF-8, and deep stacks."""
    def deep(n):
        return deep(n - 1) if n else driver.connect('')
    try:
        raise KeyError('in flight')
    except KeyError:
        deep(300).close()
        print(sys.exc_info()[1])
    try:
        [driver.connect('')].pop(5)  # released while the exception is on its way
    except IndexError as error:
        print(error)
    scope = {'driver': driver}
    exec(compile('def f():\n  driver.connect("").close()\n', os.fsdecode(b'/tmp/\xe9t\xe9.py'), 'exec'), scope)
    scope['f']()
    exec(compile(f'def {"x" * 2000}():\n  driver.connect("").close()\n', 'y' * 2000 + '/end.py', 'exec'), scope)
    scope['x' * 2000]()
    try:
        driver.connect('service=none-of-that-name')
    except driver.Error as error:
        print(type(error).__name__)
    events = []
    sys.settrace(lambda frame, event, _: events.append((event, frame.f_code.co_name)))
    driver.connect('').close()
    sys.settrace(None)
    print(len(events), events[:3])
    print(gc.isenabled(), sys.getrefcount(lives.__code__))
    atexit.register(lambda: print('at exit', driver.connect('').close()))
    raise SystemExit(3)


def collected():
    """The collector is always about to run: it must not run while a stack is looked at."""
    library = ctypes.PyDLL(sys.argv[3])
    seen = []
    gc.callbacks.append(lambda *_: seen.append(library.is_within(b'libpqleak')))
    gc.set_threshold(1)
    for _ in range(20):
        kept.extend([] for _ in range(10))
        driver.connect('').close()
    gc.set_threshold(700)
    print(len(seen) > 20, any(seen), gc.isenabled())


def busy():
    """Threads that hold the GIL while others connect and query, and a fork meanwhile."""
    counts = []

    def spin():
        while len(counts) < 3:
            sum(range(1000))

    def work():
        count = 0
        while count < 8:
            connection = driver.connect('')  #: busy
            connection.cursor().execute('SELECT 1')
            connection.rollback()
            connection.close()
            count += 1
        counts.append(count)

    threads = [threading.Thread(target=target) for target in (spin, spin, work, work, work)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        child = os.fork()
        if child == 0:
            driver.connect('')  #: child
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    for thread in threads:
        thread.join()
    print(len(counts), all(counts))


def subinterpreter():
    """Where a second interpreter is, nothing is looked at; where it has gone, all is as before."""
    import _xxsubinterpreters as interpreters  # pylint: disable=import-outside-toplevel,import-error
    other = interpreters.create()
    driver.connect('').close()
    interpreters.run_string(other, 'import ctypes; c = ctypes.CDLL("libpq.so.5"); c.PQconnectdb.restype = ctypes.c_void_p;'
                                   'c.PQfinish(ctypes.c_void_p(c.PQconnectdb(b"")))')
    interpreters.destroy(other)
    driver.connect('').close()  #: alone


def at_the_very_end(function):
    """Has the function called when Python finalises, by which time other threads may not go on."""
    class Last:
        def __del__(self):
            function()

    sys.modules['last'] = type(sys)('last')
    sys.modules['last'].last = Last()


def going():
    """Python ends while a thread that has connected waits for the GIL."""
    sys.setswitchinterval(1000)  # nobody is asked to give it up
    begun = threading.Event()

    def connect():
        begun.set()
        kept.append(driver.connect(''))

    threading.Thread(target=connect, daemon=True).start()
    begun.wait()
    at_the_very_end(lambda sleep=time.sleep: sleep(0.2))
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        pass


def ends():
    """Exit handlers and finalizers connect."""
    at_the_very_end(lambda connect=driver.connect: connect('').close())
    atexit.register(lambda: driver.connect('').close())  #: atexit
    print('ends')


def daemons():
    """The same while threads go on connecting."""
    def connect():
        while True:
            driver.connect('').close()

    def ask():
        cursor = driver.connect('').cursor()
        while True:
            cursor.execute('SELECT 1')

    for work in (connect, connect, ask, ask):
        threading.Thread(target=work, daemon=True).start()
    time.sleep(0.1)
    ends()


def foreign():
    """Threads that Python has not made; and a library that holds a lock which somebody with the GIL waits for."""
    library = ctypes.CDLL(sys.argv[3])
    library.connect_in_thread()
    callback = ctypes.CFUNCTYPE(None)(lambda: driver.connect('').close())  #: callback
    library.call_in_thread(callback)
    waiting = threading.Thread(target=lambda: (time.sleep(0.05), ctypes.PyDLL(sys.argv[3]).wait_for_lock()))
    waiting.start()
    library.connect_holding_lock()
    waiting.join()


globals()[sys.argv[1]]()  #: main
