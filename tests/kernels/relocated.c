/* SPDX-License-Identifier: MIT */
/* relocated.c - proves that a kernel linked with -shared is relocated by its own symbols, and that
 * undefined weak symbols are 0. */
#include "kit.h"

extern char kernel_base[];

/* Visible from outside, so that the linker leaves each use to a relocation with a symbol. */
__attribute__((visibility("default"))) extern int exported_value, exported_get(void);
__attribute__((visibility("default"))) int exported_value = 42;

extern void missing_function(void) __attribute__((weak, visibility("default")));
extern char missing_table[] __attribute__((weak, visibility("default")));

static int *volatile pointer = &exported_value + 1; /* R_X86_64_64 with an addend */
static int (*volatile function)(void) = exported_get;
static char *volatile nothing = missing_table + 7;
static void (*volatile no_function)(void) = missing_function;

int exported_get(void)
{
	return exported_value; /* by R_X86_64_GLOB_DAT */
}

void _start(const struct longjump_boot_info *info)
{
	tell(info);
	EXPECT_EQUAL(info->kernel_slide, address_of(kernel_base));
	EXPECT_EQUAL(address_of(pointer - 1), address_of(&exported_value));
	EXPECT_EQUAL(*(pointer - 1), 42);
	EXPECT_EQUAL(function(), 42);
	EXPECT_EQUAL(exported_get(), 42); /* by R_X86_64_JUMP_SLOT */
	EXPECT_EQUAL((uint64_t)(uintptr_t)nothing, 7);
	EXPECT_EQUAL((uint64_t)(uintptr_t)no_function, 0);
	EXPECT(missing_function == NULL);
	finish();
}
