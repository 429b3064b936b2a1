/* SPDX-License-Identifier: MIT */
/* modules.c - proves that every byte of every module arrives. Each word of a module is its own
 * index; the test makes them so. */
#include "kit.h"

static uint64_t word_for(uint64_t index)
{
	return (index + 1) * 0x9e3779b97f4a7c15ull;
}

static void check_module(const struct longjump_module *module)
{
	const volatile uint8_t *bytes = (const volatile uint8_t *)module->data;
	uint64_t wrong = 0;

	for (uint64_t at = 0; at < module->size; at++)
		wrong += bytes[at] != (uint8_t)(word_for(at / 8) >> at % 8 * 8);
	say("%s: %lu bytes\n", module->name, module->size);
	EXPECT_EQUAL(wrong, 0);
}

void _start(const struct longjump_boot_info *info)
{
	EXPECT(info->module_count > 0);
	for (uint64_t i = 0; i < info->module_count; i++)
		check_module(&info->modules[i]);
	finish();
}
