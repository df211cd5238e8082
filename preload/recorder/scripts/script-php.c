// SPDX-License-Identifier: PostgreSQL
/*
 * script-php.c - the frames of PHP scripts, PHP 7.4 to 8.4.
 *
 * zend_fetch_debug_backtrace tells all callers, as debug_backtrace() does, but
 * it makes arrays for that.  They are made in a heap of our own, which takes
 * the place of the request's meanwhile: memory_limit and memory_get_usage()
 * know nothing of it, and whatever is made there is freed there.  Of the
 * request's own things only the counts of references to strings go up and down.
 *
 * Read without a function are only zval and zend_string, which the headers of
 * extensions have fixed since PHP 7.0, and the first byte of a function or a
 * class, its type.
 *
 * With the JIT compiler a stack may end in its code; that only PHP's own loop
 * runs, so the script is running there too.
 *
 * Not for thread-safe builds: one heap cannot stand in for each thread's, and
 * theirs is thread-local.  There stacks are native.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/recorder/scripts/script.h"

#define FUNCTIONS(F)                                                                                                   \
	F(FETCH_BACKTRACE, "zend_fetch_debug_backtrace")                                                                   \
	F(EXECUTED_FILENAME, "zend_get_executed_filename_ex")                                                              \
	F(EXECUTED_LINE, "zend_get_executed_lineno")                                                                       \
	F(FETCH_FUNCTION, "zend_fetch_function_str")                                                                       \
	F(LOOKUP_CLASS, "zend_lookup_class_ex")                                                                            \
	F(HEAP_STARTUP, "zend_mm_startup")                                                                                 \
	F(HEAP_SET, "zend_mm_set_heap")                                                                                    \
	F(ARRAY_COUNT, "zend_array_count")                                                                                 \
	F(ARRAY_DESTROY, "zend_array_destroy")                                                                             \
	F(FIND_INDEX, "zend_hash_index_find")                                                                              \
	F(FIND_NAME, "zend_hash_str_find")                                                                                 \
	F(AFTER_REQUIRED, "")            /* the empty string's place */                                                    \
	F(THREAD_SAFE, "ts_resource_ex") /* only thread-safe builds have it */

enum { FUNCTIONS(SCRIPT_NUMBER) };
static const char *const functions[] = {FUNCTIONS(SCRIPT_NAME) NULL};

static const char *const loops[] = {"execute_ex", NULL};

static const char *const drivers[] = {"*/pgsql.so", "*/pdo_pgsql.so", "*/pdo.so", NULL};

enum {
	SKIP_LAST_NOT = 0,
	IGNORE_ARGS = 2,          /* DEBUG_BACKTRACE_IGNORE_ARGS */
	NO_AUTOLOAD = 0x80,       /* ZEND_FETCH_CLASS_NO_AUTOLOAD */
	INTERNAL = 1,             /* ZEND_INTERNAL_FUNCTION, ZEND_INTERNAL_CLASS */
	ROWS = SCRIPT_FRAMES + 8, /* so many calls are asked for; some are of functions that are no frames of a script */
	PROBE_BYTES = 4 * 1024 * 1024, /* what a heap may map when it begins */
};

/* zend_types.h. */
struct zend_string {
	uint64_t counted, hash;
	size_t length;
	char bytes[];
};
struct zval {
	union {
		int64_t number;
		const struct zend_string *string;
		void *array;
	};
	uint32_t type, extra;
};
enum {
	IS_LONG = 4,
	IS_STRING = 6,
	IS_ARRAY = 7,
	TYPE_MASK = 0xff,
};

/* A call: which function, and from where.  A caller that is a function of PHP itself has no file. */
struct call {
	const struct zend_string *function, *class, *file;
	uint32_t line;
};

struct calls {
	const struct script_interpreter *php;
	const void *array;
	uint32_t count;
};

static const struct zval *find(const struct calls *calls, const void *array, const char *name)
{
	return FUNCTION_OF(calls->php, FIND_NAME, const struct zval *(*)(const void *, const char *, size_t))(array, name,
																										  strlen(name));
}

static const struct zend_string *find_string(const struct calls *calls, const void *array, const char *name)
{
	const struct zval *value = find(calls, array, name);
	return value != NULL && (value->type & TYPE_MASK) == IS_STRING ? value->string : NULL;
}

/* The call at `index`, innermost first; false: there are no more. */
static bool read_call(const struct calls *calls, uint32_t index, struct call *ret)
{
	*ret = (struct call){0};
	if (index >= calls->count)
		return false;
	const struct zval *row =
		FUNCTION_OF(calls->php, FIND_INDEX, const struct zval *(*)(const void *, uint64_t))(calls->array, index);
	if (row == NULL || (row->type & TYPE_MASK) != IS_ARRAY)
		return false;
	ret->function = find_string(calls, row->array, "function");
	ret->class = find_string(calls, row->array, "class");
	ret->file = find_string(calls, row->array, "file");
	const struct zval *line = find(calls, row->array, "line");
	if (line != NULL && (line->type & TYPE_MASK) == IS_LONG && line->number > 0)
		ret->line = (uint32_t)line->number;
	return true;
}

static bool is_same_text(const struct zend_string *a, const struct zend_string *b)
{
	return a == b || (a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0);
}

static bool is_closure(const struct zend_string *function)
{
	static const char mark[] = "{closure"; /* 8.4 has the place within the braces */
	return memmem(function->bytes, function->length, mark, sizeof mark - 1) != NULL;
}

/* Whether the innermost function is PHP's own or an extension's, such as pg_connect: it has no lines. */
static bool is_internal(const struct calls *calls, const struct call *call, bool is_called_from_here)
{
	const unsigned char *type;
	if (call->function == NULL)
		return false;
	if (call->class != NULL) {
		type = FUNCTION_OF(calls->php, LOOKUP_CLASS,
						   const unsigned char *(*)(const struct zend_string *, void *, uint32_t))(call->class, NULL,
																								   NO_AUTOLOAD);
		return type != NULL && *type == INTERNAL;
	}
	type = FUNCTION_OF(calls->php, FETCH_FUNCTION,
					   const unsigned char *(*)(const char *, size_t))(call->function->bytes, call->function->length);
	if (type != NULL)
		return *type == INTERNAL;
	/* No function by its name: a closure, an include, or made by an extension such as FFI. */
	return is_called_from_here && !is_closure(call->function);
}

/* The first call from `index` on that a script has made, or the end. */
static uint32_t next_from_script(const struct calls *calls, uint32_t index, struct call *ret)
{
	while (read_call(calls, index, ret) && ret->file == NULL)
		index++;
	return index;
}

static void add(struct script_walk *walk, const struct call *function, const struct zend_string *file, uint32_t line,
				bool begins)
{
	char name[512];
	int length;
	if (function->function == NULL)
		length = snprintf(name, sizeof name, "{main}");
	else /* both end at a NUL: the names of anonymous classes go on behind one with where they are */
		length = snprintf(name, sizeof name, "%s%s%s", function->class != NULL ? function->class->bytes : "",
						  function->class != NULL ? "::" : "", function->function->bytes);
	if (length >= (int)sizeof name)
		length = sizeof name - 1;
	script_add(walk, name, (size_t)length, file->bytes, file->length, line, begins);
}

/* A row is a call and where it was made: the function that made it is that of the next row, or the main script. */
static void add_frames(const struct calls *calls, struct script_walk *walk)
{
	const struct script_interpreter *php = calls->php;
	const struct zend_string *file = FUNCTION_OF(php, EXECUTED_FILENAME, const struct zend_string *(*)(void))();
	uint32_t line = FUNCTION_OF(php, EXECUTED_LINE, uint32_t(*)(void))();
	if (file == NULL)
		return;
	struct call innermost, call, function;
	read_call(calls, 0, &innermost);
	uint32_t index = next_from_script(calls, 0, &call);
	bool is_called_from_here = call.file != NULL && call.line == line && is_same_text(call.file, file);
	index = is_internal(calls, &innermost, is_called_from_here) ? index + 1 : 0;
	while (file != NULL && script_wants_more(walk)) {
		bool is_main = !read_call(calls, index, &function);
		if (is_main && calls->count == ROWS)
			return; /* there are more, and who this is is not known */
		uint32_t caller = next_from_script(calls, index, &call);
		add(walk, &function, file, line, caller > index);
		file = is_main ? NULL : call.file;
		line = call.line;
		index = caller + 1;
	}
}

/* --- the heap --- */

static struct {
	atomic_flag is_taken; /* PHP's own thread is the only one; whoever finds it taken goes without */
	const void *startup;  /* of the PHP that it is a heap of */
	void *heap;
} own = {ATOMIC_FLAG_INIT, NULL, NULL};

/* Where there is no memory zend_mm_startup says so on stderr, so it is not asked. */
static bool is_memory_left(void)
{
	void *probe = mmap(NULL, PROBE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return probe != MAP_FAILED && munmap(probe, PROBE_BYTES) == 0;
}

static void *own_heap(const struct script_interpreter *php)
{
	if (own.startup != php->function[HEAP_STARTUP]) {
		if (!is_memory_left())
			return NULL;
		own.heap = FUNCTION_OF(php, HEAP_STARTUP, void *(*)(void))();
		own.startup = php->function[HEAP_STARTUP];
	}
	return own.heap;
}

static void walk_in_own_heap(const struct script_interpreter *php, struct script_walk *walk)
{
	struct zval rows = {.type = 0};
	FUNCTION_OF(php, FETCH_BACKTRACE, void (*)(struct zval *, int, int, int))(&rows, SKIP_LAST_NOT, IGNORE_ARGS, ROWS);
	if ((rows.type & TYPE_MASK) != IS_ARRAY)
		return;
	struct calls calls = {php, rows.array, FUNCTION_OF(php, ARRAY_COUNT, uint32_t(*)(void *))(rows.array)};
	add_frames(&calls, walk);
	FUNCTION_OF(php, ARRAY_DESTROY, void (*)(void *))(rows.array);
}

static void walk_php(const struct script_interpreter *php, struct script_walk *walk)
{
	if (php->function[THREAD_SAFE] != NULL || atomic_flag_test_and_set(&own.is_taken))
		return;
	void *heap = own_heap(php);
	if (heap != NULL) {
		void *(*set_heap)(void *) = FUNCTION_OF(php, HEAP_SET, void *(*)(void *));
		void *requests = set_heap(heap);
		walk_in_own_heap(php, walk);
		set_heap(requests);
	}
	atomic_flag_clear(&own.is_taken);
}

const struct script_language script_php = {
	.name = "php",
	.functions = functions,
	.loops = loops,
	.makes_code = true,
	.drivers = drivers,
	.walk = walk_php,
};
