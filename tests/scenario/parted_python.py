# SPDX-License-Identifier: PostgreSQL
"""A Python whose symbol of the loop names the small part of it only, as gcc 16 builds it: made of Debian's.

gcc puts into a part of its own what it takes to be rare, and gcc 16 most of the loop.  The symbol is of one part; the
other has no name once the file is stripped.  Here the symbol is moved from the one to the other.
"""
import re
import struct
import subprocess

LOOP = '_PyEval_EvalFrameDefault'


def functions(path):
    """Where the functions' parts begin and end, from the tables for unwinding."""
    text = subprocess.run(['readelf', '-W', '--debug-dump=frames', path], capture_output=True, text=True, check=True)
    return sorted((int(low, 16), int(high, 16))
                  for low, high in re.findall(r'FDE .*pc=([0-9a-f]+)\.\.([0-9a-f]+)', text.stdout))


def rare_part(path, low, high):
    """The part that the function jumps into the middle of most often."""
    code = subprocess.run(['objdump', '-d', '--no-show-raw-insn', f'--start-address={low}', f'--stop-address={high}', path],
                          capture_output=True, text=True, check=True).stdout
    targets = [int(target, 16) for target in re.findall(r'\sj\w+\s+([0-9a-f]+)\b', code)]
    parts = {part: sum(part[0] < target < part[1] for target in targets) for part in functions(path)
             if part[0] != low}
    return max(parts, key=parts.get)


def symbols(data):
    """Where the entries of the symbol table for the dynamic linker are, and their names."""
    offset, = struct.unpack_from('<Q', data, 40)
    size, count = struct.unpack_from('<HH', data, 58)
    sections = [struct.unpack_from('<IIQQQQIIQQ', data, offset + i * size) for i in range(count)]
    for _, kind, _, _, start, length, link, _, _, entry in sections:
        if kind == 11:  # SHT_DYNSYM
            names = sections[link][4]
            for at in range(start, start + length, entry):
                name = names + struct.unpack_from('<I', data, at)[0]
                yield at, data[name:data.index(b'\0', name)].decode()


def make(path, to, size=None):
    """Writes the copy; with `size` the symbol keeps its place, and has that size.  Returns the sizes of both parts."""
    with open(path, 'rb') as file:
        data = bytearray(file.read())
    at = next(at for at, name in symbols(data) if name == LOOP)
    low, length = struct.unpack_from('<QQ', data, at + 8)
    rare = rare_part(path, low, low + length)
    struct.pack_into('<QQ', data, at + 8, *((low, size) if size else (rare[0], rare[1] - rare[0])))
    with open(to, 'wb') as file:
        file.write(data)
    return length, rare[1] - rare[0]
