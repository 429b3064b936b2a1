/* SPDX-License-Identifier: MIT */
/* limine_x2apic.c - as limine_mp.c, and asks for x2APIC mode. */
#define X2APIC
#include "limine_mp.c"
