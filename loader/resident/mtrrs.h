/* SPDX-License-Identifier: MIT */
/* mtrrs.h - the same memory types for all CPUs. */
#ifndef RESIDENT_MTRRS_H
#define RESIDENT_MTRRS_H

/* Notes the memory types of the first CPU. */
void mtrrs_read(void);

/* Sets them on the CPU that runs this, if they differ. */
void mtrrs_write(void);

#endif
