// SPDX-License-Identifier: PostgreSQL
/*
 * ruby.h - the first call of libpq that a Ruby driver makes.
 *
 * Ruby's lines can be read before the driver gives up Ruby's lock only, and
 * the recorder sees to that when it has seen the driver on a stack: too late
 * for the first call, if that is the one that connects.  Ruby finds an
 * extension's opener, Init_NAME, with dlsym; the slots through which one that
 * reaches libpq gives up the lock are pointed at us then, so that the recorder
 * meets the driver before its first call.
 *
 * Owns that meeting.  Called by dl.c.  Never loads anything before that call,
 * and never holds on to the driver: the recorder takes the slots over.
 */
#ifndef PQLEAK_PRELOAD_BIND_RUBY_H
#define PQLEAK_PRELOAD_BIND_RUBY_H

#include <stdbool.h>

/* Whether a function of that name opens a Ruby extension. */
bool ruby_is_opener(const char *name);

/* `caller`, which is Ruby, will call `opener`, of an extension that reaches libpq. */
void ruby_prepare(const void *opener, const void *caller);

#endif
