// SPDX-License-Identifier: PostgreSQL
/* perl-read.c - see perl.h. */
#include "preload/recorder/scripts/perl.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	BODY_HAS_AUX_SINCE = 35,

	/* an operation, and a statement, which is one */
	OP_NEXT = 0,
	OP_SIBLING = 8,
	OP_FUNCTION = 16,
	OP_TARGET = 24,
	OP_BITS = 32,
	OP_TYPE = 0x1ff,
	OP_HAS_SIBLING = 1 << 14,
	OP_FLAGS = 34,
	OP_HAS_KIDS = 4,
	OP_FIRST = 40,
	TYPE_NULL = 0,
	TREE_DEPTH = 100, /* of a statement's operations, as far as they are searched */
	TREE_SIZE = 5000,
	COP_LINE = 36,
	COP_FILE = 48,
	COP_NUMBER = 60,
	COP_BYTES = 64,

	/* a value */
	SV_FLAGS = 12,
	SV_TYPE = 0xff,
	SV_ARRAY = 16,
	SV_BYTES = 24,
	TYPE_GLOB = 9,
	TYPE_HASH = 12,
	TYPE_CODE = 13,
	HASH_HAS_AUX = 0x02000000,

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

const char *perl_context(const struct perl *perl, int32_t level)
{
	return PERL_CALL(caller_cx_function, perl, PERL_CALLER_CX)(perl->my_perl, level, NULL);
}

/* --- statements --- */

bool perl_find_operations(struct perl *perl)
{
	const char *const *names = perl->interpreter->function[PERL_OP_NAME];
	perl->nextstate = perl->scope = 0;
	/* The last is for operations that are freed. */
	for (uint16_t type = 1; type < OP_TYPE && names[type] != NULL && strcmp(names[type], "freed") != 0; type++) {
		if (strcmp(names[type], "nextstate") == 0 && strcmp(names[type + 1], "dbstate") == 0)
			perl->nextstate = type;
		if (strcmp(names[type], "scope") == 0)
			perl->scope = type;
	}
	return perl->nextstate != 0 && perl->scope != 0;
}

static uint16_t type_of(const char *op)
{
	return PERL_AT(uint16_t, op, OP_BITS) & OP_TYPE;
}

bool perl_is_statement(const struct perl *perl, const char *op)
{
	uint16_t type = type_of(op);
	const void *function = PERL_AT(void *, op, OP_FUNCTION);
	void *const *functions = perl->interpreter->function[PERL_PPADDR];
	if (type == TYPE_NULL)
		return function == NULL && op >= perl->my_perl && op < perl->my_perl + STATE_BYTES;
	return (type == perl->nextstate || type == perl->nextstate + 1) && function == functions[type];
}

const char *perl_file(const char *cop)
{
	return PERL_AT(char *, cop, COP_FILE);
}

uint64_t perl_statement_number(const char *cop)
{
	return (uint64_t)PERL_AT(uint32_t, cop, COP_NUMBER) << 32 | PERL_AT(uint32_t, cop, COP_LINE);
}

static const char *sibling_of(const char *op)
{
	return PERL_AT(uint16_t, op, OP_BITS) & OP_HAS_SIBLING ? PERL_AT(char *, op, OP_SIBLING) : NULL;
}

struct search {
	const struct perl *perl;
	const void *op;
	bool is_next; /* the operation is the one before `op` */
	unsigned left;
};

/*
 * The statement, after `cop`, that the operation belongs to, in the tree at `op`; NULL: it is not there.  A statement
 * that was optimised away still knows its line.  Perl has this function too, but since 5.38 does not export it.
 */
static const char *closest(struct search *search, const char *cop, const char *op, unsigned depth)
{
	if (op == NULL || search->op == NULL ||
		(search->is_next ? PERL_AT(void *, op, OP_NEXT) == search->op && type_of(op) != search->perl->scope
						 : op == search->op))
		return cop;
	if ((PERL_AT(uint8_t, op, OP_FLAGS) & OP_HAS_KIDS) == 0 || depth == TREE_DEPTH)
		return NULL;
	for (const char *kid = PERL_AT(char *, op, OP_FIRST); kid != NULL && search->left > 0; kid = sibling_of(kid)) {
		search->left--;
		if (type_of(kid) == TYPE_NULL && PERL_AT(uint64_t, kid, OP_TARGET) == search->perl->nextstate)
			cop = kid;
		const char *found = closest(search, cop, kid, depth + 1);
		if (found != NULL)
			return found;
	}
	return NULL;
}

const void *perl_op(const struct perl *perl)
{
	return PERL_AT(void *, perl->my_perl, STATE_OP);
}

bool perl_place(const struct perl *perl, const char *cop, const void *op, bool is_next, struct perl_text *ret_file,
				uint32_t *ret_line)
{
	if (cop == NULL || !perl_is_statement(perl, cop))
		return false;
	const char *file = perl_file(cop);
	struct search search = {perl, op, is_next, TREE_SIZE};
	const char *inner = closest(&search, cop, sibling_of(cop), 0);
	*ret_line = PERL_AT(uint32_t, inner != NULL ? inner : cop, COP_LINE);
	*ret_file = (struct perl_text){file, file != NULL ? strlen(file) : 0};
	return file != NULL && *ret_line != 0;
}

const char *perl_statement_at(const struct perl *perl, const char *place)
{
	const char *op = *(const char *const *)place;
	return op != NULL && (!perl->is_guessing || is_readable(op, COP_BYTES)) && perl_is_statement(perl, op) ? op : NULL;
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
	*ret = (struct perl_text){key + PERL_KEY_TEXT, (size_t)PERL_AT(int32_t, key, KEY_LENGTH)};
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
