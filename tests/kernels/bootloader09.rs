// SPDX-License-Identifier: MIT
//! bootloader09.rs - a kernel for the crate `bootloader` 0.9, in Rust: it reads its `BootInfo` by
//! structures declared as the crate declares them, and does what kernels of that crate do: takes
//! frames from the memory map, walks and extends the page tables, loads its own GDT, IDT and TSS,
//! with SS = 0, lets the timer tick, and overflows its stack.
//!
//! Built once for each set of the crate's features (tests/boot/test_bootloader09.py).
#![no_std]
#![no_main]
#![allow(unknown_lints)]
#![allow(unexpected_cfgs)]

#[macro_use]
mod kit;

#[cfg(any(feature = "recursive_page_table", feature = "map_physical_memory"))]
use core::arch::asm;
#[cfg(any(feature = "recursive_page_table", feature = "map_physical_memory"))]
use kit::{entry_of, map};
use kit::{at_start_was, check, equal, interrupts, overflow_into, PAGE};

const STACK_PAGES: u64 = 512;

// ---- what the crate declares -------------------------------------------------------------------

#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(C)]
#[allow(dead_code)]
enum MemoryRegionType {
    Usable,
    InUse,
    Reserved,
    AcpiReclaimable,
    AcpiNvs,
    BadMemory,
    Kernel,
    KernelStack,
    PageTable,
    Bootloader,
    FrameZero,
    Empty,
    BootInfo,
    Package,
    NonExhaustive,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct FrameRange {
    start_frame_number: u64,
    end_frame_number: u64,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct MemoryRegion {
    range: FrameRange,
    region_type: MemoryRegionType,
}

#[repr(C)]
struct MemoryMap {
    entries: [MemoryRegion; 64],
    next_entry_index: u64,
}

#[repr(C)]
struct TlsTemplate {
    start_addr: u64,
    file_size: u64,
    mem_size: u64,
}

#[repr(C)]
struct BootInfo {
    memory_map: MemoryMap,
    #[cfg(feature = "recursive_page_table")]
    recursive_page_table_addr: u64,
    #[cfg(feature = "map_physical_memory")]
    physical_memory_offset: u64,
    tls_template: TlsTemplate,
    _non_exhaustive: u8,
}

#[no_mangle]
extern "C" fn kernel_main(info: &'static BootInfo) -> ! {
    registers(info);
    memory_map(info);
    template(info);
    page_tables(info);
    interrupts();
    overflow_into(at_start_was().rsp + 8 - (STACK_PAGES + 1) * PAGE)
}

/// The machine's state is the crate's, except CR4.MCE, which the fault explainer needs.
fn registers(info: &'static BootInfo) {
    let start = at_start_was();
    let sse = cfg!(feature = "sse");
    equal("RDI, the BootInfo", start.rdi, info as *const _ as u64);
    equal("RSP modulo 16", start.rsp % 16, 8);
    equal("RFLAGS but for the status", start.flags & !0x8d5, 2);
    equal("CR0", start.cr0, 0x8001_0011 | if sse { 2 } else { 0 });
    equal("CR4 but for MCE", start.cr4 & !0x40, if sse { 0x620 } else { 0x20 });
    equal("EFER", start.efer, 0xd00);
    equal("CS", start.cs, 8);
    equal("SS", start.ss, 0);
    equal("DS", start.ds, 0x10);
    equal("ES", start.es, 0x10);
    check("the BootInfo may be written", {
        let byte = &info._non_exhaustive as *const u8 as *mut u8;
        unsafe {
            byte.write_volatile(byte.read_volatile());
        }
        info._non_exhaustive == 0
    });
}

// ---- memory ------------------------------------------------------------------------------------

fn regions(info: &BootInfo) -> &[MemoryRegion] {
    &info.memory_map.entries[..info.memory_map.next_entry_index as usize]
}

/// What frame allocators rely on: sorted, no overlap with usable memory, empty entries at the end.
fn memory_map(info: &BootInfo) {
    let all = regions(info);
    let type_of = |address: u64| {
        let holds = |range: &FrameRange| {
            range.start_frame_number <= address / PAGE && address / PAGE < range.end_frame_number
        };
        all.iter().find(|region| holds(&region.range)).map(|region| region.region_type)
    };

    for region in all {
        let (begin, end) = (region.range.start_frame_number, region.range.end_frame_number);
        say!("memory={:x} {:x} {}\n", begin * PAGE, end * PAGE, region.region_type as u32);
    }
    check("no range is empty", {
        all.iter().all(|region| region.range.start_frame_number < region.range.end_frame_number)
    });
    check("the ranges are sorted, and none reaches into the next", {
        let apart =
            |two: &[MemoryRegion]| two[0].range.end_frame_number <= two[1].range.start_frame_number;
        all.windows(2).all(apart)
    });
    check("what follows is empty", {
        let rest = &info.memory_map.entries[all.len()..];
        rest.iter().all(|region| region.region_type == MemoryRegionType::Empty)
    });
    check("frame 0 is frame 0", type_of(0) == Some(MemoryRegionType::FrameZero));
    let tables = at_start_was().cr3;
    check("CR3 is in a page table", type_of(tables) == Some(MemoryRegionType::PageTable));
}

/// `.tdata` and `.tbss` are those of this kernel.
fn template(info: &BootInfo) {
    let template = &info.tls_template;
    equal("bytes of the TLS template in the file", template.file_size, 8);
    equal("bytes of the TLS template", template.mem_size, 32);
    equal("the first of them", unsafe { *(template.start_addr as *const u64) }, 0x1122334455667788);
}

/// Frames that nobody uses, from the highest down: those are least likely to be mapped otherwise.
struct Frames<'a> {
    map: &'a [MemoryRegion],
    taken: u64,
}

impl<'a> Frames<'a> {
    /// The physical address of a frame.
    fn take(&mut self) -> u64 {
        let mut left = self.taken;
        self.taken += 1;
        for region in self.map.iter().rev() {
            let range = &region.range;
            let size = range.end_frame_number - range.start_frame_number;
            if region.region_type == MemoryRegionType::Usable {
                if left < size {
                    return (range.end_frame_number - 1 - left) * PAGE;
                }
                left -= size;
            }
        }
        panic!("no frame is left");
    }
}

/// The kernel's pointer to the page table at `frame` that maps the addresses that agree with
/// `address` above the lowest 12 + 9 * `level` bits.
#[cfg(feature = "map_physical_memory")]
fn table(info: &BootInfo, frame: u64, _address: u64, _level: u32) -> *mut [u64; 512] {
    (info.physical_memory_offset + frame) as *mut _
}

#[cfg(all(feature = "recursive_page_table", not(feature = "map_physical_memory")))]
fn table(info: &BootInfo, _frame: u64, address: u64, level: u32) -> *mut [u64; 512] {
    kit::recursive_table(info.recursive_page_table_addr, address, level)
}

#[cfg(any(feature = "recursive_page_table", feature = "map_physical_memory"))]
fn page_tables(info: &BootInfo) {
    let table = |frame: u64, address: u64, level: u32| table(info, frame, address, level);
    let level = |address: u64| entry_of(&table, address).1;
    let value = |address: u64| unsafe { *entry_of(&table, address).0 };
    let stack = at_start_was().rsp;
    let code = kernel_main as *const () as u64;
    let mut frames = Frames { map: regions(info), taken: 0 };

    for (name, address) in [("code", code), ("stack", stack), ("BootInfo", info as *const _ as u64)]
    {
        say!("{} at {:x}: entry {:x}\n", name, address, value(address));
        check("it is a page of 4 KiB", level(address) == 1 && value(address) & 1 != 0);
    }
    equal("the VGA window's entry", value(0xb8000) & !0x60, 0xb8003);
    check("page 0 is not mapped, but its table is there", level(0) == 1 && value(0) & 1 == 0);
    map(&table, &mut || frames.take(), 0, 0xb8000);
    unsafe { asm!("mov qword ptr [0x190], rax", in("rax") 0xf021f077f065f04eu64) };
    equal("the screen, seen from page 0", unsafe { *(0xb8190 as *const u64) }, 0xf021f077f065f04e);
    for page in (0..64).map(|i| 0x4444_4444_0000 + i * PAGE) {
        let frame = frames.take();
        map(&table, &mut || frames.take(), page, frame);
        unsafe { (page as *mut u64).write_volatile(page) };
        #[cfg(feature = "map_physical_memory")]
        if unsafe { *((info.physical_memory_offset + frame) as *const u64) } != page {
            check("a new page is its frame", false);
        }
    }
    let sum = (0..64).map(|i| unsafe { *((0x4444_4444_0000 + i * PAGE) as *const u64) });
    equal("64 new pages", sum.sum(), 64 * 0x4444_4444_0000 + 63 * 32 * PAGE);
    physical(info, level);
}

/// All of memory, and everything below 4 GiB, in pages of 2 MiB.
#[cfg(feature = "map_physical_memory")]
fn physical(info: &BootInfo, level: impl Fn(u64) -> u32) {
    let usable = |region: &&MemoryRegion| region.region_type == MemoryRegionType::Usable;
    let last = regions(info).iter().rev().find(usable).map_or(0, |r| r.range.end_frame_number);
    let missing = (0..(last * PAGE).max(4 << 30))
        .step_by(2 << 20)
        .filter(|address| level(info.physical_memory_offset + address) != 2);
    equal("pages of 2 MiB that physical memory lacks", missing.count() as u64, 0);
}

#[cfg(all(feature = "recursive_page_table", not(feature = "map_physical_memory")))]
fn physical(_info: &BootInfo, _level: impl Fn(u64) -> u32) {}

#[cfg(not(any(feature = "recursive_page_table", feature = "map_physical_memory")))]
fn page_tables(info: &BootInfo) {
    let mut frames = Frames { map: regions(info), taken: 0 };
    check("there are frames", frames.take() > frames.take());
}
