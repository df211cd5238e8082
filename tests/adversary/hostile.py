# SPDX-License-Identifier: PostgreSQL
"""Files that were made to harm whoever reads them: programs and debug information.

Owns how they are made, from nothing but an assembler.  Each is small; what it would become is not.
"""
import contextlib
import os
import random
import socket
import struct
import zlib

# Two functions, and debug information that a case adds.
CODE = '''
	.text
	.globl main, honest
	.type main, @function
	.type honest, @function
main:	.fill 16, 1, 0x90
	.size main, . - main
honest:	.fill 16, 1, 0x90
	.size honest, . - honest
end:
'''

# A unit that says it holds all of the code, and its children.  Abbreviations: 1 the unit, 2 a namespace with children, 3
# a function that is a copy of itself.
UNIT = '''
	.section .debug_abbrev
	.byte 1, 0x11, 1, 0x11, 0x01, 0x12, 0x07, 0, 0
	.byte 2, 0x39, 1, 0, 0
	.byte 3, 0x2e, 0, 0x31, 0x13, 0x11, 0x01, 0x12, 0x07, 0, 0
	.byte 0
	.section .debug_info
begin:	.long 1f - 0f
0:	.short 4
	.long 0
	.byte 8, 1
	.quad main, end - main
{children}
	.byte 0
1:
'''

NESTED = UNIT.format(children='\t.fill 3000000, 1, 2\n\t.fill 3000000, 1, 0')
OWN_COPY = UNIT.format(children='2:\t.byte 3\n\t.long 2b - begin\n\t.quad main, end - main')


def doubling(levels=60):
    """A C++ name of some hundred bytes that is 2^levels bytes long when it is read."""
    digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

    def number(i):
        return digits[i] if i < 36 else number(i // 36) + digits[i % 36]

    return '_Z1f1XIiiE' + ''.join(f'S_IS{number(i)}_S{number(i)}_E' for i in range(levels))


DOUBLING = CODE.replace('main', f'"{doubling()}"')


def deflated(count):
    """So many zeros, a multiple of 16 MiB, without making them: a block of these again and again."""
    part, squeeze = 16 << 20, zlib.compressobj(9, wbits=-15)
    return (squeeze.compress(bytes(part)) + squeeze.flush(zlib.Z_FULL_FLUSH)) * (count // part) + b'\x03\x00'


def zeros(count):
    """The same as a zlib stream."""
    return b'\x78\xda' + deflated(count) + struct.pack('>I', (count % 65521) << 16 | 1)


def zeros_as_section(count):
    """The same as an old compressed debug section."""
    return b'ZLIB' + struct.pack('>Q', count) + zeros(count)


def zeros_as_gzip(count):
    """The same as a gzip file; elfutils reads these."""
    return b'\x1f\x8b\x08\0\0\0\0\0\0\3' + deflated(count) + struct.pack('<II', 0, count % 2**32)


def sparse(path, size=10 << 30, segments=1000, sections=0, sections_at=0):
    """An executable that takes no room on the disk: all of its segments are all of it."""
    header = struct.pack('<16sHHIQQQIHHHHHH', b'\x7fELF\x02\x01\x01', 2, 62, 1, 0, 64, sections_at, 0, 64, 56, segments, 64,
                         sections, 0)
    segment = struct.pack('<IIQQQQQQ', 1, 5, 0, 0, 0, size, size, 4096)
    with open(path, 'wb') as file:
        file.write(header + segment * segments)
        file.truncate(size)
    os.chmod(path, 0o755)


def damaged(content, seed):
    """A file with some of its bytes changed; most of them in tables of the ELF format."""
    dice = random.Random(seed)
    changed = bytearray(content)
    sections_at, = struct.unpack_from('<Q', content, 0x28)
    for _ in range(dice.randint(1, 12)):
        begin, length = dice.choice([(32, 32), (64, 600), (sections_at, len(content) - sections_at), (0, len(content))])
        at = begin + dice.randrange(max(1, length))
        if 4 <= at < len(content):
            changed[at] = dice.choice([0, 1, 0x7f, 0x80, 0xff, dice.randrange(256)])
    return bytes(changed)


def fifo(path):
    os.mkfifo(path)


def a_socket(path):
    # Its name may be longer than an address may be.
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        here = os.open('.', os.O_RDONLY)
        try:
            os.chdir(os.path.dirname(path))
            listener.bind(os.path.basename(path))
        finally:
            os.fchdir(here)
            os.close(here)


# What may stand in the place of a file, by what it is.
PLACES = {
    'a pipe': fifo,
    'a socket': a_socket,
    'a folder': os.mkdir,
    'a device without end': lambda path: os.symlink('/dev/zero', path),
    'a terminal': lambda path: os.symlink('/dev/tty', path),
    'a link to itself': lambda path: os.symlink(os.path.basename(path), path),
    'a link to nothing': lambda path: os.symlink('nothing', path),
    'memory as a file': lambda path: os.symlink('/proc/self/mem', path),
    'the kernel as a file': lambda path: os.symlink('/proc/kcore', path),
    'an empty file': lambda path: open(path, 'wb').close(),
    '10 GB of nothing': sparse,
}
