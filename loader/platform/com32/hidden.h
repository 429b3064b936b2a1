/* SPDX-License-Identifier: MIT */
/*
 * hidden.h - included before every source file of the module: functions that its files share have
 * hidden visibility, unless syslinux.h says otherwise. So the compiler calls them directly, and not
 * through a table whose address each function would first have to find.
 */
#ifndef PLATFORM_COM32_HIDDEN_H
#define PLATFORM_COM32_HIDDEN_H

#pragma GCC visibility push(hidden)

#endif
