// SPDX-License-Identifier: PostgreSQL
// forms.cc - C++ names for test_forms.py: a method, a template and a lambda; as forms.c.
#include <cstdint>
#include <cstdio>
#include <dlfcn.h>
#include <link.h>
#include <string>

__attribute__((noinline)) static int tell(const char *name)
{
	dl_find_object object;
	uintptr_t address = reinterpret_cast<uintptr_t>(__builtin_return_address(0)) - 1;

	if (_dl_find_object(reinterpret_cast<void *>(address), &object) == 0)
		printf("%s %lu\n", name, static_cast<unsigned long>(address - object.dlfo_link_map->l_addr));
	return 1;
}

namespace bank {
struct account {
	__attribute__((noinline)) int open(int depth, const std::string &owner)
	{
		return tell("method") + depth + static_cast<int>(owner.size()); // line: method
	}
};

template <typename T> __attribute__((noinline)) int pool(T depth)
{
	return tell("template") + static_cast<int>(depth); // line: template
}
} // namespace bank

int main()
{
	auto again = [](int depth) __attribute__((noinline)) { return tell("lambda") + depth; }; // line: lambda
	return bank::account().open(0, "x") + bank::pool<long>(1) + again(1) > 0 ? 0 : 1;
}
