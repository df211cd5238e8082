# SPDX-License-Identifier: PostgreSQL
"""Runs a command whose standard output is a terminal of some width.

Used by golden.py for the cases that begin with COLUMNS= or WINDOW=.
"""
import fcntl
import os
import pty
import struct
import subprocess
import tempfile
import termios


def run_on_terminal(command, columns, **options):
    """As subprocess.run() with text captured; the terminal has so many columns, and adds no carriage returns."""
    master, slave = pty.openpty()
    try:
        settings = termios.tcgetattr(slave)
        settings[1] &= ~termios.OPOST
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
        with tempfile.TemporaryFile() as errors:
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, stderr=errors, **options) as process:
                os.close(slave)
                slave = -1
                output = read_all(master)
            errors.seek(0)
            return subprocess.CompletedProcess(command, process.returncode, output, errors.read())
    finally:
        os.close(master)
        if slave >= 0:
            os.close(slave)


def read_all(master):
    parts = []
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # how Linux says that nobody has the other end open any more
            part = b''
        if not part:
            return b''.join(parts)
        parts.append(part)
