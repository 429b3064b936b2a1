//! What the compiler calls by itself, and would find in a C library elsewhere.

use core::arch::asm;

#[no_mangle]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, size: usize) -> *mut u8 {
    asm!("rep movsb", inout("rcx") size => _, inout("rdi") to => _, inout("rsi") from => _,
         options(nostack, preserves_flags));
    to
}

#[no_mangle]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, size: usize) -> *mut u8 {
    if (to as usize).wrapping_sub(from as usize) >= size {
        return memcpy(to, from, size);
    }
    let (last_to, last_from) = (to.wrapping_add(size - 1), from.wrapping_add(size - 1));
    asm!("std", "rep movsb", "cld", inout("rcx") size => _, inout("rdi") last_to => _,
         inout("rsi") last_from => _, options(nostack));
    to
}

#[no_mangle]
unsafe extern "C" fn memset(to: *mut u8, value: i32, size: usize) -> *mut u8 {
    asm!("rep stosb", inout("rcx") size => _, inout("rdi") to => _, in("al") value as u8,
         options(nostack, preserves_flags));
    to
}

#[no_mangle]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, size: usize) -> i32 {
    let mut i = 0;
    while i < size {
        let difference = *a.add(i) as i32 - *b.add(i) as i32;
        if difference != 0 {
            return difference;
        }
        i += 1;
    }
    0
}

#[no_mangle]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, size: usize) -> i32 {
    memcmp(a, b, size)
}

#[no_mangle]
pub unsafe extern "C" fn strlen(text: *const u8) -> usize {
    let mut length = 0;
    while *text.add(length) != 0 {
        length += 1;
    }
    length
}

/// `core` names it in its unwind tables, which nobody reads: a panic here unwinds nothing.
#[no_mangle]
extern "C" fn rust_eh_personality() {}
