// SPDX-License-Identifier: PostgreSQL
/*
 * apart.h - where large tables lie.
 *
 * The kernel gives memory by the page, at its first use, which takes it as long
 * as thousands of instructions take us.  A table of which a process uses few
 * places lies behind the variables that each process uses, which then share
 * two or three pages.  The linker sorts by the section's name: preload/meson.build.
 */
#ifndef PQLEAK_PRELOAD_ELF_APART_H
#define PQLEAK_PRELOAD_ELF_APART_H

#define APART __attribute__((section(".bss.apart")))

#endif
