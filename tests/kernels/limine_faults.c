/* SPDX-License-Identifier: MIT */
/* limine_faults.c - commits the mistake that its command line names, as a Limine kernel of base
 * revision 3. */
#include "kit.h"
#include "limine.h"

static volatile struct {
	uint64_t revision[3];
	REQUEST_FOR(number_answer) hhdm, rsdp, device_tree;
	REQUEST_FOR(text_answer) command_line;
} asked __attribute__((aligned(8))) = {
	.revision = BASE_REVISION(3),
	.hhdm.id = ID_HHDM,
	.rsdp.id = ID_RSDP,
	.device_tree.id = ID_DEVICE_TREE,
	.command_line.id = ID_COMMAND_LINE,
};

/* Reads a word through the higher half direct map. */
static uint64_t read_physical(uint64_t at)
{
	return *(volatile uint64_t *)(asked.hhdm.answer->number + at);
}

void _start(const struct longjump_boot_info *info)
{
	const char *mistake = asked.command_line.answer->text;

	(void)info;
	switch (mistake[0]) {
	case 'u': /* unanswered */
		say("%lx\n", asked.device_tree.answer->number);
		break;
	case 't': /* table */
		say("%lx\n", read_physical(asked.rsdp.answer->number));
		break;
	case 'b': /* beyond */
		say("%lx\n", read_physical(0x7fe00000000));
		break;
	case 'd': /* device */
		say("%lx\n", *(volatile uint64_t *)0xfee00030);
		break;
	case 'm': /* memory */
		say("%lx\n", *(volatile uint64_t *)0x100000);
		break;
	case 'i': /* instruction */
		__builtin_trap();
	default: /* returns */
		return;
	}
	say("FAILED to %s\n", mistake);
}
