/* SPDX-License-Identifier: MIT */
/* replay.c - runs a fuzzer on files, in place of libFuzzer: every input that has ever found
 * something is a test from then on. */
#include "fuzz.h"

/* Runs the fuzzer on a file. False if it cannot be read. */
static bool replay(const char *name)
{
	FILE *file = fopen(name, "rb");
	uint8_t *bytes;
	long size;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
		return false;
	rewind(file);
	bytes = malloc((size_t)size); /* of exactly this size: the checker watches its end */
	if (fread(bytes, 1, (size_t)size, file) != (size_t)size)
		return false;
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, (size_t)size);
	free(bytes);
	return true;
}

int main(int count, char **names)
{
	for (int i = 1; i < count; i++) {
		printf("%s\n", names[i]);
		fflush(stdout);
		if (!replay(names[i]))
			return 1;
	}
	printf("%d replayed\n", count - 1);
	return 0;
}
