// SPDX-License-Identifier: PostgreSQL
/* php-like.h - what looks like a PHP offers to its host, which finds it by dlsym. */
#ifndef PQLEAK_STUB_PHP_LIKE_H
#define PQLEAK_STUB_PHP_LIKE_H

/* Has a script call that function from that line. */
extern void php_like_run(unsigned line, void (*call)(void *), void *argument);

#endif
