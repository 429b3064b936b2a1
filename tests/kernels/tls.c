/* SPDX-License-Identifier: MIT */
/* tls.c - proves that a kernel with thread-local variables is told where their template is. */
#include "kit.h"

_Thread_local uint64_t thread_number = 0x1122334455667788;
_Thread_local uint64_t thread_aligned __attribute__((aligned(64))) = 0x99aabbccddeeff00;
_Thread_local uint64_t thread_zeroes[5];

/* The template's layout is the linker's to choose: search it. */
static bool template_has(const struct longjump_boot_info *info, uint64_t word)
{
	const uint64_t *words = (const uint64_t *)info->tls_begin;

	for (uint64_t i = 0; i < info->tls_file_size / 8; i++)
		if (words[i] == word)
			return true;
	return false;
}

void _start(const struct longjump_boot_info *info)
{
	tell(info);
	EXPECT_EQUAL(info->tls_align, 64);
	EXPECT(info->tls_file_size >= 16);
	EXPECT(info->tls_size >= info->tls_file_size + sizeof(thread_zeroes));
	EXPECT(info->tls_begin >= info->kernel_begin && info->tls_begin < info->kernel_end);
	EXPECT(template_has(info, 0x1122334455667788));
	EXPECT(template_has(info, 0x99aabbccddeeff00));
	finish();
}
