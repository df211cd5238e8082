// SPDX-License-Identifier: PostgreSQL
/*
 * script-php.c - the frames of PHP scripts, PHP 7.4 to 8.4.
 *
 * A frame's word is made of all that is said of it: the bytes of its file,
 * function and class, and its line.  So a chain that is found again has the
 * names that it had, whatever code lies where other code lay; and a server's
 * next request, whose code was compiled anew, has the chains of the one before.
 *
 * With the JIT compiler a stack may end in its code; that only PHP's own loop
 * runs, so the script is running there too.
 */
#include <stdio.h>
#include <string.h>

#include "preload/recorder/scripts/php.h"
#include "preload/recorder/scripts/script.h"
#include "preload/recorder/stacks/table.h"

static const char *const functions[] = {PHP_FUNCTIONS(SCRIPT_NAME) NULL};

static const char *const loops[] = {"execute_ex", NULL};

static const char *const drivers[] = {"*/pgsql.so", "*/pdo_pgsql.so", "*/pdo.so", NULL};

/* --- the chain --- */

/* PHP rounds the memory of a text up to words, so the last one can be read; what is behind the text does not count. */
static uint64_t mix_text(uint64_t hash, const struct zend_string *text)
{
	size_t left = text->length;
	const char *at = text->bytes;
	uint64_t word;
	hash = table_mix(hash, left);
	for (; left >= sizeof word; left -= sizeof word, at += sizeof word) {
		memcpy(&word, at, sizeof word);
		hash = table_mix(hash, word);
	}
	if (left == 0)
		return hash;
	memcpy(&word, at, sizeof word);
	return table_mix(hash, word & (((uint64_t)1 << 8 * left) - 1));
}

static size_t chain(const struct script_interpreter *interpreter, struct script_thread thread, struct script_words *ret)
{
	(void)thread;
	struct php php;
	if (!php_prepare(interpreter, &php))
		return 0;
	const struct zend_frame *frame = php_find_user(&php, php_innermost(&php)), *caller;
	/* Many frames are of the file and the class of the one before. */
	const struct zend_string *file = NULL, *class = NULL;
	uint64_t file_hash = 0, class_hash = 0;
	size_t count = 0;
	ret->sum = 0;
	for (; frame != NULL && count < SCRIPT_WORDS; frame = caller) {
		bool begins;
		caller = php_caller(&php, frame, &begins);
		const struct zend_function *function = frame->function;
		if (php_file_of(&php, frame) != file)
			file_hash = mix_text(0, file = php_file_of(&php, frame));
		uint64_t hash = table_mix(file_hash, (uint64_t)begins << 32 | php_line_of(&php, frame, count == 0));
		if (function->name == NULL)
			hash = table_mix(hash, (uintptr_t)php_name_of_file(begins ? NULL : caller));
		else
			hash = mix_text(hash, function->name);
		if (function->name != NULL && function->class != NULL) {
			if (function->class->name != class)
				class_hash = mix_text(0, class = function->class->name);
			hash = table_mix(hash, class_hash);
		}
		ret->word[count++] = hash;
		ret->sum += hash;
	}
	return count;
}

/* --- the walk --- */

static void walk_php(const struct script_interpreter *interpreter, struct script_walk *walk)
{
	struct php php;
	if (!php_prepare(interpreter, &php) || !php_agrees(&php))
		return;
	const struct zend_frame *frame = php_find_user(&php, php_innermost(&php)), *caller;
	for (bool is_innermost = true; frame != NULL && script_wants_more(walk); frame = caller, is_innermost = false) {
		bool begins;
		caller = php_caller(&php, frame, &begins);
		const struct zend_string *name = frame->function->name, *file = php_file_of(&php, frame);
		bool has_class = name != NULL && frame->function->class != NULL;
		char text[512];
		/* Both end at a NUL: the names of anonymous classes go on behind one with where they are. */
		int length =
			snprintf(text, sizeof text, "%s%s%s", has_class ? frame->function->class->name->bytes : "",
					 has_class ? "::" : "", name != NULL ? name->bytes : php_name_of_file(begins ? NULL : caller));
		if (length >= (int)sizeof text)
			length = sizeof text - 1;
		script_add(walk, text, (size_t)length, file->bytes, file->length, php_line_of(&php, frame, is_innermost),
				   begins);
	}
	script_trust_chain(walk);
}

const struct script_language script_php = {
	.name = "php",
	.functions = functions,
	.loops = loops,
	.makes_code = true,
	.drivers = drivers,
	.chain = chain,
	.walk = walk_php,
};
