/* SPDX-License-Identifier: MIT */
/*
 * objects.c - checks what core/elf/objects.h promises: which parts of a range are searched. Draws
 * blocks of 64 KiB: '-' is passed over, '#' is looked at.
 */
#include "add_symbols.h"

#include "core/elf/objects.h"

#define BASE  UINT64_C(0xffffffff80000000)
#define BLOCK (64 * KIB)
#define NEAR  BLOCK

static struct objects objects;
static struct elf elf;

/* Begins to look through the file as it is now. */
static void look(uint64_t size)
{
	EXPECT(elf_open(&elf, elf_file()));
	objects_begin(&objects, &elf, (struct virt_range){ BASE, BASE + size });
}

/* A kernel of `size` bytes with these symbols, at distances from its beginning; begins to look. */
static void begin(uint64_t size, const struct named *symbols, unsigned count)
{
	struct named moved[8];

	for (unsigned i = 0; i < count; i++) {
		moved[i] = symbols[i];
		moved[i].address += BASE;
	}
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RW, BASE, size, size);
	add_symbols(moved, count);
	look(size);
}

/* The parts must be these, and each byte of them is looked at or not as its block is drawn. */
static void expect_parts(const char *drawn)
{
	struct virt_range part;
	char found[200];
	uint64_t past = BASE;

	memset(found, '-', sizeof(found));
	while (objects_next(&objects, &part)) {
		EXPECT(part.begin >= past && part.begin < part.end);
		EXPECT(part.begin % BLOCK == 0);
		past = part.end;
		memset(found + (part.begin - BASE) / BLOCK, '#',
		       (size_t)((part.end - part.begin + BLOCK - 1) / BLOCK));
	}
	found[strlen(drawn)] = 0;
	EXPECT_TEXT(found, drawn);
	EXPECT(!objects_next(&objects, &part));
}

TEST("of a large range, what is near objects and labels is looked at, before and after them")
{
	static const struct named symbols[] = {
		{ "a.c", 0, ELF_STT_FILE, true },
		{ "object", 4 * BLOCK, ELF_STT_OBJECT, true },
		{ "label", 11 * BLOCK + 5, ELF_STT_NOTYPE, false },
		{ "function", 18 * BLOCK, ELF_STT_FUNC, false },
	};

	begin(20 * BLOCK, symbols, COUNT(symbols));
	expect_parts("---###----###-------");
}

TEST("a large object is looked at where it begins and where it ends")
{
	static const struct named symbols[] = {
		{ "a.c", 0, ELF_STT_FILE, true },
		{ "picture", 0, ELF_STT_OBJECT, true },
		{ "end", 20 * BLOCK, ELF_STT_NOTYPE, false },
	};

	begin(20 * BLOCK, symbols, COUNT(symbols));
	elf_symbols[1].size = 17 * BLOCK;
	look(20 * BLOCK);
	expect_parts("##--------------####");
}

TEST("a symbol beside the range counts, and one far from it does not")
{
	static const struct named symbols[] = {
		{ "a.c", 0, ELF_STT_FILE, true },
		{ "before", -UINT64_C(8), ELF_STT_OBJECT, true },
		{ "behind", 20 * BLOCK + NEAR - 1, ELF_STT_OBJECT, true },
		{ "low", 0x1000 - BASE, ELF_STT_OBJECT, true },
	};

	begin(20 * BLOCK, symbols, COUNT(symbols));
	expect_parts("#------------------#");
}

TEST("a small range is all looked at, and one without symbols")
{
	static const struct named symbols[] = {
		{ "a.c", 0, ELF_STT_FILE, true },
		{ "table", 4 * BLOCK, ELF_STT_OBJECT, false },
		{ "code", 0, ELF_STT_FUNC, true },
	};

	begin(20 * BLOCK, symbols, COUNT(symbols));
	expect_parts("---###--------------");
	begin(MIB - 1, symbols, COUNT(symbols));
	expect_parts("################");
	begin(20 * BLOCK, symbols, COUNT(symbols));
	elf_head->shoff = 0;
	look(20 * BLOCK);
	expect_parts("####################");
}

TEST("all is looked at if `strip -x` took away what source files keep to themselves")
{
	static const struct named symbols[] = {
		{ "", 0, ELF_STT_NOTYPE, true },
		{ "a.c", 0, ELF_STT_FILE, true },
		{ "b.c", 0, ELF_STT_FILE, true },
		{ "", 0, ELF_STT_FILE, true },
		{ "table", 4 * BLOCK, ELF_STT_OBJECT, false },
		{ "code", 0, ELF_STT_FUNC, false },
	};

	begin(20 * BLOCK, symbols, COUNT(symbols));
	expect_parts("####################");
}

TEST("without private symbols the inside of a large object is passed over, and nothing else")
{
	static const struct named symbols[] = {
		{ "a.c", 0, ELF_STT_FILE, true },
		{ "picture", 2 * BLOCK, ELF_STT_OBJECT, false },
		{ "table", 10 * BLOCK, ELF_STT_OBJECT, false },
		{ "beyond", 24 * BLOCK, ELF_STT_OBJECT, false },
	};

	begin(28 * BLOCK, symbols, COUNT(symbols));
	elf_symbols[1].size = 17 * BLOCK;
	elf_symbols[3].size = UINT64_MAX - BASE;
	look(28 * BLOCK);
	expect_parts("####-----###------##########");
}

TEST("all is looked at if `ld -x` left only what the linker made, and hidden symbols")
{
	static const struct named symbols[] = {
		{ "", 0, ELF_STT_FILE, true },
		{ "_DYNAMIC", 2 * BLOCK, ELF_STT_OBJECT, true },
		{ "hidden", 3 * BLOCK, ELF_STT_OBJECT, true },
		{ "table", 4 * BLOCK, ELF_STT_OBJECT, false },
	};
	static const struct named hidden[] = {
		{ "a.c", 0, ELF_STT_FILE, true },
		{ "hidden", 3 * BLOCK, ELF_STT_OBJECT, true },
	};

	begin(20 * BLOCK, symbols, COUNT(symbols));
	expect_parts("####################");
	begin(20 * BLOCK, hidden, COUNT(hidden));
	elf_symbols[1].other = 2; /* STV_HIDDEN */
	look(20 * BLOCK);
	expect_parts("####################");
}

TEST("blocks grow with the range, and each symbol stays in one that is looked at")
{
	static const struct named symbols[] = {
		{ "a.c", 0, ELF_STT_FILE, true },
		{ "middle", 512 * MIB, ELF_STT_OBJECT, true },
	};
	const struct virt_range range = { BASE, BASE + GIB };
	struct virt_range part;

	begin(4096, symbols, COUNT(symbols));
	objects_begin(&objects, &elf, range);
	EXPECT(objects_next(&objects, &part));
	EXPECT(part.begin <= BASE + 512 * MIB - NEAR && part.end >= BASE + 512 * MIB + NEAR);
	EXPECT(part.end - part.begin <= 2 * MIB);
	EXPECT(!objects_next(&objects, &part));
}
