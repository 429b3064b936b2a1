//! What the kernel and its tests share: what Longjump tells, COM1, and ways to end.
#![no_std]

mod memory;
pub mod screen;

use core::arch::asm;
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::slice;
use core::str;

/// The first fields of `struct longjump_boot_info`; `longjump.h` names those that are passed over
/// here, and the others that follow.
#[repr(C)]
pub struct BootInfo {
    pub magic: u64,
    pub version: u32,
    pub size: u32, // bytes of this structure that are there
    loader: *const u8,
    command_line: *const u8,
    memory_map: *const Memory,
    memory_map_count: u64,
    pub direct_map: u64,
    pub direct_map_end: u64,
    passed_over: [u64; 26],
    pub framebuffer: Framebuffer,
    passed_over_too: [u64; 3],
    font: *const [u8; 16], // of each character; null: there is none
}

/// The pixels of the screen. Without an address it is in text mode.
#[repr(C)]
pub struct Framebuffer {
    pub address: *mut u8,
    physical: u64,
    pub width: u32,
    pub height: u32,
    pub pitch: u32, // bytes from one line to the next
    pub bits_per_pixel: u32,
    red: [u8; 2], // shift and bits
    green: [u8; 2],
    blue: [u8; 2],
    reserved: [u8; 2],
}

#[repr(C)]
pub struct Memory {
    pub begin: u64,
    pub end: u64,
    pub kind: u32, // 1 is usable memory
    reserved: u32,
}

impl BootInfo {
    /// The loader's name and version.
    pub fn loader(&self) -> &str {
        text(self.loader)
    }

    /// What follows the kernel's name in `APPEND`.
    pub fn command_line(&self) -> &str {
        text(self.command_line)
    }

    /// The memory map, sorted by address.
    pub fn memory_map(&self) -> &[Memory] {
        unsafe { slice::from_raw_parts(self.memory_map, self.memory_map_count as usize) }
    }
}

fn text<'a>(at: *const u8) -> &'a str {
    let bytes = unsafe { slice::from_raw_parts(at, memory::strlen(at)) };
    str::from_utf8(bytes).unwrap_or("?")
}

/// COM1.
pub struct Serial;

impl Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.bytes() {
            unsafe {
                while in8(0x3fd) & 0x20 == 0 {}
                out8(0x3f8, letter);
            }
        }
        Ok(())
    }
}

/// Writes a line on COM1.
#[macro_export]
macro_rules! say {
    ($($words:tt)*) => {{
        use core::fmt::Write;
        let _ = writeln!($crate::Serial, $($words)*);
    }};
}

/// # Safety
/// Whatever is at that port must be able to take it.
pub unsafe fn out8(port: u16, value: u8) {
    asm!("out dx, al", in("dx") port, in("al") value, options(nomem, nostack));
}

/// # Safety
/// Whatever is at that port must be able to take it.
pub unsafe fn in8(port: u16) -> u8 {
    let value: u8;
    asm!("in al, dx", in("dx") port, out("al") value, options(nomem, nostack));
    value
}

/// Ends a test that has passed. QEMU's isa-debug-exit ends with (16 << 1) | 1, which is 33.
pub fn pass() -> ! {
    say!("PASS");
    unsafe { out8(0xf4, 16) };
    halt()
}

/// Halts the CPU for good, with interrupts off.
pub fn halt() -> ! {
    loop {
        unsafe { asm!("cli; hlt") };
    }
}

/// Reports a panic on COM1; a test has then failed.
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    say!("{}", info);
    unsafe { out8(0xf4, 17) };
    halt()
}
