// SPDX-License-Identifier: PostgreSQL
/*
 * test-ruby-note.c - a Ruby that is made here, whose collector frees code and puts other code in its place: what stands
 * for the frames.  The real Ruby is in tests/scenario/test_script_ruby.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "preload/elf/elf-object.h"
#include "preload/recorder/scripts/script.h"

/* --- what the walk has, of which the chain needs nothing --- */

bool script_may_wait(const struct script_walk *walk)
{
	(void)walk;
	return false;
}

bool script_wants_more(const struct script_walk *walk)
{
	(void)walk;
	return false;
}

void script_trust_chain(struct script_walk *walk)
{
	(void)walk;
}

void script_add(struct script_walk *walk, const char *function, size_t function_length, const char *file,
				size_t file_length, uint32_t line, bool begins)
{
	(void)walk, (void)function, (void)function_length, (void)file, (void)file_length, (void)line, (void)begins;
}

void elf_replace_slots(const struct elf_object *object, void *(*choose)(const char *name),
					   const struct elf_beginnings *beginnings, bool own_too)
{
	(void)object, (void)choose, (void)beginnings, (void)own_too;
}

/* --- Ruby --- */

typedef uintptr_t VALUE;

enum { T_STRING = 5, T_OTHER = 26, FRAMES = 3 };

/* Slots of its heap: what lies in one may be something else the next time. */
struct slot {
	VALUE flags;
	const char *text;
	struct slot *path, *label; /* of a frame; no path: it is a function in C */
	const char *method;
	int first_line;
};
static struct slot path[2], label[2], frame[FRAMES];
static int lines[FRAMES];
static int is_marked;
static size_t collections, told; /* how often a text was asked for */

static int profile_frames(int start, int limit, VALUE *ret, int *ret_lines)
{
	(void)start;
	assert_true(limit >= FRAMES);
	for (int i = 0; i < FRAMES; i++)
		ret[i] = (VALUE)&frame[i];
	memcpy(ret_lines, lines, sizeof lines);
	return FRAMES;
}

static VALUE frame_path(VALUE value)
{
	const struct slot *slot = (const struct slot *)value;
	return slot->path != NULL ? (VALUE)slot->path : 8;
}

static VALUE frame_label(VALUE value)
{
	const struct slot *slot = (const struct slot *)value;
	return slot->label != NULL ? (VALUE)slot->label : 8;
}

static VALUE frame_method(VALUE value)
{
	static struct slot name = {.flags = T_STRING};
	name.text = ((const struct slot *)value)->method;
	return name.text != NULL ? (VALUE)&name : 8;
}

static VALUE first_line(VALUE value)
{
	return (VALUE)((const struct slot *)value)->first_line << 1 | 1;
}

static const char *string_pointer(const VALUE *value)
{
	told++;
	return ((const struct slot *)*value)->text;
}

static int yes(void)
{
	return 1;
}

static int no(void)
{
	return 0;
}

static int marked_object(VALUE value)
{
	assert_true(value > 8);
	return is_marked;
}

static size_t gc_count(void)
{
	return collections;
}

#define FUNCTION(name) (__extension__(void *) name)

static struct script_interpreter make_ruby(void)
{
	/* In the order of the list in script-ruby.c, by their names. */
	static const struct {
		const char *name;
		void *function;
	} known[] = {
		{"rb_profile_frames", FUNCTION(profile_frames)},
		{"rb_profile_frame_path", FUNCTION(frame_path)},
		{"rb_profile_frame_label", FUNCTION(frame_label)},
		{"rb_profile_frame_method_name", FUNCTION(frame_method)},
		{"rb_profile_frame_first_lineno", FUNCTION(first_line)},
		{"rb_string_value_ptr", FUNCTION(string_pointer)},
		{"ruby_native_thread_p", FUNCTION(yes)},
		{"ruby_thread_has_gvl_p", FUNCTION(yes)},
		{"rb_during_gc", FUNCTION(no)},
		{"rb_gc_count", FUNCTION(gc_count)},
		{"rb_objspace_marked_object_p", FUNCTION(marked_object)},
	};
	struct script_interpreter ruby = {.language = &script_ruby, .identity = 1};
	for (size_t i = 0; script_ruby.functions[i] != NULL; i++)
		for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
			if (strcmp(script_ruby.functions[i], known[k].name) == 0)
				ruby.function[i] = known[k].function;
	is_marked = 0;
	collections++;
	path[0] = (struct slot){.flags = T_STRING, .text = "/srv/shop.rb"};
	path[1] = (struct slot){.flags = T_STRING, .text = "/srv/main.rb"};
	label[0] = (struct slot){.flags = T_STRING, .text = "visit"};
	label[1] = (struct slot){.flags = T_STRING, .text = "<main>"};
	frame[0] = (struct slot){.flags = T_OTHER, .path = &path[0], .label = &label[0], .first_line = 10};
	frame[1] = (struct slot){.flags = T_OTHER, .method = "each"};
	frame[2] = (struct slot){.flags = T_OTHER, .path = &path[1], .label = &label[1], .first_line = 1};
	lines[0] = 11, lines[1] = 0, lines[2] = 5;
	return ruby;
}

/* What stands for the frames now. */
static uintptr_t word(const struct script_interpreter *ruby)
{
	struct script_words words;
	assert_int_equal(script_ruby.chain(ruby, (struct script_thread){.is_first = true}, &words), 1);
	return words.word[0];
}

static void the_same_is_recognised(void **state)
{
	(void)state;
	struct script_interpreter ruby = make_ruby();
	uintptr_t first = word(&ruby);
	told = 0;
	assert_int_equal(word(&ruby), first);
	size_t checked = told;
	lines[0] = 12;
	uintptr_t second = word(&ruby);
	assert_true(second != first);
	/* Two by turns: neither is made anew. */
	told = 0;
	lines[0] = 11;
	assert_int_equal(word(&ruby), first);
	lines[0] = 12;
	assert_int_equal(word(&ruby), second);
	assert_int_equal(told, 2 * checked);
	collections++;
	assert_int_equal(word(&ruby), second);
}

/* What the collector will not free before the next collection is not asked for its text. */
static void what_stays_is_not_checked(void **state)
{
	(void)state;
	struct script_interpreter ruby = make_ruby();
	is_marked = 1;
	uintptr_t first = word(&ruby);
	told = 0;
	assert_int_equal(word(&ruby), first);
	assert_int_equal(told, 0);
	path[0].text = "/srv/stop.rb"; /* it was freed in the next one */
	collections++;
	assert_true(word(&ruby) != first);
}

/* Within one collection: something is freed, and something else lies where it lay. */
static void what_takes_its_place_is_not(void **state)
{
	(void)state;
	struct script_interpreter ruby = make_ruby();
	uintptr_t first = word(&ruby);
	path[0].text = "/srv/stop.rb";
	uintptr_t other_file = word(&ruby);
	assert_true(other_file != first);
	path[0].text = "/srv/shop.rb.old";
	assert_true(word(&ruby) != first && word(&ruby) != other_file);
	path[0].text = "/srv/shop.r";
	assert_true(word(&ruby) != first && word(&ruby) != other_file);
	path[0].text = "/srv/shop.rb";
	assert_int_equal(word(&ruby), first);
	label[1].text = "<top (required)>";
	assert_true(word(&ruby) != first);
	label[1].text = "<main>";
	assert_int_equal(word(&ruby), first);
	/* Another text in the same bytes, whose string lies where the first lay. */
	static char bytes[] = "/srv/shop.rb";
	path[0].text = bytes;
	assert_int_equal(word(&ruby), first);
	assert_int_equal(word(&ruby), first);
	memcpy(bytes, "/srv/stop.rb", sizeof bytes);
	assert_int_equal(word(&ruby), other_file);
	memcpy(bytes, "/srv/sh", sizeof "/srv/sh");
	assert_true(word(&ruby) != first && word(&ruby) != other_file);
	path[0].text = "/srv/shop.rb";
	/* A function in C, of a script's; and the other way round. */
	frame[0].path = NULL;
	uintptr_t outer = word(&ruby);
	assert_true(outer != first);
	frame[0].path = &path[0];
	assert_int_equal(word(&ruby), first);
	/* What is evaluated, by its first line. */
	frame[0].first_line = 100;
	uintptr_t evaluated = word(&ruby);
	assert_true(evaluated != first && evaluated != outer);
	frame[0].first_line = 10;
	assert_int_equal(word(&ruby), first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_is_recognised),
		cmocka_unit_test(what_stays_is_not_checked),
		cmocka_unit_test(what_takes_its_place_is_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
