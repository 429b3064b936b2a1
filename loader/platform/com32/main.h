/* SPDX-License-Identifier: MIT */
/* main.h - the module, once all of it is known to be there. */
#ifndef PLATFORM_COM32_MAIN_H
#define PLATFORM_COM32_MAIN_H

/* Boots by these words; returns if that could not be, to Syslinux's prompt. */
int module_main(int argc, char **argv);

#endif
