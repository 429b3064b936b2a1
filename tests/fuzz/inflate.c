/* SPDX-License-Identifier: MIT */
/* inflate.c - any bytes as a gzip file: nothing is read or written outside its buffers. */
#include "fuzz.h"

#include "core/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t header[10] = { 0x1f, 0x8b, 8 };
	uint64_t room = size > 0 ? (uint64_t)data[0] * 64 : 0;
	uint8_t *out = malloc((size_t)room + 1);
	uint8_t *packed = malloc(sizeof(header) + size);

	inflate_gzip((struct span){ data, size }, out, room);
	memcpy(packed, header, sizeof(header));
	if (size > 0)
		memcpy(packed + sizeof(header), data + 1, size - 1);
	inflate_gzip((struct span){ packed, sizeof(header) + (size > 0 ? size - 1 : 0) }, out,
	             room);
	free(packed);
	free(out);
	return 0;
}
