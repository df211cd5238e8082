#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""Holds the rooms of the source apart: test_rooms.py BUILD SOURCE.

A room is a folder below preload/, trace/ or analyzer/ with a README.md.  The table `arrows` beside this file says which
other rooms each may use.  What a room really uses is read from its objects, by nm, and from the headers that its files
include.  Also held: the table has no circle, each arrow in it is used, each README says the same as the table, and no
room is larger than a newcomer can take in.  --graph prints what is used, and by which files, instead.
"""
import collections
import glob
import json
import os
import re
import subprocess
import sys
import unittest

import tap

HERE = os.path.dirname(os.path.abspath(__file__))
HOUSES = ('trace', 'preload', 'analyzer')
MOST_PARTS = 20  # a .c, its .h and its .sql are one


def arguments():
    return [argument for argument in sys.argv[1:] if not argument.startswith('--')]


BUILD, SOURCE = (os.path.abspath(path) for path in arguments())


def rooms():
    return sorted(os.path.relpath(os.path.dirname(path), SOURCE)
                  for house in HOUSES
                  for path in glob.glob(f'{SOURCE}/{house}/**/meson.build', recursive=True)
                  if has_parts(os.path.dirname(path)))


def has_parts(folder):
    return any(re.search(r'\.(c|h|S|sql|def)$', name) for name in os.listdir(folder))


def room_of(path):
    """The room of a file of the product, or None."""
    folder = os.path.dirname(path)
    return folder if folder.split('/')[0] in HOUSES and has_parts(os.path.join(SOURCE, folder)) else None


def sql_of(generated):
    """The SQL file that embed-sql made this C file of."""
    name = os.path.basename(generated).removesuffix('-sql.c') + '.sql'
    house = os.path.relpath(generated, BUILD).split('/')[0]
    found = glob.glob(f'{SOURCE}/{house}/**/{name}', recursive=True)
    return found[0] if len(found) == 1 else None


def objects():
    """(source, object) of everything that the product is built of."""
    with open(os.path.join(BUILD, 'compile_commands.json'), encoding='utf-8') as commands:
        for command in json.load(commands):
            source = os.path.normpath(os.path.join(command['directory'], command['file']))
            if source.endswith('-sql.c'):
                source = sql_of(source)
            if source is None or command['output'].split('/')[0] not in HOUSES:
                continue
            path = os.path.relpath(source, SOURCE)
            if room_of(path):
                yield path, os.path.join(command['directory'], command['output'])


def symbols(paths):
    """For each object what it defines for others, and what it wants of others."""
    answer = subprocess.run(['nm', '-A', '-P', '-g', *paths], stdout=subprocess.PIPE, text=True, check=True).stdout
    defined, wanted = collections.defaultdict(set), collections.defaultdict(set)
    for line in answer.splitlines():
        path, name, kind = line.split()[:3]
        (wanted if kind in 'Uw' else defined)[path.rstrip(':')].add(name)
    return defined, wanted


def libc_names():
    """What the shim stands in for (write, fork, ...) is libc's to all others."""
    libc = subprocess.run(['gcc', '-print-file-name=libc.so.6'], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    answer = subprocess.run(['nm', '-D', '-P', '--defined-only', libc], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {line.split('@')[0].split()[0] for line in answer.splitlines()}


def target(path):
    """What an object is linked into; an archive counts as a part of what it is linked into."""
    folder = os.path.basename(os.path.dirname(path))
    return {'libpqleak-early.a.p': 'libpqleak.so.p'}.get(folder, folder)


def used_by_objects():
    """(file, file, why) for each symbol that a file wants of a file in another room."""
    built = list(objects())
    defined, wanted = symbols([path for _, path in built])
    libc = libc_names()
    makers = collections.defaultdict(set)
    for source, path in built:
        for name in defined[path] - libc:
            makers[name].add((source, target(path)))
    for source, path in built:
        for name in wanted[path]:
            for maker, linked in makers[name]:
                if linked in (target(path), 'libtrace.a.p'):
                    yield source, maker, name


def used_by_includes():
    for room in rooms():
        for name in os.listdir(os.path.join(SOURCE, room)):
            if re.search(r'\.(c|h|S|def)$', name):
                path = os.path.join(room, name)
                with open(os.path.join(SOURCE, path), encoding='utf-8') as file:
                    for header in re.findall(r'^\s*#\s*include "([^"]+)"', file.read(), re.M):
                        if room_of(header):
                            yield path, header, 'include'


def used():
    """Room to room, with the reasons."""
    arrows = collections.defaultdict(set)
    for user, source, why in [*used_by_objects(), *used_by_includes()]:
        if room_of(user) != room_of(source):
            arrows[room_of(user), room_of(source)].add(f'{user} uses {why} of {source}')
    return arrows


def allowed():
    table = {}
    with open(os.path.join(HERE, 'arrows'), encoding='utf-8') as file:
        for line in file:
            line = line.split('#')[0]
            if line.strip():
                room, _, others = line.partition(':')
                table[room.strip()] = others.split()
    return table


# Tables that name what uses their room, and assembly, which C calls and which calls C.
TABLES = {'preload/recorder/scripts/interpreter.c'}


def circles():
    """Sets of files that use each other, by their objects."""
    uses = collections.defaultdict(set)
    for user, maker, _ in used_by_objects():
        if user != maker and user not in TABLES and not user.endswith('.S'):
            uses[user].add(maker)
    # Whoever uses nothing, or only what was taken away, is in no circle.
    left = set(uses)
    while True:
        gone = {file for file in left if not uses[file] & left}
        if not gone:
            break
        left -= gone
    users = {file for file in left if any(file in uses[other] for other in left)}
    return sorted(users)


class Rooms(unittest.TestCase):
    def test_table(self):
        """the table has a line for each room, and an arrow points to a room above it"""
        table = allowed()
        self.assertEqual(sorted(table), rooms())
        above = set()
        for room, others in table.items():
            self.assertEqual([other for other in others if other not in above], [], f'{room} points down, or nowhere')
            above.add(room)

    def test_arrows(self):
        """no room uses another than the table allows, and the table allows none that is not used"""
        table = allowed()
        arrows = used()
        for (room, other), reasons in sorted(arrows.items()):
            self.assertIn(other, table.get(room, []), '\n'.join([f'{room} may not use {other}:', *sorted(reasons)[:10]]))
        self.assertEqual([(room, other) for room, others in table.items() for other in others if (room, other) not in arrows], [])

    def test_circles(self):
        """no files use each other in a circle"""
        self.assertEqual(circles(), [])

    def test_readmes(self):
        """each room has a README that says what it owns, what it may use, as in the table, and what it never does"""
        for room, others in allowed().items():
            with open(os.path.join(SOURCE, room, 'README.md'), encoding='utf-8') as file:
                text = file.read()
            for word in ('Owns', 'May use', 'Never'):
                self.assertIn(f'**{word}**', text, room)
            said = re.search(r'\*\*May use\*\*:? ([^\n]*(?:\n[^\n*]+)*)', text).group(1)
            self.assertEqual(sorted(re.findall(r'`([\w/]+)`', said)), sorted(others), room)

    def test_size(self):
        """no room has more parts than a newcomer can take in"""
        for room in rooms():
            parts = {name.rsplit('.', 1)[0] for name in os.listdir(os.path.join(SOURCE, room))
                     if re.search(r'\.(c|h|S|sql|def)$', name)}
            self.assertLessEqual(len(parts), MOST_PARTS, room)


def main():
    if '--graph' in sys.argv:
        for (room, other), reasons in sorted(used().items()):
            print(f'{room} -> {other}: {len(reasons)}')
            for reason in sorted(reasons):
                print('   ', reason)
        return
    sys.argv[1:] = []
    tap.main()


if __name__ == '__main__':
    main()
