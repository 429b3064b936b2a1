//! Each test is a separate kernel; this one checks that there is usable memory.
#![no_std]
#![no_main]

use kit::{pass, BootInfo};

#[no_mangle]
pub extern "C" fn _start(info: &'static BootInfo) -> ! {
    let usable = info.memory_map().iter().filter(|range| range.kind == 1);
    let sum: u64 = usable.map(|range| range.end - range.begin).sum();

    assert!(sum >= 16 << 20, "there are {} bytes", sum);
    pass()
}
