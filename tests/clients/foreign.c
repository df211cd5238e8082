// SPDX-License-Identifier: PostgreSQL
/* foreign.c - a library that calls libpq for a script: in threads the interpreter knows nothing of, and under a lock. */
#include <dlfcn.h>
#include <execinfo.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void connect_in_thread(void);
void call_in_thread(void (*function)(void));
void connect_holding_lock(void);
void wait_for_lock(void);
int is_within(const char *name);

static void *connect_once(void *unused)
{
	PQfinish(PQconnectdb(""));
	return unused;
}

void connect_in_thread(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, connect_once, NULL) == 0)
		pthread_join(thread, NULL);
}

static void *call_once(void *closure)
{
	void (**function)(void) = closure;
	(*function)();
	return NULL;
}

void call_in_thread(void (*function)(void))
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, call_once, &function) == 0)
		pthread_join(thread, NULL);
}

/* Long enough for another thread to wait for the lock, holding the interpreter's. */
void connect_holding_lock(void)
{
	pthread_mutex_lock(&mutex);
	usleep(200000);
	PQfinish(PQconnectdb(""));
	pthread_mutex_unlock(&mutex);
}

void wait_for_lock(void)
{
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
}

/* Whether the caller was called, however far out, by a library with that in its name. */
int is_within(const char *name)
{
	void *frames[256];
	Dl_info info;
	for (int i = backtrace(frames, 256); i > 0; i--)
		if (dladdr(frames[i - 1], &info) != 0 && strstr(info.dli_fname, name) != NULL)
			return 1;
	return 0;
}
