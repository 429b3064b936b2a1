//! The kernel.
#![no_std]
#![no_main]

use kit::{halt, say, BootInfo};

/// Where the kernel starts, in 64-bit mode.
#[no_mangle]
pub extern "C" fn _start(info: &'static BootInfo) -> ! {
    let text = "Hello from my kernel";
    let screen = 0xb8000 as *mut u16;

    for (i, letter) in text.bytes().enumerate() {
        // White on green.
        unsafe { screen.add(i).write_volatile(0x2f00 | letter as u16) };
    }
    say!("{}, started by {}", text, info.loader());
    halt()
}
