/* SPDX-License-Identifier: MIT */
/* main.h - the module's main function, which runs when the module has been checked. */
#ifndef PLATFORM_COM32_MAIN_H
#define PLATFORM_COM32_MAIN_H

/* Boots by these words. Returns to Syslinux's prompt if that fails. */
int module_main(int argc, char **argv);

#endif
