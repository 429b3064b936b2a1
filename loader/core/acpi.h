/* SPDX-License-Identifier: MIT */
/* acpi.h - what the loader reads from the ACPI tables: where they are, and which CPUs and I/O APICs
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

/* Fills in machine->processors, at most `capacity` of them, and their count, which is at least 1.
 * The list still belongs to the caller. */
void acpi_list_processors(struct machine *machine, struct processor *list, unsigned capacity);

/*
 * Physical addresses of the I/O APICs, at most `capacity`; returns how many. The caller will write
 * there, so an address at which no I/O APIC can be is left out, whatever the MADT says.
 */
unsigned acpi_io_apics(const struct machine *machine, uint32_t *list, unsigned capacity);

/*
 * Where the tables lie, to the byte: RSDP, RSDT, XSDT, all tables that these two list, FACS and
 * DSDT, in any order, perhaps twice; at most `capacity`. Returns how many. For a table that the
 * loader cannot see, only the size of a header is assumed.
 */
unsigned acpi_tables(const struct machine *machine, struct phys_range *list, unsigned capacity);

/* The first table with this signature, such as "APIC" for the MADT; empty if there is none that the
 * loader can see. */
struct span acpi_table(const struct machine *machine, const char *sign);

/*
 * The local vector table entries for LINT0 and LINT1, masked, as the MADT asks for them on the CPU
 * with this ACPI processor UID: an NMI entry, or 0 for a LINT that no MADT entry describes.
 */
void acpi_lints(const struct machine *machine, uint32_t number, uint32_t lints[2]);

#endif
