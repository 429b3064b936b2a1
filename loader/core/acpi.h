/* SPDX-License-Identifier: MIT */
/* acpi.h - what the loader reads of the ACPI tables: where they lie, and which CPUs and I/O APICs
 * there are. */
#ifndef CORE_ACPI_H
#define CORE_ACPI_H

#include "core/machine.h"

/*
 * The CPUs that the MADT, found from machine->rsdp, lists as enabled (ACPI 6.5, 5.2.12), each once:
 * how many, and the first `capacity` of them in *list. 0 if there is no MADT, or if it or a table
 * on the way to it does not lie in memory that the loader can see.
 */
unsigned acpi_processors(const struct machine *machine, struct processor *list, unsigned capacity);

/* Fills in machine->processors and what goes with them, with room for so many; one CPU is there in
 * any case. The list stays the caller's. */
void acpi_list_processors(struct machine *machine, struct processor *list, unsigned capacity);

/*
 * Physical addresses of the I/O APICs, at most `capacity`; returns how many. Who asks will write
 * there: an address at which no I/O APIC can be is left out, whatever the MADT says.
 */
unsigned acpi_io_apics(const struct machine *machine, uint32_t *list, unsigned capacity);

/*
 * Where the tables lie, to the byte: RSDP, RSDT, XSDT, all that these two name, FACS and DSDT, in
 * any order, perhaps twice; at most `capacity`. Returns how many. Of a table that the loader cannot
 * see, the header counts.
 */
unsigned acpi_tables(const struct machine *machine, struct phys_range *list, unsigned capacity);

/* The first table with a sign of four characters, such as "APIC" for the MADT; empty if there is
 * none that the loader can see. */
struct span acpi_table(const struct machine *machine, const char *sign);

/*
 * What the local APIC's LINT0 and LINT1 have to be, masked, as the MADT has it for the CPU with
 * this number of its own: entries of the local vector table for NMIs, or 0 for what it says
 * nothing of.
 */
void acpi_lints(const struct machine *machine, uint32_t number, uint32_t lints[2]);

#endif
