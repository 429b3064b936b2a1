; empty.asm - a module for Syslinux that does nothing but end the machine: what ISOLINUX and the
; firmware take before any module begins. Knows nothing of kernels.

bits 32

EXIT		equ 0xf4		; QEMU's isa-debug-exit, or what stands in its place
SUCCESS		equ 16

global main:function

section .text
main:
	mov	al, SUCCESS
	out	EXIT, al
	jmp	main
