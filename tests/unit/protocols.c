/* SPDX-License-Identifier: MIT */
/*
 * protocols.c - checks what core/protocol.h promises for every protocol in protocols/protocols.c:
 * each has its terms, and reads a kernel once.
 */
#include "build_elf.h"
#include "world.h"

#include "core/choose.h"
#include "protocols/limine/abi.h"
#include "protocols/multiboot/abi.h"

#define BASE    UINT64_C(0xffffffff80000000)
#define FILE_AT (2 * MIB)

/* A kernel that every protocol starts: the headers of Multiboot 1 and 2, before any segment, a
 * Limine request, and physical addresses beside the virtual ones. */
static void build_kernel(void)
{
	uint32_t one[] = { MB1_MAGIC, 0, 0u - MB1_MAGIC };
	uint32_t two[] = { MB2_MAGIC, MB2_I386, 16, 0u - MB2_MAGIC - MB2_I386 - 16 };
	uint64_t tag[] = { LIMINE_TAG_0, LIMINE_TAG_1, 3 };

	begin_elf(ELF_TYPE_EXEC);
	memcpy(elf_bytes + 0x1000, one, sizeof(one));
	memcpy(elf_bytes + 0x1800, two, sizeof(two));
	add_segment(RX, BASE, 6000, 6000)->paddr = 4 * MIB;
	add_segment(RW, BASE + 2 * PAGE_SIZE, 6000, 6000)->paddr = 4 * MIB + 2 * PAGE_SIZE;
	memcpy(elf_bytes + elf_programs[1].offset, tag, sizeof(tag));
	elf_head->entry = BASE + 16;
}

static unsigned reads;
static bool (*counted)(struct boot *boot);

static bool count_read(struct boot *boot)
{
	reads++;
	return counted(boot);
}

TEST("every protocol has words for all that a fault is explained in")
{
	for (unsigned i = 0; protocols[i] != NULL; i++) {
		const struct terms *terms = protocols[i]->terms;

		EXPECT(terms->boot_info[0] != 0 && terms->direct_map[0] != 0);
		EXPECT(terms->arguments[0] != 0 && terms->stack[0] != 0);
		EXPECT(terms->physical[strlen(terms->physical) - 1] == '.');
		EXPECT(terms->no_map[strlen(terms->no_map) - 1] == '.');
		EXPECT(terms->null[strlen(terms->null) - 1] == '.');
		EXPECT(terms->sse[strlen(terms->sse) - 1] == '.');
	}
}

TEST("the kernel's headers are read once, and need not be there any more when the boot is planned")
{
	for (unsigned i = 0; protocols[i] != NULL; i++) {
		const struct protocol *protocol = protocols[i];
		struct protocol watched = *protocol;
		char words[2000];
		struct text text = text_in(words, sizeof(words));

		if (strcmp(protocol->name, "bootloader-0.11") == 0)
			continue; /* its kernels have a section that this one lacks */
		begin_world(32 * MIB);
		build_kernel();
		world.config.options.protocol = protocol->name;
		lay_file(&world.config.kernel, elf_file(), FILE_AT);
		counted = protocol->read;
		watched.read = count_read;
		reads = 0;
		EXPECT(boot_request(&world.boot, &world.machine, &world.config, &watched,
		                    &world.report));
		memset(world.memory + FILE_AT, 0x55, ELF_FIRST);
		EXPECT(boot_prepare(&world.boot, &world.scratch));
		if (protocol->describe != NULL)
			protocol->describe(&world.boot, &text);
		EXPECT_EQUAL(reads, 1);
		EXPECT_EQUAL(count_placements(USE_KERNEL), 2);
		EXPECT_EQUAL(world.boot.launch->rip, world.boot.kernel.entry.at);
	}
}

TEST("a kernel that is refused when it is read is not asked for anything")
{
	for (unsigned i = 0; protocols[i] != NULL; i++) {
		const struct protocol *protocol = protocols[i];
		begin_world(32 * MIB);
		lay_file(&world.config.kernel, (struct span){ (const uint8_t *)"no kernel", 9 },
		         FILE_AT);
		EXPECT(!boot_request(&world.boot, &world.machine, &world.config, protocol,
		                     &world.report));
		EXPECT(!world.boot.readable);
		EXPECT_EQUAL(world.report.count, 1);
	}
}
