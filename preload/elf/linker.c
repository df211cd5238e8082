// SPDX-License-Identifier: PostgreSQL
/* linker.c - see linker.h. */
#include "preload/elf/linker.h"

#include <stddef.h>

#include "preload/elf/elf-object.h"
#include "preload/elf/visibility.h"

typedef void *dlsym_function(void *, const char *);
typedef void *dlvsym_function(void *, const char *, const char *);
typedef int dlclose_function(void *);

HIDDEN void *pqleak_real_dlsym, *pqleak_real_dlvsym, *pqleak_real_dlopen;
static dlclose_function *real_dlclose;

_Atomic uint32_t linker_unloads;

void linker_prepare(void)
{
	if (real_dlclose != NULL)
		return;
	pqleak_real_dlsym = elf_next_function("dlsym");
	pqleak_real_dlvsym = elf_next_function("dlvsym");
	pqleak_real_dlopen = elf_next_function("dlopen");
	real_dlclose = (__extension__(dlclose_function *) elf_next_function("dlclose"));
}

void *linker_find(void *handle, const char *name, const char *version)
{
	linker_prepare();
	void *found = version == NULL ? (__extension__(dlsym_function *) pqleak_real_dlsym)(handle, name)
								  : (__extension__(dlvsym_function *) pqleak_real_dlvsym)(handle, name, version);
	/* Must stay a real call: as a tail call the linker would see our caller, and RTLD_NEXT would mean another thing. */
	__asm__ volatile("" : "+r"(found));
	return found;
}

int linker_close(void *handle)
{
	linker_prepare();
	return real_dlclose(handle);
}
