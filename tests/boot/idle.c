/* SPDX-License-Identifier: MIT */
/* idle.c - a COM32 module that does nothing: what is lost with it, Syslinux loses. */
int main(void);

int main(void)
{
	return 1;
}
