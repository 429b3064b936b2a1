/* SPDX-License-Identifier: MIT */
/* version.h - what the loader calls itself. */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

#define LOADER         "Longjump"
#define LOADER_VERSION "2.0.0"
#define LOADER_NAME    LOADER " " LOADER_VERSION

#endif
