// SPDX-License-Identifier: PostgreSQL
/* printable.c - see printable.h. */
#include "trace/base/printable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters that are made visible. */
static bool is_hidden(uint32_t character)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x00, 0x1f},       /* control characters */
		{0x7f, 0x9f},       /* more of them, to some terminals */
		{0xad, 0xad},       /* soft hyphen */
		{0x61c, 0x61c},     /* Arabic letter mark */
		{0x115f, 0x1160},   /* Hangul fillers */
		{0x180b, 0x180f},   /* Mongolian selectors and separator */
		{0x200b, 0x200f},   /* zero width, and marks of direction */
		{0x2028, 0x202e},   /* separators of lines; embedding and overriding a direction */
		{0x2060, 0x206f},   /* joiners, invisible operators, isolating a direction */
		{0x3164, 0x3164},   /* Hangul filler */
		{0xfe00, 0xfe0f},   /* variation selectors */
		{0xfeff, 0xfeff},   /* byte order mark */
		{0xffa0, 0xffa0},   /* halfwidth Hangul filler */
		{0xfff9, 0xfffb},   /* interlinear annotation */
		{0xfffe, 0xffff},   /* no characters */
		{0xe0000, 0xe0fff}, /* tags and more selectors */
	};
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

/* Bytes of the character at `text`; 0: it is none of UTF-8, or one that is hidden. */
static size_t printable_length(const unsigned char *text)
{
	if (text[0] < 0x80)
		return is_hidden(text[0]) ? 0 : 1;
	size_t length = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	/* What the second byte may be: not a longer form of a shorter one, no half of a pair of UTF-16, nothing too large.
	 */
	unsigned char low = text[0] == 0xe0 ? 0xa0 : text[0] == 0xf0 ? 0x90 : 0x80;
	unsigned char high = text[0] == 0xed ? 0x9f : text[0] == 0xf4 ? 0x8f : 0xbf;
	if (text[0] < 0xc2 || text[0] > 0xf4 || text[1] < low || text[1] > high)
		return 0;
	uint32_t character = text[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (text[i] & 0x3f);
	}
	return is_hidden(character) ? 0 : length;
}

void make_printable(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at != '\0';) {
		size_t length = printable_length(at);
		if (length == 0)
			*at = '?';
		at += length > 0 ? length : 1;
	}
}
