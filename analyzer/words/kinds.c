// SPDX-License-Identifier: PostgreSQL
/*
 * kinds.c - see kinds.h.
 */
#include "analyzer/words/kinds.h"

#include <string.h>

static const struct {
	const char *one, *several, *released, *unreleased, *perhaps, *release;
} kinds[KIND_COUNT] = {
#define KIND(kind, name, key, one, several, released, unreleased, release)                                             \
	[KIND_##kind] = {one, several, released, unreleased, "perhaps " unreleased, release},
#include "trace/base/kinds.def"
};

static const struct {
	const char *one, *several;
	bool by_design;
} misuses[MISUSE_COUNT] = {
#define MISUSE(misuse, name, one, several, by_design) [MISUSE_##misuse] = {one, several, by_design},
	MISUSES(MISUSE)
#undef MISUSE
};

static const char *const verdicts[VERDICT_COUNT] = {
	[VERDICT_RELEASED] = "released",   [VERDICT_LEAKED] = "leaked",       [VERDICT_OPEN_AT_DEATH] = "open-at-death",
	[VERDICT_OPEN] = "open",           [VERDICT_INHERITED] = "inherited", [VERDICT_CANNOT_TELL] = "cannot-tell",
	[VERDICT_ABANDONED] = "abandoned", [VERDICT_KEPT] = "kept",           [VERDICT_EXIT] = "exit",
	[VERDICT_THREAD] = "thread",       [VERDICT_COLLECTOR] = "collector", [VERDICT_IDLE] = "idle-in-transaction",
};

static const char *const manners[MANNER_COUNT] = {
	[MANNER_EXIT] = "exit", [MANNER_THREAD] = "thread",   [MANNER_COLLECTOR] = "collector",
	[MANNER_CODE] = "code", [MANNER_UNKNOWN] = "unknown",
};

const char *manner_name(enum manner manner)
{
	return manners[manner];
}

enum manner manner_find(const char *name)
{
	for (int m = 0; m < MANNER_COUNT; m++)
		if (strcmp(manners[m], name) == 0)
			return (enum manner)m;
	return MANNER_COUNT;
}

/* Whether `given` is `name`, with '-' as good as ' '. */
static bool same_name(const char *name, const char *given)
{
	while (*name != '\0' && (*name == *given || (*name == ' ' && *given == '-'))) {
		name++;
		given++;
	}
	return *name == '\0' && *given == '\0';
}

enum resource_kind kind_find(const char *name)
{
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		if (same_name(kind_name((uint8_t)k), name))
			return (enum resource_kind)k;
	return KIND_NONE;
}

enum misuse_kind misuse_find(const char *name)
{
	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		if (same_name(misuse_name((uint8_t)m), name))
			return (enum misuse_kind)m;
	return MISUSE_NONE;
}

enum verdict verdict_find(const char *name)
{
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (same_name(verdicts[v], name))
			return (enum verdict)v;
	return VERDICT_COUNT;
}

const char *verdict_name(enum verdict verdict)
{
	return verdicts[verdict];
}

const char *kind_noun(enum resource_kind kind, int64_t count)
{
	return count == 1 ? kinds[kind].one : kinds[kind].several;
}

const char *misuse_noun(enum misuse_kind kind, int64_t count)
{
	return count == 1 ? misuses[kind].one : misuses[kind].several;
}

const char *any_noun(const char *name, int64_t count)
{
	if (kind_find(name) != KIND_NONE)
		return kind_noun(kind_find(name), count);
	return misuse_find(name) != MISUSE_NONE ? misuse_noun(misuse_find(name), count) : name;
}

const char *kind_released(enum resource_kind kind)
{
	return kinds[kind].released;
}

const char *kind_unreleased(enum resource_kind kind)
{
	return kinds[kind].unreleased;
}

const char *verdict_words(enum resource_kind kind, enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_LEAKED:
		return kind_unreleased(kind);
	case VERDICT_OPEN_AT_DEATH:
		return "open at death";
	case VERDICT_OPEN:
		return "still open";
	case VERDICT_CANNOT_TELL:
		return kinds[kind].perhaps;
	case VERDICT_EXIT:
		return "given back by the exit of the process";
	case VERDICT_THREAD:
		return "given back by a thread that ended";
	case VERDICT_COLLECTOR:
		return "given back by a garbage collector";
	case VERDICT_IDLE:
		return "left idle";
	case VERDICT_KEPT:
		return "perhaps kept by threads";
	case VERDICT_ABANDONED:
	case VERDICT_RELEASED:
	case VERDICT_INHERITED:
	case VERDICT_COUNT:
		break;
	}
	return verdict < VERDICT_COUNT ? verdicts[verdict] : "";
}

const char *kind_release(enum resource_kind kind)
{
	return kinds[kind].release;
}

bool verdict_is_of(enum verdict verdict, enum resource_kind kind)
{
	if (verdict == VERDICT_IDLE)
		return kind == KIND_TRANSACTION;
	return (verdict != VERDICT_ABANDONED && verdict != VERDICT_KEPT) || kind == KIND_CONNECTION;
}

bool verdict_can_fail(enum verdict verdict)
{
	return verdict != VERDICT_RELEASED && verdict != VERDICT_INHERITED && verdict != VERDICT_CANNOT_TELL &&
		   verdict < VERDICT_COUNT;
}

bool kind_fails(enum resource_kind kind)
{
	return kind == KIND_CONNECTION || kind == KIND_RESULT;
}

bool misuse_by_design(enum misuse_kind kind)
{
	return misuses[kind].by_design;
}
