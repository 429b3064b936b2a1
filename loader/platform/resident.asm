; SPDX-License-Identifier: MIT
; resident.asm - includes the resident part, a flat binary, in the program that it is linked to.

        section .rodata
        global  resident_begin:data hidden, resident_end:data hidden
        align   16
resident_begin:
        incbin  "build/resident.bin"
resident_end:

        section .note.GNU-stack noalloc noexec nowrite progbits
