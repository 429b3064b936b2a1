// SPDX-License-Identifier: MIT
//! kit.rs - what the test kernels in Rust share: the first instructions, which note the registers,
//! their own descriptor tables and interrupts, and ways to print, to judge and to end. Knows no
//! loader.
//!
//! A kernel that includes this defines `kernel_main`, which gets what RDI held.
//!
//! They are built with the `core` of the compiler's own target. That one uses SSE, which is
//! switched on here, and the red zone, so that interrupts get their own stack.

use core::arch::{asm, global_asm};
use core::fmt::{self, Write};
use core::mem::MaybeUninit;
use core::ptr::{addr_of, addr_of_mut};

/// Writes on COM1.
macro_rules! say {
    ($($words:tt)*) => {{
        use core::fmt::Write;
        let _ = write!(crate::kit::Serial, $($words)*);
    }};
}

pub const PAGE: u64 = 4096;

// ---- the first instructions --------------------------------------------------------------------

/// The registers as they were.
#[repr(C)]
pub struct AtStart {
    pub rdi: u64,
    pub rsp: u64,
    pub flags: u64,
    pub cr0: u64,
    pub cr3: u64,
    pub cr4: u64,
    pub cs: u64,
    pub ss: u64,
    pub ds: u64,
    pub es: u64,
    pub efer: u64,
    pub rbp: u64,
    pub returns: u64, // what a return from _start would go to
}

#[no_mangle]
static mut at_start: MaybeUninit<AtStart> = MaybeUninit::uninit();

pub fn at_start_was() -> &'static AtStart {
    unsafe { &*(addr_of!(at_start) as *const AtStart) }
}

global_asm!(
    ".section .tdata.kernel, \"awTR\", @progbits",
    ".quad 0x1122334455667788",
    ".section .tbss.kernel, \"awTR\", @nobits",
    ".skip 24",
    ".text",
    ".global _start, on_breakpoint, on_timer, on_double_fault",
    "_start:",
    "mov [rip + at_start], rdi",
    "mov [rip + at_start + 8], rsp",
    "pushfq",
    "pop qword ptr [rip + at_start + 16]",
    "mov rax, cr0",
    "mov [rip + at_start + 24], rax",
    "mov rax, cr3",
    "mov [rip + at_start + 32], rax",
    "mov rax, cr4",
    "mov [rip + at_start + 40], rax",
    "mov rax, cs",
    "mov [rip + at_start + 48], rax",
    "mov rax, ss",
    "mov [rip + at_start + 56], rax",
    "mov rax, ds",
    "mov [rip + at_start + 64], rax",
    "mov rax, es",
    "mov [rip + at_start + 72], rax",
    "mov ecx, 0xc0000080",
    "rdmsr",
    "mov [rip + at_start + 80], eax",
    "mov [rip + at_start + 88], rbp",
    "mov rax, [rsp]",
    "mov [rip + at_start + 96], rax",
    "mov rax, cr0",
    "and al, 0xfb",
    "or al, 2",
    "mov cr0, rax",
    "mov rax, cr4",
    "or eax, 0x600",
    "mov cr4, rax",
    "jmp kernel_main",
    "on_breakpoint:",
    "inc dword ptr [rip + breakpoints]",
    "iretq",
    "on_timer:",
    "push rax",
    "inc dword ptr [rip + ticks]",
    "mov al, 0x20",
    "out 0x20, al",
    "pop rax",
    "iretq",
    "on_double_fault:",
    "mov rdi, cr2",
    "call stack_has_overflown",
);

extern "C" {
    fn on_breakpoint();
    fn on_timer();
    fn on_double_fault();
}

#[no_mangle]
static mut breakpoints: u32 = 0;
#[no_mangle]
static mut ticks: u32 = 0;

// ---- page tables -------------------------------------------------------------------------------

/// The kernel's pointer to a page table, through an entry of the top table that maps that table
/// itself: `base` is the top table's address. The page table maps the addresses that agree with
/// `address` above the lowest 12 + 9 * `level` bits.
#[allow(dead_code)]
pub fn recursive_table(base: u64, address: u64, level: u32) -> *mut [u64; 512] {
    let mut at = base;
    for above in level..4 {
        let index = address >> (12 + 9 * above) & 511;
        let shift = 12 + 9 * (above - level);
        at = at & !(511 << shift) | index << shift;
    }
    at as *mut _
}

/// The last present entry on the way to an address, and its level. `table` returns the kernel's
/// pointer to the table at a frame, for an address, at a level.
#[allow(dead_code)]
pub fn entry_of(
    table: &dyn Fn(u64, u64, u32) -> *mut [u64; 512],
    address: u64,
) -> (*mut u64, u32) {
    let mut frame = at_start_was().cr3;
    let mut level = 4;
    loop {
        let entries = table(frame, address, level);
        let entry =
            unsafe { addr_of_mut!((*entries)[(address >> (3 + 9 * level) & 511) as usize]) };
        let value = unsafe { entry.read_volatile() };
        if level == 1 || value & 1 == 0 || value & 0x80 != 0 {
            return (entry, level);
        }
        frame = value & 0x000f_ffff_ffff_f000;
        level -= 1;
    }
}

/// Maps a page, with tables from `take` where they are missing.
#[allow(dead_code)]
pub fn map(
    table: &dyn Fn(u64, u64, u32) -> *mut [u64; 512],
    take: &mut dyn FnMut() -> u64,
    address: u64,
    frame: u64,
) {
    loop {
        let (entry, level) = entry_of(table, address);
        let value = if level == 1 { frame } else { take() };
        unsafe {
            if entry.read_volatile() & 1 != 0 {
                panic!("{:#x} is mapped", address);
            }
            entry.write_volatile(value | 3);
            if level == 1 {
                asm!("invlpg [{}]", in(reg) address);
                return;
            }
            let new = table(value, address, level - 1);
            asm!("invlpg [{}]", in(reg) new);
            addr_of_mut!(*new).write_bytes(0, 1);
        }
    }
}

// ---- descriptor tables, interrupts, faults -----------------------------------------------------

#[repr(C, packed)]
struct Pointer {
    limit: u16,
    base: u64,
}

#[repr(C, packed)]
struct TaskState {
    reserved: u32,
    rsp: [u64; 3],
    zero: u64,
    ist: [u64; 7],
    rest: [u32; 3],
}

static mut GDT: [u64; 4] = [0, 0x0020_9a00_0000_0000, 0, 0];
static mut IDT: [[u64; 2]; 256] = [[0; 2]; 256];
static mut TSS: TaskState =
    TaskState { reserved: 0, rsp: [0; 3], zero: 0, ist: [0; 7], rest: [0; 3] };
static mut STACKS: [[u64; 2048]; 2] = [[0; 2048]; 2];

fn set_gate(vector: usize, handler: unsafe extern "C" fn(), stack: u64) {
    let at = handler as *const () as u64;
    let low = at & 0xffff | 8 << 16 | stack << 32 | 0x8e << 40 | (at >> 16 & 0xffff) << 48;
    unsafe { (*addr_of_mut!(IDT))[vector] = [low, at >> 32] };
}

/// A GDT with only code and a TSS, as kernels often have, so that SS must be 0.
fn load_tables() {
    unsafe {
        let tss = addr_of!(TSS) as u64;
        let gdt = &mut *addr_of_mut!(GDT);
        (*addr_of_mut!(TSS)).ist[0] = addr_of!(STACKS[1]) as u64;
        (*addr_of_mut!(TSS)).ist[1] = addr_of!(STACKS[1]) as u64 + 16384;
        gdt[2] = 0x67 | (tss & 0xff_ffff) << 16 | 0x89 << 40 | (tss >> 24 & 0xff) << 56;
        gdt[3] = tss >> 32;
        set_gate(3, on_breakpoint, 0);
        set_gate(8, on_double_fault, 1);
        set_gate(32, on_timer, 2);
        asm!("lgdt [{}]", in(reg) &Pointer { limit: 31, base: gdt.as_ptr() as u64 });
        asm!("push 8", "lea {0}, [rip + 2f]", "push {0}", "retfq", "2:", out(reg) _);
        asm!("ltr {:x}", in(reg) 0x10);
        asm!("lidt [{}]", in(reg) &Pointer { limit: 4095, base: addr_of!(IDT) as u64 });
    }
}

pub fn out(port: u16, value: u8) {
    unsafe { asm!("out dx, al", in("dx") port, in("al") value) };
}

fn input(port: u16) -> u8 {
    let value: u8;
    unsafe { asm!("in al, dx", in("dx") port, out("al") value) };
    value
}

/// Gives the PICs vectors from 32 on, and keeps their masks: the BIOS has unmasked the timer.
pub fn interrupts() {
    load_tables();
    unsafe { asm!("int3") };
    equal("breakpoints", unsafe { addr_of!(breakpoints).read_volatile() } as u64, 1);
    let masks = (input(0x21), input(0xa1));
    check("the PIC lets the timer in", masks.0 & 1 == 0);
    for (first, second, value) in [(0x20, 0xa0, 0x11), (0x21, 0xa1, 32), (0x21, 0xa1, 4)] {
        out(first, value);
        out(
            second,
            if value == 32 {
                40
            } else if value == 4 {
                2
            } else {
                value
            },
        );
    }
    out(0x21, 1);
    out(0xa1, 1);
    out(0x21, masks.0 | 0xfe);
    out(0xa1, 0xff);
    unsafe { asm!("sti") };
    while unsafe { addr_of!(ticks).read_volatile() } < 2 {
        unsafe { asm!("hlt") };
    }
    unsafe { asm!("cli") };
    check("the timer ticks", true);
}

/// Where the stack overflows to.
static mut GUARD: u64 = 0;

/// Overflows the stack, into the page `guard`.
pub fn overflow_into(guard: u64) -> ! {
    unsafe { GUARD = guard };
    say!("the stack overflows\n");
    overflow(0);
    finish()
}

/// Calls itself until the stack is used up.
#[allow(unconditional_recursion)]
#[inline(never)]
fn overflow(depth: u64) -> u64 {
    let room = [depth; 32];
    let deeper = overflow(depth + 1);
    deeper + unsafe { (&room[depth as usize % 32] as *const u64).read_volatile() }
}

/// On its own stack, by the double fault.
#[no_mangle]
extern "C" fn stack_has_overflown(address: u64) -> ! {
    let guard = unsafe { GUARD };
    say!("it has come to {:x}\n", address);
    check("that is the guard page", guard <= address && address < guard + PAGE);
    finish()
}

// ---- talking -----------------------------------------------------------------------------------

pub struct Serial;

impl Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while input(0x3fd) & 0x20 == 0 {}
            out(0x3f8, byte);
        }
        Ok(())
    }
}

static mut CHECKS: u32 = 0;
static mut FAILURES: u32 = 0;

pub fn check(claim: &str, is_true: bool) {
    unsafe {
        CHECKS += 1;
        FAILURES += !is_true as u32;
    }
    say!("{} {}\n", if is_true { "ok    " } else { "FAILED" }, claim);
}

pub fn equal(what: &str, found: u64, wanted: u64) {
    if found != wanted {
        say!("{}: {:#x}, not {:#x}\n", what, found, wanted);
    }
    check(what, found == wanted);
}

/// Ends the test as kit.h does.
pub fn finish() -> ! {
    let (checks, failures) = unsafe { (CHECKS, FAILURES) };
    say!("{} {} checks\n", if failures == 0 { "PASS" } else { "FAIL" }, checks);
    while input(0x3fd) & 0x40 == 0 {}
    out(0xf4, if failures == 0 { 16 } else { 17 });
    loop {
        unsafe { asm!("cli", "hlt") };
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    check("there is no panic", false);
    say!("{}\n", info);
    finish()
}

// ---- what the compiler calls by itself ---------------------------------------------------------

#[no_mangle]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, size: usize) -> *mut u8 {
    asm!("rep movsb", inout("rcx") size => _, inout("rdi") to => _, inout("rsi") from => _);
    to
}

#[no_mangle]
unsafe extern "C" fn memset(to: *mut u8, value: i32, size: usize) -> *mut u8 {
    asm!("rep stosb", inout("rcx") size => _, inout("rdi") to => _, in("al") value as u8);
    to
}

#[no_mangle]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, size: usize) -> i32 {
    (0..size).any(|i| *a.add(i) != *b.add(i)) as i32
}

/// `core` names it in its unwind tables, which nobody reads.
#[no_mangle]
extern "C" fn rust_eh_personality() {}
