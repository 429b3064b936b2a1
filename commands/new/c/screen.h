/* screen.h - lines of text on the screen: letters in VGA's text mode, which a BIOS has set, or
 * drawn in pixels, which is all that there is under UEFI. */
#ifndef SCREEN_H
#define SCREEN_H

#include "longjump.h"

/* Shows a text in a row; 0 is the top. What does not fit is not shown. */
void screen_line(const struct longjump_boot_info *info, unsigned row, const char *text);

#endif
