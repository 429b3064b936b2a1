; SPDX-License-Identifier: MIT
; realmode_code.asm - includes realmode.asm, a flat binary, in the loader.

        section .rodata
        global  realmode_begin, realmode_end
        align   16
realmode_begin:
        incbin  "build/realmode.bin"
realmode_end:

        section .note.GNU-stack noalloc noexec nowrite progbits
