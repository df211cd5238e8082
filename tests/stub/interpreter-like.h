// SPDX-License-Identifier: PostgreSQL
/* interpreter-like.h - what looks like an interpreter offers to its host, which finds it by dlsym. */
#ifndef PQLEAK_STUB_INTERPRETER_LIKE_H
#define PQLEAK_STUB_INTERPRETER_LIKE_H

/* Has a script call that function from that line. */
extern void like_run(unsigned line, void (*call)(void *), void *argument);

#endif
