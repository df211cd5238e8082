// SPDX-License-Identifier: PostgreSQL
/* perl-read.c - see perl-read.h. */
#include "perl-read.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	BODY_HAS_AUX_SINCE = 35,

	/* an operation, and a statement, which is one */
	OP_SIBLING = 8,
	OP_FUNCTION = 16,
	OP_BITS = 32,
	OP_HAS_SIBLING = 1 << 14,
	COP_LINE = 36,
	COP_FILE = 48,
	COP_BYTES = 56,

	/* a value */
	SV_FLAGS = 12,
	SV_TYPE = 0xff,
	SV_ARRAY = 16,
	SV_BYTES = 24,
	TYPE_GLOB = 9,
	TYPE_HASH = 12,
	TYPE_CODE = 13,
	HASH_HAS_AUX = 0x03000000, /* one of these bits, as the version has it */

	/* the bodies of values */
	HASH_MAX = 24,
	HASH_BYTES = 32,
	AUX_NAMES = 28,
	GLOB_NAME = 32,
	GLOB_STASH = 40,
	CODE_STASH = 32,
	CODE_NAME = 56,
	CODE_FLAGS = 92,
	CODE_IS_NAMED = 0x8000,
	CODE_IS_LEXICAL = 0x10000,
	KEY_LENGTH = 4,
	KEY_TEXT = 8,

	/* the interpreter */
	STATE_OP = 8,
	STATE_BYTES = 4096, /* about: one statement is in it, the one that stands for compiling */
	PAGE = 4096,
};

/*
 * Whether so many bytes can be read there, at most a page: the kernel looks at them before it refuses the rest.  For
 * words that may be no address, while comparing.
 */
static bool is_readable(const char *address, size_t length)
{
	if ((uintptr_t)address < PAGE || (uintptr_t)address % sizeof(void *) != 0)
		return false;
	const char *last = address + (length - 1) / sizeof(void *) * sizeof(void *);
	return syscall(SYS_rt_sigprocmask, ~0, address, NULL, 8) != 0 && errno == EINVAL &&
		   syscall(SYS_rt_sigprocmask, ~0, last, NULL, 8) != 0 && errno == EINVAL;
}

typedef const char *caller_cx_function(const char *my_perl, int32_t level, const char **ret_debugged);
typedef const char *closest_cop_function(const char *my_perl, const char *cop, const char *sibling, const void *op,
										 bool is_next);

const char *perl_context(const struct perl *perl, int32_t level)
{
	return PERL_CALL(caller_cx_function, perl, PERL_CALLER_CX)(perl->my_perl, level, NULL);
}

/* --- statements --- */

static bool is_statement(const struct perl *perl, const char *op)
{
	const void *function = PERL_AT(void *, op, OP_FUNCTION);
	return function == perl->interpreter->function[PERL_PP_NEXTSTATE] ||
		   function == perl->interpreter->function[PERL_PP_DBSTATE] ||
		   (function == NULL && op >= perl->my_perl && op < perl->my_perl + STATE_BYTES);
}

const void *perl_op(const struct perl *perl)
{
	return PERL_AT(void *, perl->my_perl, STATE_OP);
}

bool perl_place(const struct perl *perl, const char *cop, const void *op, bool is_next, struct perl_text *ret_file,
				uint32_t *ret_line)
{
	if (cop == NULL || !is_statement(perl, cop))
		return false;
	const char *file = PERL_AT(char *, cop, COP_FILE);
	/* As caller() does: a statement within this one may have been optimised away, but still knows its line. */
	const char *sibling = PERL_AT(uint16_t, cop, OP_BITS) & OP_HAS_SIBLING ? PERL_AT(char *, cop, OP_SIBLING) : NULL;
	const char *closest =
		PERL_CALL(closest_cop_function, perl, PERL_CLOSEST_COP)(perl->my_perl, cop, sibling, op, is_next);
	*ret_line = PERL_AT(uint32_t, closest != NULL ? closest : cop, COP_LINE);
	*ret_file = (struct perl_text){file, file != NULL ? strlen(file) : 0};
	return file != NULL && *ret_line != 0;
}

const char *perl_statement_at(const struct perl *perl, const char *place)
{
	const char *op = *(const char *const *)place;
	return op != NULL && (!perl->is_guessing || is_readable(op, COP_BYTES)) && is_statement(perl, op) ? op : NULL;
}

/* --- names --- */

/* Another value or text that this one points to at `offset`, or NULL. */
static const char *follow(const struct perl *perl, const char *from, size_t offset)
{
	const char *to = PERL_AT(char *, from, offset);
	return perl->is_guessing && !is_readable(to, AUX_NAMES + sizeof(int32_t)) ? NULL : to;
}

static bool has_type(const char *value, uint32_t type)
{
	return value != NULL && (PERL_AT(uint32_t, value, SV_FLAGS) & SV_TYPE) == type;
}

static bool key_text(const char *key, struct perl_text *ret)
{
	if (key == NULL || PERL_AT(int32_t, key, KEY_LENGTH) <= 0)
		return false;
	*ret = (struct perl_text){key + KEY_TEXT, (size_t)PERL_AT(int32_t, key, KEY_LENGTH)};
	return true;
}

static bool package_name(const struct perl *perl, const char *package, struct perl_text *ret)
{
	if (!has_type(package, TYPE_HASH) || (PERL_AT(uint32_t, package, SV_FLAGS) & HASH_HAS_AUX) == 0)
		return false;
	const char *body = follow(perl, package, 0);
	const char *array = follow(perl, package, SV_ARRAY);
	if (body == NULL || array == NULL)
		return false;
	const char *aux = perl->version >= BODY_HAS_AUX_SINCE
						  ? body + HASH_BYTES
						  : array + (PERL_AT(uint64_t, body, HASH_MAX) + 1) * sizeof(void *);
	/* A package with several names is left alone. */
	return (!perl->is_guessing || is_readable(aux, AUX_NAMES + sizeof(int32_t))) &&
		   PERL_AT(int32_t, aux, AUX_NAMES) == 0 && key_text(follow(perl, aux, 0), ret);
}

enum perl_naming perl_naming_of(const struct perl *perl, const char *cv)
{
	if (perl->is_guessing && !is_readable(cv, SV_BYTES))
		return PERL_NAMED_OTHERWISE;
	const char *body = has_type(cv, TYPE_CODE) ? follow(perl, cv, 0) : NULL;
	uint32_t flags = body != NULL ? PERL_AT(uint32_t, body, CODE_FLAGS) : CODE_IS_LEXICAL;
	return flags & CODE_IS_LEXICAL ? PERL_NAMED_OTHERWISE
		   : flags & CODE_IS_NAMED ? PERL_NAMED_BY_KEY
								   : PERL_NAMED_BY_GLOB;
}

bool perl_read_name(const struct perl *perl, const char *cv, enum perl_naming naming, struct perl_text *ret_package,
					struct perl_text *ret_name)
{
	const char *body = follow(perl, cv, 0);
	const char *named = follow(perl, body, CODE_NAME);
	if (naming == PERL_NAMED_BY_KEY)
		return key_text(named, ret_name) && package_name(perl, follow(perl, body, CODE_STASH), ret_package);
	const char *glob = has_type(named, TYPE_GLOB) ? follow(perl, named, 0) : NULL;
	return glob != NULL && key_text(follow(perl, glob, GLOB_NAME), ret_name) &&
		   package_name(perl, follow(perl, glob, GLOB_STASH), ret_package);
}
