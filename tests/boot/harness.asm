; harness.asm - boot sectors that end in every way a boot can end, to prove that the harness
; distinguishes them: nasm -D EXIT | RESET | SHUTDOWN | HANG | PAGING | TALK

bits 16
org 0x7c00

	cli
	xor eax, eax
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov esp, 0x7c00

%ifdef EXIT
	mov al, 'e'
	mov dx, 0x3f8
	out dx, al
	out 0xe9, al
	mov eax, 21
	out 0xf4, eax
%elifdef RESET
	lidt [nothing]
	int3
nothing:
	times 6 db 0
%elifdef SHUTDOWN
	mov dx, 0x604		; PIIX4 PM1a control, where SeaBIOS puts it
	mov ax, 0x2000		; sleep enable, S5
	out dx, ax
%elifdef TALK			; echoes the keyboard on COM1
	sti
.next:	mov ah, 0
	int 0x16
	mov dx, 0x3f8
	out dx, al
	jmp .next
%elifdef PAGING			; long mode under page tables of every kind of leaf
%define PRESENT 1
%define WRITE 2
%define USER 4
%define WRITE_THROUGH 8
%define CACHE_OFF 16
%define LARGE 0x80
	mov edi, 0x10000
	mov cr3, edi
	mov ecx, 4 * 4096 / 4
	rep stosd
	mov ax, 0x1000
	mov ds, ax
	mov dword [0x000], 0x11000 | PRESENT | WRITE | USER	; PML4[0] and [511]: the same tables
	mov dword [0xff8], 0x11000 | PRESENT | WRITE
	mov dword [0x1000], 0x12000 | PRESENT | WRITE | USER		; PDPT[0]: a directory
	mov dword [0x1008], 0x40000000 | PRESENT | WRITE | LARGE	; PDPT[1]: 1 GiB
	mov dword [0x2000], 0x13000 | PRESENT | WRITE | USER		; PD[0]: a table
	mov dword [0x2008], 0x00200000 | PRESENT | USER | LARGE	; PD[1], [2]: 2 MiB, read-only
	mov dword [0x2010], 0x00400000 | PRESENT | USER | LARGE
	mov dword [0x2018], 0x00000000 | PRESENT | WRITE | LARGE | CACHE_OFF | 0x1000
	mov dword [0x301c], 1 << 31				; PT[3], [7]: pages; 3 no-execute
	mov dword [0x3018], 0x7000 | PRESENT | WRITE
	mov dword [0x3038], 0x7000 | PRESENT | WRITE | USER | WRITE_THROUGH
	xor ax, ax
	mov ds, ax
	mov eax, cr4
	or eax, 1 << 5
	mov cr4, eax
	mov ecx, 0xc0000080
	rdmsr
	or eax, 1 << 8 | 1 << 11
	wrmsr
	lgdt [gdt.pointer]
	mov eax, cr0
	or eax, 1 << 31 | 1 << 16 | 1
	mov cr0, eax
	jmp 8:long_mode
bits 64
long_mode:
	mov al, '!'
	mov dx, 0x3f8
	out dx, al
	hlt
	jmp $
align 8
gdt:
	dq 0
	dq 0x00209b0000000000
.pointer:
	dw $ - gdt - 1
	dd gdt
%endif
	jmp $

	times 510 - ($ - $$) db 0
	dw 0xaa55
