/* SPDX-License-Identifier: MIT */
/*
 * hidden.h - read before every source file of the module: what the module's files have in common is
 * in the module itself, unless syslinux.h says otherwise. So a compiler calls it directly, and not
 * through a table whose address each function would first have to find.
 */
#ifndef PLATFORM_COM32_HIDDEN_H
#define PLATFORM_COM32_HIDDEN_H

#pragma GCC visibility push(hidden)

#endif
