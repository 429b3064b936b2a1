/* SPDX-License-Identifier: MIT */
/* messages.h - the catalogue of messages as strings for NASM: the Makefile runs the
 * preprocessor. */
/* clang-format off */
#define DIAG(number, name, summary, fix) \
	%define DIAG_##name "K", #number, " ", summary, 13, 10, "      fix: ", fix
#include "core/diag.def"
