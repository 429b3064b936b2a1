/* SPDX-License-Identifier: MIT */
/* config.c - any words after APPEND: they are refused with one reason, or the configuration is what
 * its header promises. */
#include "fuzz.h"

#include "core/config.h"

#define MOST 2000 /* words */

static struct config config;
static struct report report;
static const char *words[MOST];

/* A string must be in the configuration's text, with its end. */
static void expect_string(const char *string)
{
	EXPECT(string >= config.text && string < config.text + CONFIG_TEXT);
	EXPECT(memchr(string, 0, (size_t)(config.text + CONFIG_TEXT - string)) != NULL);
}

/* A configuration that was accepted (config.h). */
static void expect_config(void)
{
	const struct options *options = &config.options;
	unsigned bits = virtual_bits(options->paging_levels);

	EXPECT(options->paging_levels == 4 || options->paging_levels == 5);
	EXPECT(((options->stack_size | options->stack_at | options->identity) & (PAGE_SIZE - 1))
	       == 0);
	EXPECT((options->direct_map & (GIB - 1)) == 0);
	EXPECT(is_canonical(options->stack_at, 1, bits)
	       && is_canonical(options->direct_map, 1, bits));
	EXPECT(config.module_count <= CONFIG_MAX_MODULES);
	expect_string(config.kernel.name);
	expect_string(config.kernel.command_line);
	EXPECT(config.kernel.name[0] != 0);
	for (unsigned i = 0; i < config.module_count; i++) {
		expect_string(config.modules[i].name);
		expect_string(config.modules[i].command_line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *line = malloc(size + 1);
	unsigned count = 0;

	if (size != 0)
		memcpy(line, bytes, size);
	line[size] = 0;
	for (char *word = strtok(line, " \n"); word != NULL && count < MOST;
	     word = strtok(NULL, " \n"))
		words[count++] = word;
	memset(&report, 0, sizeof(report));
	if (config_read(&config, count, words, &report)) {
		EXPECT_EQUAL(report.count, 0);
		expect_config();
	} else {
		EXPECT_EQUAL(report.count, 1);
	}
	free(line);
	return 0;
}
