/* SPDX-License-Identifier: MIT */
/* handover.c - any memory as what a boot loader hands over: nothing outside it is read, and no file
 * is outside. The first byte says which format; the memory is just as large as the input. */
#include "fuzz.h"

#include "platform/handover/bundle.h"
#include "platform/handover/multiboot_info.h"
#include "platform/handover/pvh_info.h"
#include "platform/handover/words.h"

#define AT 16 /* of the information: 0 means none */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct handover handover;
	static struct word_list words;
	static struct report report;
	uint8_t *memory = malloc(size + 1);
	struct machine machine = { .memory = memory, .identity_limit = size };
	bool good = size > AT;

	memcpy(memory, data, size);
	memset(&handover, 0, sizeof(handover));
	memset(&report, 0, sizeof(report));
	handover.words = "";
	if (good && data[0] % 3 == 0)
		good = handover_by_multiboot(&handover, &machine, AT, &report);
	else if (good && data[0] % 3 == 1)
		good = handover_by_pvh(&handover, &machine, AT, &report);
	else if (good)
		good = bundle_read(&handover, &machine, (struct phys_range){ AT, size }, &report);
	EXPECT(good || size <= AT || report.count == 1);
	for (unsigned i = 0; i < handover.file_count; i++)
		EXPECT(handover.files[i].bytes.begin <= handover.files[i].bytes.end
		       && handover.files[i].bytes.end <= size);
	if (good && words_make(&words, &handover, &report) && words.count > 0)
		words_find(&handover, words.words[words.count - 1]);
	free(memory);
	return 0;
}
