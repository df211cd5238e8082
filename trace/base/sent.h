// SPDX-License-Identifier: PostgreSQL
/*
 * sent.h - how words begin that are sent to the launcher, so that it leaves the mark: what follows, trace/store/marks.h
 * says.
 */
#ifndef PQLEAK_TRACE_BASE_SENT_H
#define PQLEAK_TRACE_BASE_SENT_H

#define SENT_LOST "lost\n"     /* the errno instead of the user's id: the kernel tells that */
#define SENT_UNSEEN "unseen\n" /* as in the mark */
#define SENT_BYTES 2048        /* at most */

#endif
