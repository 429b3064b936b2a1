// SPDX-License-Identifier: MIT
//! bootloader011.rs - a kernel for the crate `bootloader_api` 0.11, in Rust: it has the section
//! .bootloader-config, reads its `BootInfo` by structures declared as the crate declares them, and
//! does what kernels of that crate do: writes over all usable memory, walks and extends the page
//! tables, draws, reads its ramdisk and its own file, loads its own GDT, IDT and TSS, lets the
//! timer tick, and overflows its stack.
//!
//! Built once for each version whose structures differ and for each way to ask for mappings
//! (tests/boot/test_bootloader011.py).
#![no_std]
#![no_main]
#![allow(unknown_lints)]
#![allow(unexpected_cfgs)]

#[macro_use]
mod kit;

use core::arch::asm;
use core::ptr::addr_of;
use core::slice;
use kit::{at_start_was, check, entry_of, equal, interrupts, map, overflow_into, PAGE};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const ENTRY: u64 = 512 * GIB;

// ---- what the kernel asks for ------------------------------------------------------------------

/// The patch level: the last before the structures change again.
const PATCH: u16 = if cfg!(feature = "since_14") {
    16
} else if cfg!(feature = "since_11") {
    13
} else if cfg!(feature = "since_5") {
    10
} else if cfg!(feature = "since_1") {
    4
} else {
    0
};
const LENGTH: usize = [115, 124, 133][(PATCH >= 1) as usize + (PATCH >= 11) as usize];
const UUID: [u8; 16] = [
    0x74, 0x3c, 0xa9, 0x61, 0x09, 0x36, 0x46, 0xa0, 0xbb, 0x55, 0x5c, 0x15, 0x89, 0x15, 0x25, 0x3d,
];

/// `Mapping`: dynamic, or at an address.
type Mapping = Option<u64>;

const FIXED: bool = cfg!(feature = "fixed");
const STACK_SIZE: u64 = if cfg!(feature = "fixed") { 20000 } else { 80 * 1024 };
const STACK: Mapping = if FIXED { Some(0x1000_0000_0000) } else { None };
const KERNEL: Mapping = if FIXED && PATCH >= 11 { Some(0x2345_6789_a000) } else { None };
const INFO: Mapping = if FIXED { Some(0xffff_f000_0000_0f08) } else { None };
const PIXELS: Mapping = if FIXED { Some(0xffff_d000_0000_0000) } else { None };
const RAMDISK: Mapping = if FIXED && PATCH >= 1 { Some(0x1000_1000_0000) } else { None };
const ASLR: bool = cfg!(feature = "aslr");
/// Where dynamic mappings may go: whole entries of the top page table.
const RANGE: Option<(u64, u64)> = if cfg!(feature = "higher_half") {
    Some((0xffff_8000_0000_0000, 0xffff_bfff_ffff_ffff))
} else {
    None
};
const PHYSICAL: Option<Mapping> = if FIXED {
    Some(Some(0xffff_8000_4000_0000))
} else if cfg!(feature = "physical") {
    Some(None)
} else {
    None
};
const RECURSIVE: Option<Mapping> = if FIXED {
    Some(Some(0xffff_a000_0000_0000)) // where the loader likes to have its window
} else if cfg!(feature = "recursive") {
    Some(None)
} else {
    None
};

/// The section while it is being written.
struct Section {
    bytes: [u8; LENGTH],
    at: usize,
}

impl Section {
    const fn put(mut self, bytes: &[u8]) -> Self {
        let mut i = 0;
        while i < bytes.len() {
            self.bytes[self.at] = bytes[i];
            self.at += 1;
            i += 1;
        }
        self
    }

    const fn word(self, value: u64) -> Self {
        self.put(&value.to_le_bytes())
    }

    /// A tag and a word: a mapping, or a number that may be missing.
    const fn tagged(self, value: Option<u64>) -> Self {
        match value {
            Some(value) => self.put(&[1]).word(value),
            None => self.put(&[0; 9]),
        }
    }

    const fn optional(self, value: Option<Mapping>) -> Self {
        match value {
            Some(mapping) => self.put(&[1]).tagged(mapping),
            None => self.put(&[0; 10]),
        }
    }

    const fn since(self, patch: u16, value: Mapping) -> Self {
        if PATCH >= patch {
            self.tagged(value)
        } else {
            self
        }
    }
}

const fn section() -> [u8; LENGTH] {
    let (begin, last) = match RANGE {
        Some((begin, last)) => (Some(begin), Some(last)),
        None => (None, None),
    };

    Section { bytes: [0; LENGTH], at: 0 }
        .put(&UUID)
        .put(&[0, 0, 11, 0, PATCH as u8, 0, 0])
        .word(STACK_SIZE)
        .tagged(STACK)
        .since(11, KERNEL)
        .tagged(INFO)
        .tagged(PIXELS)
        .optional(PHYSICAL)
        .optional(RECURSIVE)
        .put(&[ASLR as u8])
        .tagged(begin)
        .tagged(last)
        .since(1, RAMDISK)
        .tagged(if FIXED { Some(600) } else { None })
        .tagged(if FIXED { Some(800) } else { None })
        .bytes
}

#[used]
#[link_section = ".bootloader-config"]
static CONFIG: [u8; LENGTH] = section();

// ---- what the crate declares -------------------------------------------------------------------

#[derive(Clone, Copy)]
#[repr(C)]
#[allow(dead_code)]
enum Optional<T> {
    Some(T),
    None,
}

impl<T: Copy> Optional<T> {
    fn get(&self) -> Option<T> {
        match *self {
            Optional::Some(value) => Some(value),
            Optional::None => None,
        }
    }
}

#[derive(Clone, Copy)]
#[repr(C)]
struct ApiVersion {
    major: u16,
    minor: u16,
    patch: u16,
    pre_release: bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(C)]
#[allow(dead_code)]
enum MemoryRegionKind {
    Usable,
    Bootloader,
    UnknownUefi(u32),
    UnknownBios(u32),
}

#[derive(Clone, Copy)]
#[repr(C)]
struct MemoryRegion {
    start: u64,
    end: u64,
    kind: MemoryRegionKind,
}

#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(C)]
#[allow(dead_code)]
enum PixelFormat {
    Rgb,
    Bgr,
    U8,
    Unknown { red: u8, green: u8, blue: u8 },
}

#[derive(Clone, Copy)]
#[repr(C)]
struct FrameBuffer {
    start: *mut u8,
    byte_len: usize,
    width: usize,
    height: usize,
    pixel_format: PixelFormat,
    bytes_per_pixel: usize,
    stride: usize,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct TlsTemplate {
    start_addr: u64,
    file_size: u64,
    mem_size: u64,
}

#[repr(C)]
struct BootInfo {
    api_version: ApiVersion,
    memory_regions: *mut MemoryRegion,
    memory_region_count: usize,
    framebuffer: Optional<FrameBuffer>,
    physical_memory_offset: Optional<u64>,
    recursive_index: Optional<u16>,
    rsdp_addr: Optional<u64>,
    tls_template: Optional<TlsTemplate>,
    #[cfg(feature = "since_1")]
    ramdisk_addr: Optional<u64>,
    #[cfg(feature = "since_1")]
    ramdisk_len: u64,
    #[cfg(feature = "since_5")]
    kernel_addr: u64,
    #[cfg(feature = "since_5")]
    kernel_len: u64,
    #[cfg(feature = "since_5")]
    kernel_image_offset: u64,
    #[cfg(feature = "since_14")]
    kernel_stack_bottom: u64,
    #[cfg(feature = "since_14")]
    kernel_stack_len: u64,
    #[cfg(feature = "since_1")]
    sentinel: u64,
}

static NUMBER: u64 = 0x0123_4567_89ab_cdef;
/// Correct only if the kernel is relocated.
#[used]
static POINTER: &u64 = &NUMBER;

/// Where the first byte of the file is loaded, which is linked at 0.
fn kernel_base() -> u64 {
    let base;
    unsafe { asm!("lea {}, [rip + __ehdr_start]", out(reg) base) };
    base
}

#[no_mangle]
extern "C" fn kernel_main(info: &'static mut BootInfo) -> ! {
    registers(info);
    memory_map(info);
    mappings(info);
    template(info);
    page_tables(info);
    pixels(info);
    let sum = sum_of_ramdisk(info);
    kernel_file(info);
    write_usable(info);
    equal("the ramdisk, when all usable memory has been written to", sum_of_ramdisk(info), sum);
    unsafe { asm!("mov ss, {:x}", in(reg) 0) }; // the loader's GDT and SS are not ours
    interrupts();
    overflow_into(stack_bottom() - PAGE)
}

/// The first mapped byte of the stack.
fn stack_bottom() -> u64 {
    at_start_was().rsp + 8 - STACK_SIZE
}

/// The machine's state is what the crate leaves under UEFI, except CR4.MCE, which the fault
/// explainer needs.
fn registers(info: &BootInfo) {
    let start = at_start_was();
    equal("RDI, the BootInfo", start.rdi, info as *const _ as u64);
    equal("RSP modulo 16", start.rsp % 16, 8);
    equal("RBP", start.rbp, 0);
    equal("what _start would return to", start.returns, 0);
    equal("RFLAGS but for the status", start.flags & !0x8d5, 2);
    equal("CR0", start.cr0, 0x8001_0033);
    equal("CR4 but for MCE", start.cr4 & !0x40, 0x620);
    equal("EFER", start.efer, 0xd00);
    equal("CS", start.cs, 8);
    equal("SS", start.ss, 0x10);
    equal("DS", start.ds, 0x10);
    equal("ES", start.es, 0x10);
    let version = info.api_version;
    equal("the minor version", version.minor as u64, 11);
    equal("the patch level", version.patch as u64, PATCH as u64);
    check("it is 0.11 and released", version.major == 0 && !version.pre_release);
    // Read at run time, as the crate does, since some linkers drop what is only #[used].
    let patch = unsafe { addr_of!(CONFIG[20]).read_volatile() };
    equal("the version as the section has it", patch as u64, PATCH as u64);
}

// ---- memory ------------------------------------------------------------------------------------

fn regions(info: &BootInfo) -> &[MemoryRegion] {
    unsafe { slice::from_raw_parts(info.memory_regions, info.memory_region_count) }
}

fn kind_of(info: &BootInfo, address: u64) -> Option<MemoryRegionKind> {
    let holds = |region: &&MemoryRegion| region.start <= address && address < region.end;

    regions(info).iter().find(holds).map(|region| region.kind)
}

/// What frame allocators rely on: sorted, in whole pages, no overlap.
fn memory_map(info: &BootInfo) {
    let all = regions(info);
    let low = all.iter().filter(|region| region.end <= MIB && is_usable(region));

    for region in all {
        say!("memory={:x} {:x} {:?}\n", region.start, region.end, region.kind);
    }
    check("the regions follow the BootInfo", {
        all.as_ptr() as usize == info as *const _ as usize + core::mem::size_of::<BootInfo>()
    });
    check("no region is empty", all.iter().all(|region| region.start < region.end));
    check("all are whole pages", all.iter().all(|region| (region.start | region.end) % PAGE == 0));
    check("they are sorted, and none reaches into the next", {
        all.windows(2).all(|two| two[0].end <= two[1].start)
    });
    check("there is usable memory below 1 MiB", {
        low.map(|region| region.end - region.start).sum::<u64>() > 16 * PAGE
    });
    equal("CR3 is the bootloader's", bootloaders(info, at_start_was().cr3), 1);
}

fn is_usable(region: &MemoryRegion) -> bool {
    region.kind == MemoryRegionKind::Usable
}

fn bootloaders(info: &BootInfo, address: u64) -> u64 {
    (kind_of(info, address) == Some(MemoryRegionKind::Bootloader)) as u64
}

/// Everything is where it was asked for, or in its own entry of the top page table.
fn mappings(info: &BootInfo) {
    let framebuffer = info.framebuffer.get().map(|framebuffer| framebuffer.start as u64);
    let found = [
        ("kernel", KERNEL, Some(kernel_base()), 0),
        ("stack", STACK, Some(stack_bottom() - PAGE), 0),
        ("BootInfo", INFO, Some(info as *const _ as u64), 0),
        ("framebuffer", PIXELS, framebuffer, 0),
        ("ramdisk", RAMDISK, ramdisk(info).map(|bytes| bytes.as_ptr() as u64), 0),
        ("physical memory", PHYSICAL.flatten(), info.physical_memory_offset.get(), 2 * MIB - 1),
    ];

    equal("physical memory is mapped", info.physical_memory_offset.get().is_some() as u64,
          PHYSICAL.is_some() as u64);
    equal("the page tables are", info.recursive_index.get().is_some() as u64,
          RECURSIVE.is_some() as u64);
    for (i, (name, wanted, at, align)) in found.iter().enumerate() {
        let at = match *at {
            Some(at) => at,
            None => continue,
        };
        say!("{} at {:x}\n", name, at);
        if let Some(wanted) = *wanted {
            equal("that is where it was asked for", at, wanted);
            continue;
        }
        equal("its alignment", at & align, 0);
        if let Some((begin, last)) = RANGE {
            check("it is in the dynamic range", begin <= at && at <= last);
        }
        if !ASLR {
            equal("it begins an entry", at % ENTRY, 0);
        }
        for (_, _, other, _) in &found[..i] {
            check("the entry is its own", *other.as_ref().unwrap_or(&0) / ENTRY != at / ENTRY);
        }
    }
    if let Some(Some(wanted)) = RECURSIVE {
        equal("recursive index", info.recursive_index.get().unwrap() as u64, wanted / ENTRY % 512);
    }
}

/// `.tdata` and `.tbss` are those of this kernel, and its pointers are relocated.
fn template(info: &BootInfo) {
    let template = info.tls_template.get().unwrap();
    let pointer = unsafe { addr_of!(POINTER).read_volatile() };

    equal("bytes of the TLS template in the file", template.file_size, 8);
    equal("bytes of the TLS template", template.mem_size, 32);
    equal("the first of them", unsafe { *(template.start_addr as *const u64) }, 0x1122334455667788);
    equal("what a relocated pointer shows", *pointer, NUMBER);
    #[cfg(feature = "since_5")]
    equal("kernel_image_offset", info.kernel_image_offset, kernel_base());
    #[cfg(feature = "since_14")]
    {
        equal("kernel_stack_bottom", info.kernel_stack_bottom, stack_bottom());
        equal("kernel_stack_len", info.kernel_stack_len, STACK_SIZE);
    }
}

/// How this kernel sees a page table.
fn table(info: &BootInfo, frame: u64, address: u64, level: u32) -> *mut [u64; 512] {
    if let Some(offset) = info.physical_memory_offset.get() {
        return (offset + frame) as *mut _;
    }
    let index = info.recursive_index.get().unwrap() as u64;
    let base = index << 39 | index << 30 | index << 21 | index << 12;
    kit::recursive_table(((base as i64) << 16 >> 16) as u64, address, level)
}

fn can_see_tables(info: &BootInfo) -> bool {
    info.physical_memory_offset.get().is_some() || info.recursive_index.get().is_some()
}

/// Rights and sizes are right, and the kernel may map what it likes.
fn page_tables(info: &BootInfo) {
    const RW: u64 = 3 | 1 << 63;
    if !can_see_tables(info) {
        return;
    }
    let table = |frame: u64, address: u64, level: u32| table(info, frame, address, level);
    let entry = |address: u64| entry_of(&table, address);
    let rights = |address: u64| unsafe { *entry(address).0 & (RW | 4) };
    let stack = stack_bottom();

    equal("code", rights(kernel_main as *const () as u64), 1);
    equal("constants", rights(addr_of!(NUMBER) as u64) & !(1 << 63), 1);
    equal("the guard page", rights(stack - PAGE) & 1, 0);
    equal("page 0", rights(0) & 1, 0);
    equal("the VGA window", rights(0xb8000) & 1, 0);
    for (name, address) in [("the stack", stack), ("BootInfo", info as *const _ as u64)] {
        equal(name, rights(address), RW);
        equal("its level", entry(address).1 as u64, 1);
    }
    if let Some(pixels) = info.framebuffer.get() {
        equal("the framebuffer", rights(pixels.start as u64), RW);
        equal("its last byte", rights(pixels.start as u64 + pixels.byte_len as u64 - 1), RW);
        equal("its level", entry(pixels.start as u64).1 as u64, 1);
    }
    if let Some(bytes) = ramdisk(info) {
        equal("the ramdisk", rights(bytes.as_ptr() as u64), RW);
        let frame = unsafe { *entry(bytes.as_ptr() as u64).0 } & 0x000f_ffff_ffff_f000;
        equal("it is the bootloader's", bootloaders(info, frame), 1);
    }
    let mut next = regions(info).iter().filter(|region| is_usable(region)).last().unwrap().end;
    let mut take = || {
        next -= PAGE;
        next
    };
    for page in (0..64).map(|i| 0x5555_0000_0000 + i * PAGE) {
        let frame = take();
        map(&table, &mut take, page, frame);
        unsafe { (page as *mut u64).write_volatile(page) };
    }
    let sum = (0..64).map(|i| unsafe { *((0x5555_0000_0000 + i * PAGE) as *const u64) });
    equal("64 new pages", sum.sum(), 64 * 0x5555_0000_0000 + 63 * 32 * PAGE);
    if let Some(offset) = info.physical_memory_offset.get() {
        let last = regions(info).iter().map(|region| region.end).max().unwrap();
        let missing = (0..last.max(4 * GIB)).step_by(2 << 20).filter(|address| {
            entry(offset + address).1 != 2 || rights(offset + address) != RW
        });
        equal("pages of 2 MiB that physical memory lacks", missing.count() as u64, 0);
    }
}

/// Fills the screen, and reads it back.
fn pixels(info: &BootInfo) {
    let pixels = match info.framebuffer.get() {
        Some(pixels) => pixels,
        None => return say!("screen=none\n"),
    };
    say!(
        "screen={}x{} stride={} bytes={} format={:?}\n",
        pixels.width, pixels.height, pixels.stride, pixels.bytes_per_pixel, pixels.pixel_format
    );
    equal("bytes of the framebuffer", pixels.byte_len as u64,
          (pixels.stride * pixels.height * pixels.bytes_per_pixel) as u64);
    check("a line is not longer than from one to the next", pixels.width <= pixels.stride);
    let screen = unsafe { slice::from_raw_parts_mut(pixels.start, pixels.byte_len) };
    for (i, byte) in screen.iter_mut().enumerate() {
        *byte = if i % pixels.bytes_per_pixel == 1 { 0xff } else { 0 };
    }
    check("what was drawn is there", {
        let at = (pixels.height / 2 * pixels.stride + 10) * pixels.bytes_per_pixel;
        screen[at..at + 3] == [0, 0xff, 0] && screen[1] == 0xff
    });
}

fn ramdisk(info: &BootInfo) -> Option<&'static [u8]> {
    #[cfg(feature = "since_1")]
    return info
        .ramdisk_addr
        .get()
        .map(|at| unsafe { slice::from_raw_parts(at as *const u8, info.ramdisk_len as usize) });
    #[cfg(not(feature = "since_1"))]
    return {
        let _ = info;
        None
    };
}

fn sum_of_ramdisk(info: &BootInfo) -> u64 {
    let bytes = match ramdisk(info) {
        Some(bytes) => bytes,
        None => {
            say!("ramdisk=none\n");
            return 0;
        }
    };
    let sum = bytes.iter().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte as u64));
    say!("ramdisk={} {:x}\n", bytes.len(), sum);
    sum
}

/// The kernel's file is as it was linked: the section is in it.
fn kernel_file(info: &BootInfo) {
    #[cfg(feature = "since_5")]
    if let Some(offset) = info.physical_memory_offset.get() {
        let at = (offset + info.kernel_addr) as *const u8;
        let file = unsafe { slice::from_raw_parts(at, info.kernel_len as usize) };
        let last = info.kernel_addr + info.kernel_len - 1;

        equal("the file's first page", info.kernel_addr % PAGE, 0);
        check("it is ELF", &file[..4] == b"\x7fELF");
        equal("it is the bootloader's", bootloaders(info, info.kernel_addr), 1);
        equal("to its end", bootloaders(info, last), 1);
        equal("configurations in it", {
            file.windows(LENGTH).filter(|bytes| **bytes == CONFIG).count() as u64
        }, 1);
        say!("kernel_len={}\n", info.kernel_len);
    }
    check("there is an RSDP", info.rsdp_addr.get().map_or(false, |at| at > 0xe0000));
}

/// Nothing in use may be in usable memory, except what this kernel has mapped there itself.
fn write_usable(info: &BootInfo) {
    let offset = match info.physical_memory_offset.get() {
        Some(offset) => offset,
        None => return,
    };
    let own = 256 * PAGE; // at the end of the last region
    let last = regions(info).iter().filter(|region| is_usable(region)).last().unwrap().end;
    for region in regions(info).iter().filter(|region| is_usable(region)) {
        let end = if region.end == last { last - own } else { region.end };
        let bytes = (end.max(region.start) - region.start) as usize;
        unsafe { ((offset + region.start) as *mut u8).write_bytes(0xff, bytes) };
    }
    check("all usable memory has been written to", true);
}
