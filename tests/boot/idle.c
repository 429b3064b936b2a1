/* SPDX-License-Identifier: MIT */
/* idle.c - a COM32 module that does nothing: memory that is lost with it is lost by Syslinux. */
int main(void);

int main(void)
{
	return 1;
}
