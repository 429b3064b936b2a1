; floor.asm - the boot sector that every loader is measured against.
;
; It tells when the BIOS hands over, and how fast this machine reads a payload at best: 64 KiB
; requests to int 13h, each copied once to where a kernel would lie. It knows nothing of kernels.
;
; Boots from a CD (El Torito, no emulation, with a boot information table) and, copied to sector 0,
; from a disk: the table then counts in sectors of a disk and names no volume descriptor. The
; payload follows at byte 2048 of the same file.

bits 16
org 0x7c00

BUFFER_SEGMENT	equ 0x1000		; 64 KiB at 0x10000, which int 13h reads into
BUFFER		equ 0x10000
TARGET		equ 0x100000		; where the file is put together
REQUEST		equ 0x10000		; bytes that one request reads
HEAD		equ 2048		; bytes of the file before the payload
LISTENER	equ 0xe9		; QEMU's debug console; reads as its own number if there
EXIT		equ 0xf4		; QEMU's isa-debug-exit
SUCCESS		equ 16
FAILURE		equ 17

start:
	mov	bx, dx			; DL is the drive; rdtsc overwrites it
	rdtsc
	jmp	short main

	times 8 - ($ - start) db 0
table_descriptor	dd 0		; sector of the volume descriptor; 0 on a disk
table_file		dd 0		; first sector of this file
table_length		dd 0		; bytes in this file
	times 64 - ($ - start) db 0

; 1. A stack, flat segments and the two times of which the first is known.
main:
	jmp	0:.flat
.flat:
	xor	cx, cx
	mov	ds, cx
	mov	es, cx
	mov	ss, cx
	mov	sp, 0x7c00
	mov	[drive], bl
	mov	[handover], eax
	mov	[handover + 4], edx
	cld

; 2. A CD has sectors of 2048 bytes, a disk of 512. DI = sectors in a request.
	mov	di, REQUEST / 2048
	cmp	dword [table_descriptor], 0
	jne	.medium_known
	mov	di, REQUEST / 512 - 1	; 127: the most that many BIOSes take
	mov	word [bytes], (REQUEST / 512 - 1) * 512 / 4
.medium_known:
	mov	[packet.count], di
	mov	eax, [table_file]
	mov	[packet.sector], eax
	mov	eax, TARGET
	mov	[target], eax
	add	eax, [table_length]
	mov	[end], eax

; 3. Read and copy until the whole file is there. The last request may read past its end.
.next_request:
	mov	si, packet
	mov	dl, [drive]
	mov	ah, 0x42
	int	0x13
	jc	failed
	call	unlimited_segments
	mov	esi, BUFFER
	mov	edi, [target]
	movzx	ecx, word [bytes]
	a32 rep movsd
	mov	[target], edi
	movzx	eax, word [packet.count]
	add	[packet.sector], eax
	cmp	edi, [end]
	jb	.next_request

; 4. The payload is in place: the second time. Without a listener there is nothing to tell.
	rdtsc
	mov	[arrival], eax
	mov	[arrival + 4], edx
	in	al, LISTENER
	cmp	al, LISTENER
	jne	.done

; 5. Prove it: the sum of all words, and the sum of all those partial sums.
	mov	esi, TARGET + HEAD
	xor	ebx, ebx
	xor	ebp, ebp
.sum:
	cmp	esi, [end]
	jae	.tell
	add	ebx, [esi]
	add	ebp, ebx
	add	esi, 4
	jmp	.sum
.tell:
	mov	[check], ebx
	mov	[check + 4], ebp
	mov	si, handover
	mov	cx, 24
.byte:
	lodsb
	out	LISTENER, al
	loop	.byte
.done:
	mov	al, SUCCESS
	out	EXIT, al
failed:
	mov	al, FAILURE
	out	EXIT, al
	jmp	failed

; Gives DS and ES a limit of 4 GiB in real mode. The BIOS takes it back at its next call.
unlimited_segments:
	cli
	lgdt	[descriptors]
	mov	eax, cr0
	or	al, 1
	mov	cr0, eax
	mov	dx, 8
	mov	ds, dx
	mov	es, dx
	and	al, ~1
	mov	cr0, eax
	xor	dx, dx
	mov	ds, dx
	mov	es, dx
	ret

	align 4
descriptors:
	dw	15			; the table's limit; the null entry holds its own address
	dd	descriptors
	dw	0
	dq	0x00cf92000000ffff	; data, writable, 0 to 4 GiB

packet:	db	16, 0
.count	dw	0
	dw	0, BUFFER_SEGMENT
.sector	dq	0

bytes	dw	REQUEST / 4		; words of 4 bytes in a request

	times 510 - ($ - start) db 0
	dw	0xaa55
	times HEAD - ($ - start) db 0

absolute 0x7000
drive		resd 1
target		resd 1
end		resd 1
handover	resq 1			; from here on: the 24 bytes that are reported
arrival		resq 1
check		resd 2
