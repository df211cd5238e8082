// SPDX-License-Identifier: PostgreSQL
/* lua-max.h - how many openers of Lua drivers are known at once; for C and assembly. */
#define LUA_MAX 16
