; start64.asm - the payload kernel as Longjump starts it: the time first, then kernel.c.
; Knows nothing of Multiboot; start32.asm is the same kernel for those loaders.

bits 64

global _start
extern kernel_main

section .text
_start:
	rdtsc				; the moment that is measured
	shl	rdx, 32
	or	rax, rdx
	mov	rsi, rdi		; the boot information
	mov	rdi, rax
	jmp	kernel_main		; the stack is as it must be at a function's start

section PLACE
	align	4096
global payload:data (payload_end - payload)	; as compilers leave an array
global payload_end
payload:
	incbin	PAYLOAD
payload_end:
