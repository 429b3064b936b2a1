/* SPDX-License-Identifier: MIT */
/* heap.c - a COM32 module that prints how much memory Syslinux has left, by allocating all of
 * it. */
#include <stddef.h>

void *malloc(size_t size);
void free(void *memory);
int printf(const char *format, ...);

int main(void);

int main(void)
{
	unsigned long total = 0;
	void **first = NULL; /* each block begins with where the one before is */

	for (size_t size = 1u << 30; size >= 16; size /= 2) {
		void **block;

		while ((block = malloc(size)) != NULL) {
			*block = (void *)first;
			first = block;
			total += size;
		}
	}
	while (first != NULL) {
		void **next = *first;

		free((void *)first);
		first = next;
	}
	printf("\nheap %lu\n", total);
	return 1;
}
