; SPDX-License-Identifier: MIT
; realmode_code.asm - carries realmode.asm, a flat binary, inside the loader.

        section .rodata
        global  realmode_begin, realmode_end
        align   16
realmode_begin:
        incbin  "build/realmode.bin"
realmode_end:

        section .note.GNU-stack noalloc noexec nowrite progbits
