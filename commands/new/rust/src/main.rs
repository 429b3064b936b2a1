//! The kernel.
#![no_std]
#![no_main]

use kit::{halt, say, screen, BootInfo};

/// Where the kernel starts, in 64-bit mode.
#[no_mangle]
pub extern "C" fn _start(info: &'static BootInfo) -> ! {
    let text = "Hello from my kernel";

    screen::line(info, 0, text);
    say!("{}, started by {}", text, info.loader());
    halt()
}
