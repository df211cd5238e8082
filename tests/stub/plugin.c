// SPDX-License-Identifier: PostgreSQL
/* plugin.c - see plugin.h. */
#include "plugin.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>

static PGconn *kept_conn;

/* PLUGIN_CONSTRUCTOR: a plug-in that connects while it is being loaded. */
__attribute__((constructor)) static void loaded(void)
{
	if (getenv("PLUGIN_CONSTRUCTOR") != NULL)
		kept_conn = PQconnectdb("");
}

__attribute__((destructor)) static void unloaded(void)
{
	if (kept_conn != NULL)
		PQfinish(kept_conn);
	__asm__ volatile(""); /* no tail call: dlclose and this function stay on the stack */
}

PGconn *plugin_open(void)
{
	PGconn *conn = PQconnectdb("");
	__asm__ volatile("" : "+r"(conn)); /* no tail call: the plug-in is the caller */
	return conn;
}

void plugin_finish(PGconn *conn)
{
	PQfinish(conn);
	__asm__ volatile("");
}

PGresult *plugin_exec(PGconn *conn)
{
	PGresult *res = PQexec(conn, "SELECT 1");
	__asm__ volatile("" : "+r"(res));
	return res;
}

void plugin_clear(PGresult *res)
{
	PQclear(res);
	__asm__ volatile("");
}

static jmp_buf out;

static void receive(void *argument, const PGresult *res)
{
	(void)res;
	if (argument == NULL)
		longjmp(out, 1);
	PQclear(argument);
	__asm__ volatile("");
}

void plugin_notice(PGconn *conn, PGresult *kept)
{
	PQsetNoticeReceiver(conn, receive, kept);
	if (setjmp(out) == 0)
		PQclear(PQexec(conn, STUB_QUERY_WITH_NOTICE));
}

PGresult *plugin_ask_newer(PGconn *conn)
{
	PGresult *res = PQclosePrepared(conn, "statement");
	__asm__ volatile("" : "+r"(res));
	return res;
}

void plugin_keep(PGconn *conn)
{
	kept_conn = conn;
}

void *plugin_dlsym(void *handle, const char *name)
{
	void *found = dlsym(handle, name);
	__asm__ volatile("" : "+r"(found));
	return found;
}

void *plugin_dlopen(const char *path, int mode)
{
	void *handle = dlopen(path, mode);
	__asm__ volatile("" : "+r"(handle));
	return handle;
}

void (*plugin_clear_address(void))(PGresult *)
{
	return PQclear;
}

const char *plugin_whose(void)
{
	return whose();
}

const char *whose(void)
{
	return "the plug-in's own";
}
