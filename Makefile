# Makefile - compiles; knows nothing of discs, packages or machines: build.sh does those, and is
# called for them.
#
#   make                     the module build/longjump.c32, build/BOOTX64.EFI for UEFI, and
#                            the sample kernel build/kernel.elf
#   make tests               the unit tests (in 64 and in 32 bits) and the test kernels
#   make unit-tests64        the unit tests in 64 bits, which need no 32-bit C library
#   make run                 boots the sample kernel, as ./build.sh run does
#   make test                runs every test, as ./build.sh test does
#   make clean               removes what was built
#   make help                prints this
#   make LONGJUMP_CC=clang   with another compiler; everything is built again
#   make V=1                 shows the commands
#
# A new file in one of the source folders is found by itself. All paths are relative to this
# folder, so that it may lie anywhere, and everything that is made lies under build/.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

# The caller may have set CC, LD and flags for a kernel, in the environment or on make's command
# line. Ours have other names, and other variables for compilers and assemblers are not passed on.
define tool
override $(1) := $(or $(strip $(LONGJUMP_$(1))),$(2))
endef
$(foreach t,CC=cc LD=ld AR=ar NASM=nasm OBJCOPY=objcopy NM=nm READELF=readelf PYTHON=python3 \
	CLANG=clang,$(eval $(call tool,$(word 1,$(subst =, ,$(t))),$(word 2,$(subst =, ,$(t))))))
foreign := CPATH C_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH GCC_EXEC_PREFIX GCC_COMPARE_DEBUG \
	DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES CCC_OVERRIDE_OPTIONS LD_RUN_PATH LDEMULATION NASMENV
unexport $(foreign)

# ccache, which cc may be, fails without a home that it can write to, or puts its files here.
ifeq ($(CCACHE_DIR)$(shell [ -n "$$HOME" ] && [ -w "$$HOME" ] && echo has-home),)
export CCACHE_DISABLE := 1
endif
ask := env $(foreign:%=-u %) $(addprefix CCACHE_DISABLE=,$(CCACHE_DISABLE))
override VPATH :=
compiler := $(CC) $(shell $(ask) $(CC) --version 2>/dev/null | head -n 1 | tr -d "'")

# Quiet: one short line per step.
ifdef V
say = @:
quiet =
else
say = @printf '  %-9s%s\n'
quiet = @
endif

images := $(addprefix build/,longjump.c32 BOOTX64.EFI longjump.elf longjump.rom kernel.elf)
tools := build/check build/postmortem

all: $(images)

# The same language and the same warnings for every line of C in the project.
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Werror
COMMON := -std=c11 $(WARNINGS) -g -Iinclude -Iloader -fno-common

# Segments with both code and data are intended.
no-warn-rwx := $(shell $(ask) $(LD) --help 2>/dev/null | grep -o -m 1 -e --no-warn-rwx-segments)

# The flags given, if the compiler knows them. Asking it takes as long as compiling a file, so its
# answers are kept, each as a word: COMPILER+FLAGS=yes or no.
kept-answers := build/obj/answers
answers := $(file <$(kept-answers))
empty :=
question = $(subst $(empty) ,+,$(compiler) $(1))
if-known = $(if $(call answered,$(1),yes no),,$(call learn,$(question)=$(call try,$(1))))$(if \
	$(call answered,$(1),yes),$(1))
answered = $(filter $(addprefix $(question)=,$(2)),$(answers))
try = $(shell $(ask) $(CC) -Werror $(1) -fsyntax-only -x c /dev/null 2>/dev/null && echo yes \
	|| echo no)
learn = $(eval answers += $(1))$(shell { mkdir -p $(dir $(kept-answers)) && \
	echo '$(1)' >>$(kept-answers); } 2>/dev/null)

# Code that runs without an operating system under it: no C library, no stack protector (it needs
# one), no unwind tables (nobody reads them), no CET markers. Address 0 and those above it are
# memory like any other, which compilers do not believe by themselves.
BARE := -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none \
	-fno-delete-null-pointer-checks $(call if-known,--param=min-pagesize=0)

# ---------------------------------------------------------------------------------------------
# Flavours: the same source compiled in several ways, objects in build/obj/FLAVOUR/.

# The module: Syslinux passes arguments in registers and aligns its stack to 4 bytes only, so no
# SSE; it may be loaded anywhere, so -fPIC.
# CPUs with 64 bits have CMOV, which is not a branch; code that reports older CPUs cannot use it.
has-cmov := -march=i686
any-cpu := -march=i386
stack-of-4 := $(or $(call if-known,-m32 -mpreferred-stack-boundary=2),-mstack-alignment=4)
# Most of what a boot in an emulator waits for is the translation of code that runs once, block by
# block, and a block ends at each branch, call and string instruction. So the module is compiled as
# one program, where a function that is called once becomes part of its caller, and with sums in
# place of branches. Syslinux takes 2.3 instructions to load each byte, so small functions that are
# called often are not copied to all their callers, nor code on the way there.
# Functions that are called once go into callers of any size. Jumps by table, and sums that are kept
# from path to path, take branches to get at.
few-blocks := -O2 -mtune=generic -falign-functions=1 -falign-loops=1 \
	$(call if-known,-m32 -falign-jumps=1 -falign-labels=1 -mbranch-cost=5 \
	-mstringop-strategy=libcall -fno-partial-inlining -fno-ipa-cp-clone -fno-tree-pre \
	-fno-code-hoisting -fno-ipa-ra -fno-jump-tables -fno-gcse \
	--param=max-inline-insns-auto=3 --param=early-inlining-insns=3 \
	--param=large-function-insns=100000 --param=large-function-growth=10000 \
	--param=large-stack-frame=100000 --param=large-stack-frame-growth=10000) \
	$(call if-known,-m32 --param=max-inline-functions-called-once-insns=100000)
one-program := $(call if-known,-flto=1 -flto-partition=one)
cflags-com32 := $(COMMON) $(BARE) $(few-blocks) $(one-program) -m32 $(has-cmov) -mregparm=3 \
	$(stack-of-4) -fPIC -fno-plt -include loader/platform/com32/hidden.h
asflags-com32 := -f elf32

# The same for a loader that another boot loader starts as its kernel.
cflags-kernel32 := $(COMMON) $(BARE) $(few-blocks) $(one-program) -m32 $(has-cmov) -mregparm=3 \
	-fno-pic -fno-pie
asflags-kernel32 := -f elf32

# The loader for UEFI, which may lie anywhere. The firmware's interrupts use our stack. -Os: it is
# read from the disc at each start.
cflags-uefi := $(COMMON) $(BARE) -Os -m64 -fpie -fvisibility=hidden -mno-red-zone \
	-mgeneral-regs-only $(call if-known,-fdirect-access-external-data)
asflags-uefi := -f elf64

# What the module carries into long mode: runs wherever it is copied to, and keeps its hands off
# the FPU and off the red zone, since faults arrive on its stack. Data is reached directly, not
# through a table of absolute addresses (clang would use one).
cflags-resident := $(COMMON) $(BARE) -Os -m64 -fpie -fvisibility=hidden -mno-red-zone \
	-mgeneral-regs-only $(call if-known,-fdirect-access-external-data)
asflags-resident := -f elf64

# The core on this machine: for the tests with every checker, in 64 and in 32 bits, and plain for
# the tool that checks kernels.
CHECKERS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
cflags-host := $(COMMON) -g1 -Itests -O1 -m64 $(CHECKERS)
cflags-host32 := $(COMMON) -g1 -Itests -O1 -m32 $(CHECKERS)
cflags-plain := $(COMMON) -O2
asflags-plain := -f elf64

# The sample kernel.
#   -ffreestanding          there is no C library and no main()
#   -m64                    64-bit code
#   -mcmodel=kernel         it is linked into the top 2 GiB of the address space (kernel.ld)
#   -fno-pic -fno-pie       ... and nowhere else, so addresses are plain numbers
#   -mno-red-zone           an interrupt may use the stack right below RSP at any time
#   -mgeneral-regs-only     no SSE: an interrupt would have to save those registers
#   -fno-stack-protector    its helper functions would come from the C library
cflags-kernel := $(COMMON) $(BARE) -O2 -m64 -mcmodel=kernel -fno-pic -fno-pie -mno-red-zone \
	-mgeneral-regs-only
asflags-kernel := -f elf64 -g -F dwarf
# -z max-page-size         segments are aligned to 4 KiB pages, which keeps the file small
ldflags-kernel := -m elf_x86_64 -static -nostdlib --build-id=none -z max-page-size=0x1000 \
	-z noexecstack

# The test kernels, likewise; tests/kernels/Makefile.inc may change the flags of one kernel:
#   kernel-cflags-NAME, kernel-ldflags-NAME   flags added for tests/kernels/NAME.c
#   kernel-source-NAME                        a source that is shared with other kernels
#   kernel-script-NAME                        a linker script other than tests/kernels/kernel.ld
cflags-kernels := $(cflags-kernel) -Itests/kernels
asflags-kernels := $(asflags-kernel)
ldflags-kernels := $(ldflags-kernel)

# The core for clang's libFuzzer.
fuzzing := -g1 -O1 -Itests -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
cflags-fuzz64 := $(COMMON) $(fuzzing) -m64
cflags-fuzz32 := $(COMMON) $(fuzzing) -m32
cc-fuzz64 := $(CLANG)
cc-fuzz32 := $(CLANG)

flavours := com32 kernel32 uefi resident host host32 fuzz64 fuzz32 plain kernel kernels
compiler-of = $(or $(cc-$(1)),$(CC))

# Remembers a text in a file that changes only when the text does: what depends on the file is
# made again after a change of flags, or when a source file has come or gone. No program is started
# for a text that is there already.
remember = $(if $(call same,$(strip $(1)),$(strip $(file <$@))),,\
	@mkdir -p $(@D); printf '%s\n' '$(1)' >$@)
same = $(and $(findstring =$(1)=,=$(2)=),$(findstring =$(2)=,=$(1)=))

build/obj/%/flags: FORCE
	$(call remember,$(or $(cc-$*),$(compiler)) $(cflags-$*) $(NASM) $(asflags-$*))

define flavour
build/obj/$(1)/%.c.o: %.c build/obj/$(1)/flags
	$$(say) compile '$$<'
	$$(quiet)mkdir -p $$(@D)
	$$(quiet)$$(call compiler-of,$(1)) $$(cflags-$(1)) $$(own-cflags) -MMD -MP -c -o $$@ $$<

build/obj/$(1)/%.asm.o: %.asm build/obj/$(1)/flags
	$$(say) assemble '$$<'
	$$(quiet)mkdir -p $$(@D)
	$$(quiet)$$(NASM) $$(asflags-$(1)) -Werror -i . -i $$(<D)/ -MD $$(@:.o=.d) -MP -o $$@ $$<
endef
$(foreach f,$(flavours),$(eval $(call flavour,$(f))))

# The objects of a flavour that come from some folders: $(call objects,FLAVOUR,FOLDER...)
objects = $(patsubst %,build/obj/$(1)/%.o,$(sort $(foreach d,$(2),$(wildcard $(d)/*.c $(d)/*.asm))))

# ---------------------------------------------------------------------------------------------
# The module: linked with no library; what it calls, Syslinux has in memory already.

# Syslinux knows no pages, so nothing is aligned to one.
page := -z max-page-size=0x20 -z common-page-size=0x20
# The core and the protocols: what they share, and a folder for each part.
with-parts = $(1) $(sort $(patsubst %/,%,$(wildcard $(1)/*/)))
core := $(call with-parts,loader/core)
protocols := $(call with-parts,loader/protocols)
# What runs on a machine, whatever firmware is there.
bare := $(core) $(protocols) loader/x86 loader/platform/console loader/platform/pc
# Syslinux unpacks gzip files itself, so inflate.c and unpack.c stay out.
com32 := $(filter-out %/inflate.c.o %/unpack.c.o %/enter_from64.asm.o,$(call objects,com32,$(bare) \
	$(addprefix loader/platform/,bios com32 e820 files))) \
	build/obj/com32/loader/platform/resident.asm.o
module := loader/platform/com32
ldflags-com32 := --hash-style=gnu --build-id=none -z noseparate-code $(page) -z norelro \
	-z noexecstack -z notext -z pack-relative-relocs $(no-warn-rwx) -T $(module)/module.ld \
	--version-script=build/obj/com32/visible
# The compiler links what it has not finished compiling.
comma := ,
link-com32 := $(if $(one-program),$(CC) -m32 $(few-blocks) $(one-program) -nostdlib -shared \
	$(ldflags-com32:%=-Wl$(comma)%),$(LD) -m elf_i386 -shared $(ldflags-com32))

# The value of a symbol, $(s), of the first prerequisite, for the shell.
place-of = $$($(NM) $< | sed -n 's/ . $(s)$$//p')

build/longjump.c32: build/com32.elf loader/platform/write_sum.py
	$(quiet)$(OBJCOPY) --strip-all $< $@
	$(quiet)$(PYTHON) loader/platform/write_sum.py 32 $@ \
		$(foreach s,module_sum first_begin first_end,$(place-of))

# What reports that a CPU is too old, before any other part of the loader runs, and what that calls.
for-any := $(patsubst %,loader/%.c.o,platform/console/early_refusal platform/pc/string x86/fw_cfg \
	x86/watcher)

# What must be where the linker script wants it, what compilers call by themselves, and what must
# run on any CPU, is compiled separately.
apart := $(addprefix build/obj/com32/,loader/platform/com32/first.c.o $(for-any))
$(apart): own-cflags = $(if $(one-program),-fno-lto) -Os $(any-cpu)

# Only main is visible: Syslinux looks names up across all modules, and ours are ours alone.
build/com32.elf: $(com32) $(module)/module.ld build/obj/com32/link build/obj/com32/visible
	$(say) link build/longjump.c32
	$(quiet)$(link-com32) -o $@ $(com32)
	$(quiet)if $(NM) -u $@ | grep -E ' __[a-z]+[dst]i[2-4]$$'; \
	then echo 'the module calls functions of libgcc (above), which Syslinux does not have'; \
	exit 1; fi
	$(quiet)if $(READELF) -rW $@ | grep R_386_RELATIVE; \
	then echo 'the module has addresses (above) at odd places, which would change its sum'; \
	exit 1; fi

# ---------------------------------------------------------------------------------------------
# The loader as another boot loader's kernel (`qemu-system-x86_64 -kernel`, GRUB, iPXE): one file,
# linked where it runs.

kernel-platform := $(filter-out %/realmode.asm.o %/enter_from64.asm.o %/progress.c.o, \
	$(call objects,kernel32,$(bare) \
	$(addprefix loader/platform/,bios e820 files handover kernel))) \
	build/obj/kernel32/loader/platform/resident.asm.o
# It runs over every byte of a bundle, on CPUs that are known to have SSE2.
build/obj/kernel32/loader/platform/handover/checksum.c.o: own-cflags = $(if \
	$(one-program),-fno-lto) -O2 -msse2 -funroll-loops
ldflags-kernel32 := -static -n -nostdlib --build-id=none -z noexecstack $(no-warn-rwx)
link-kernel32 := $(if $(one-program),$(CC) -m32 $(few-blocks) $(one-program) -nostdlib -no-pie \
	$(ldflags-kernel32:%=-Wl$(comma)%),$(LD) -m elf_i386 $(ldflags-kernel32))

build/longjump.elf: build/kernel32.elf
	$(quiet)$(OBJCOPY) --strip-all $< $@

build/kernel32.elf: $(kernel-platform) loader/platform/kernel/kernel.ld build/obj/kernel32/link
	$(say) link build/longjump.elf
	$(quiet)$(link-kernel32) -T loader/platform/kernel/kernel.ld -o $@ \
		$(kernel-platform)

build/obj/kernel32/link: FORCE
	$(call remember,$(link-kernel32) $(kernel-platform))

$(filter %.asm.o,$(kernel-platform)): build/resident.bin build/realmode.bin

# What calls the BIOS lies at this address; memory.c copies it there.
build/realmode.bin: loader/platform/kernel/realmode.asm
	$(say) assemble '$<'
	$(quiet)mkdir -p $(@D); $(NASM) -f bin -Werror -DREALMODE_AT=0x1000 -o $@ $<

# The option ROM, which takes that file from QEMU. Its messages are the catalogue's.
rom := loader/platform/optionrom

build/longjump.rom: $(rom)/rom.asm $(rom)/seal.py build/rom_messages.inc \
		loader/x86/registers.inc loader/x86/registers.def
	$(say) assemble '$<'
	$(quiet)$(NASM) -f bin -Werror -o $@ $<
	$(quiet)$(PYTHON) $(rom)/seal.py $@

build/rom_messages.inc: $(rom)/messages.h loader/core/diag.def
	$(quiet)mkdir -p $(@D); $(CC) -E -P -Iloader -o $@ $<

kernel32-for-any := \
	$(addprefix build/obj/kernel32/,loader/platform/kernel/exceptions.c.o $(for-any))
$(kernel32-for-any): own-cflags = $(if $(one-program),-fno-lto) -Os $(any-cpu)

build/obj/com32/visible: FORCE
	$(call remember,{ global: main; local: *; };)

build/obj/com32/link: FORCE
	$(call remember,$(link-com32) $(com32))

# Only assembly can carry the resident part in (incbin "build/resident.bin").
$(filter %.asm.o,$(com32)): build/resident.bin

# ---------------------------------------------------------------------------------------------
# The loader for UEFI: a PE32+ file, whose headers the linker script writes, made of ELF objects.

uefi := $(filter-out %/early_refusal.c.o %/enter64.asm.o %/multiboot_info.c.o %/pvh_info.c.o, \
	$(call objects,uefi, \
	$(bare) loader/standalone $(addprefix loader/platform/,e820 files handover uefi))) \
	build/obj/uefi/loader/platform/resident.asm.o build/obj/uefi/loader/explain/draw.c.o
ldflags-uefi := -m elf_x86_64 -pie --no-dynamic-linker -nostdlib --build-id=none -z norelro \
	-z noexecstack -z text

build/BOOTX64.EFI: build/uefi.elf loader/platform/write_sum.py
	$(quiet)$(OBJCOPY) -O binary $< $@
	$(quiet)$(PYTHON) loader/platform/write_sum.py 64 $@ $(foreach s,image_sum,$(place-of))

# The image relocates itself by the list of R_X86_64_RELATIVE words, and by nothing else.
build/uefi.elf: $(uefi) loader/platform/uefi/uefi.ld build/obj/uefi/link
	$(say) link build/BOOTX64.EFI
	$(quiet)$(LD) $(ldflags-uefi) -T loader/platform/uefi/uefi.ld -o $@ $(uefi)
	$(quiet)if $(READELF) -rW $@ | grep R_X86_64_ | grep -v R_X86_64_RELATIVE; \
	then echo 'loader/platform/uefi: relocations (above) that start.asm does not know'; \
	exit 1; fi

build/obj/uefi/link: FORCE
	$(call remember,$(LD) $(ldflags-uefi) $(uefi))

$(filter %/resident.asm.o,$(uefi)): build/resident.bin

# Programs for UEFI that the bench brings, in the same way.
bench-efi := $(patsubst bench/%.c,build/%.efi,$(wildcard bench/efi_*.c))

$(bench-efi): build/%.efi: build/%.efi.elf loader/platform/write_sum.py
	$(quiet)$(OBJCOPY) -O binary $< $@
	$(quiet)$(PYTHON) loader/platform/write_sum.py 64 $@ $(foreach s,image_sum,$(place-of))

$(bench-efi:=.elf): build/%.efi.elf: build/obj/uefi/bench/%.c.o \
		$(filter %/start.asm.o %/first.c.o,$(uefi)) loader/platform/uefi/uefi.ld
	$(say) link $(@:.elf=)
	$(quiet)$(LD) $(ldflags-uefi) -T loader/platform/uefi/uefi.ld -o $@ $(filter %.o,$^)

quick-uefi := $(addprefix build/obj/uefi/loader/,platform/uefi/cells.c.o core/base.c.o \
	core/inflate.c.o core/sha256.c.o core/text_screen.c.o)
$(quick-uefi): own-cflags = -O2
long-loops-uefi := $(addprefix build/obj/uefi/loader/core/,memory.c.o paging.c.o)
$(long-loops-uefi): own-cflags = -O2 -funroll-loops

# The resident part is copied, not loaded: one piece (-N), and an absolute address in it would be
# wrong, so one is refused.
# The explainer need not be fast, but is read from the disc at every start, so it is made small.
resident-small := $(call objects,resident,loader/explain) build/obj/resident/loader/core/text.c.o \
	$(addprefix build/obj/resident/loader/x86/,restart.c.o watcher.c.o)
$(resident-small): own-cflags = -Os
resident := $(call objects,resident,loader/resident) $(resident-small)
ldflags-resident := -m elf_x86_64 -static -N -nostdlib --build-id=none --emit-relocs \
	$(no-warn-rwx)

build/resident.bin: build/resident.elf loader/platform/write_sum.py
	$(quiet)$(OBJCOPY) -O binary $< $@
	$(quiet)$(PYTHON) loader/platform/write_sum.py 64 $@ $(foreach s,resident_sum,$(place-of))

build/resident.elf: $(resident) loader/resident/resident.ld build/obj/resident/link
	$(say) link $@
	$(quiet)$(LD) $(ldflags-resident) -T loader/resident/resident.ld -o $@ $(resident)
	$(quiet)if $(READELF) -rW $@ | sed '/\.rela\.debug/,/^$$/d' | \
		grep -E 'R_X86_64_(64|32|32S|16|8) '; \
	then echo 'loader/resident: absolute addresses (above) in code that may lie anywhere'; \
	exit 1; fi

build/obj/resident/link: FORCE
	$(call remember,$(LD) $(ldflags-resident) $(resident))

# ---------------------------------------------------------------------------------------------
# The sample kernel.

kernel := $(call objects,kernel,kernel)

build/kernel.elf: $(kernel) kernel/kernel.ld build/obj/kernel/link
	$(say) link $@
	$(quiet)$(LD) $(ldflags-kernel) -T kernel/kernel.ld -o $@ $(kernel)

build/obj/kernel/link: FORCE
	$(call remember,$(LD) $(ldflags-kernel) $(kernel))

# ---------------------------------------------------------------------------------------------
# The core on this machine.

portable := $(core) $(protocols) loader/standalone loader/explain loader/postmortem \
	$(addprefix loader/platform/,e820 files handover)

build/obj/%/core.a: build/obj/%/core
	$(quiet)rm -f $@; $(AR) rcs $@ $(call objects,$*,$(portable))

$(foreach f,host host32 fuzz64 fuzz32 plain,$(eval build/obj/$(f)/core.a: \
	$(call objects,$(f),$(portable))))

build/obj/%/core: FORCE
	$(call remember,$(call objects,$*,$(portable)))

# The tool that checks kernels plans for the resident part too, so it carries it like the module.
check := $(call objects,plain,loader/platform/host) \
	build/obj/plain/loader/platform/resident.asm.o
build/obj/plain/loader/platform/resident.asm.o: build/resident.bin

build/check: $(check) build/obj/plain/core.a
	$(say) link $@
	$(quiet)$(CC) $(cflags-plain) -o $@ $(check) build/obj/plain/core.a

# The tool that explains a stopped machine.
postmortem := $(call objects,plain,loader/platform/remote)

build/postmortem: $(postmortem) build/obj/plain/core.a
	$(say) link $@
	$(quiet)$(CC) $(cflags-plain) -o $@ $(postmortem) build/obj/plain/core.a

# ---------------------------------------------------------------------------------------------
# The sources of the tests are examined only if some of the tests are to be made; those of the
# loader, only if more is to be made than the sample kernel, which a user changes all day.
made-of := $(if $(filter-out build/kernel.elf,$(or $(MAKECMDGOALS),all)), \
	com32 kernel32 uefi resident plain) kernel
ifneq ($(filter-out all $(images) $(tools),$(MAKECMDGOALS)),)
made-of := $(flavours)

# Tests: one program for each tests/unit/NAME.c in each width, one kernel for each file in
# tests/kernels but the kit, which is linked to all.

# Optimizing the tests takes longer than running them.
build/obj/host/tests/%.o build/obj/host32/tests/%.o: own-cflags = -O0

units := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
unit-tests64 := $(units:%=build/tests/unit64/%)
unit-tests := $(unit-tests64) $(units:%=build/tests/unit32/%)

build/tests/unit64/%: build/obj/host/tests/unit/%.c.o build/obj/host/core.a
	$(say) link $@
	$(quiet)mkdir -p $(@D); $(CC) $(cflags-host) -o $@ $^

build/tests/unit32/%: build/obj/host32/tests/unit/%.c.o build/obj/host32/core.a
	$(say) link $@
	$(quiet)mkdir -p $(@D); $(CC) $(cflags-host32) -o $@ $^

# build/check with every checker.
check-host := $(check:build/obj/plain/loader/platform/host/%=build/obj/host/loader/platform/host/%)

build/tests/check: $(check-host) build/obj/host/core.a
	$(say) link $@
	$(quiet)mkdir -p $(@D); $(CC) $(cflags-host) -o $@ $^

# The fuzzers of tests/fuzz: as programs that replay files, and with clang's libFuzzer.
fuzz := $(filter-out replay,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
replays := $(fuzz:%=build/tests/fuzz64/%) $(fuzz:%=build/tests/fuzz32/%)
fuzzers := $(fuzz:%=build/fuzz64/%) $(fuzz:%=build/fuzz32/%)

build/tests/fuzz64/%: build/obj/host/tests/fuzz/%.c.o build/obj/host/tests/fuzz/replay.c.o \
		build/obj/host/core.a
	$(say) link $@
	$(quiet)mkdir -p $(@D); $(CC) $(cflags-host) -o $@ $^

build/tests/fuzz32/%: build/obj/host32/tests/fuzz/%.c.o build/obj/host32/tests/fuzz/replay.c.o \
		build/obj/host32/core.a
	$(say) link $@
	$(quiet)mkdir -p $(@D); $(CC) $(cflags-host32) -o $@ $^

define fuzzer
build/fuzz$(1)/%: build/obj/fuzz$(1)/tests/fuzz/%.c.o build/obj/fuzz$(1)/core.a
	$$(say) link $$@
	$$(quiet)mkdir -p $$(@D); $$(CLANG) $$(cflags-fuzz$(1)) -fsanitize=fuzzer -o $$@ $$^
endef
$(foreach bits,64 32,$(eval $(call fuzzer,$(bits))))

kit := $(patsubst %,build/obj/kernels/%.o,$(sort \
	$(wildcard tests/kernels/kit*.c tests/kernels/kit*.asm)))
# Most kernels have a separate source. Where kernels belong together, one source makes several:
# each is compiled with its name defined (faults_*.c), or with its flags (kernel-source-NAME).
faults := $(wildcard tests/kernels/faults_*.c)
test-kernel-sources := $(filter-out tests/kernels/kit% %/limine_all.c $(faults), \
	$(wildcard tests/kernels/*.c tests/kernels/*.asm))
faults-in = $(shell sed -n 's/^\#ifdef \(fault_[a-z0-9_]*\)$$/\1/p' $(1))
$(foreach f,$(faults),$(foreach k,$(call faults-in,$(f)),$(eval kernel-source-$(k) := $(f)) \
	$(eval kernel-name-$(k) := -D$(k)) $(eval fault-kernels += $(k))))

kernels-inc := $(wildcard tests/kernels/Makefile.inc)
include $(kernels-inc)

shared-source := $(patsubst kernel-source-%,%,$(filter kernel-source-%,$(.VARIABLES)))
test-kernels := $(patsubst %,build/tests/kernels/%.elf, \
	$(basename $(notdir $(test-kernel-sources))) $(shared-source))

build/obj/kernels/tests/kernels/%.o: own-cflags = $(kernel-cflags-$(notdir $*))
$(test-kernel-sources:%=build/obj/kernels/%.o): $(kernels-inc)

define part-of-source
build/obj/kernels/parts/$(1).c.o: $(kernel-source-$(1)) build/obj/kernels/flags \
		$(kernels-inc)
	$$(say) compile '$(kernel-source-$(1)): $(1)'
	$$(quiet)mkdir -p $$(@D)
	$$(quiet)$$(CC) $$(cflags-kernels) $(kernel-cflags-$(1)) $(kernel-name-$(1)) -MMD -MP -c \
		-o $$@ $(kernel-source-$(1))
endef
$(foreach k,$(shared-source),$(eval $(call part-of-source,$(k))))

define test-kernel
build/tests/kernels/$(1).elf: $(2) $(kit) $(or $(kernel-script-$(1)),tests/kernels/kernel.ld) \
		$(kernels-inc) build/obj/kernels/link
	$$(say) link $$@
	$$(quiet)mkdir -p $$(@D)
	$$(quiet)$$(LD) $$(ldflags-kernels) $$(kernel-ldflags-$(1)) -T $$(filter %.ld,$$^) -o $$@ \
		$$(filter %.o,$$^)
endef
$(foreach s,$(test-kernel-sources),$(eval \
	$(call test-kernel,$(basename $(notdir $(s))),build/obj/kernels/$(s).o)))
$(foreach k,$(shared-source),$(eval \
	$(call test-kernel,$(k),build/obj/kernels/parts/$(k).c.o)))

build/obj/kernels/link: FORCE
	$(call remember,$(LD) $(ldflags-kernels) $(kit))

# Firmware with habits: programs for UEFI that change its services, and start the loader then.
firmware-kit := $(addprefix build/obj/uefi/,tests/firmware/kit.c.o loader/platform/pc/string.c.o \
	$(addprefix loader/platform/uefi/,start.asm.o first.c.o))
test-firmware := $(patsubst tests/firmware/%.c,build/tests/firmware/%.efi, \
	$(filter-out %/kit.c,$(wildcard tests/firmware/*.c)))

build/tests/firmware/%.efi: build/tests/firmware/%.efi.elf loader/platform/write_sum.py
	$(quiet)$(OBJCOPY) -O binary $< $@
	$(quiet)$(PYTHON) loader/platform/write_sum.py 64 $@ $(foreach s,image_sum,$(place-of))

build/tests/firmware/%.efi.elf: build/obj/uefi/tests/firmware/%.c.o $(firmware-kit)
	$(say) link $(@:.elf=)
	$(quiet)mkdir -p $(@D)
	$(quiet)$(LD) $(ldflags-uefi) -T loader/platform/uefi/uefi.ld -o $@ $^

unit-tests: $(unit-tests)
unit-tests64: $(unit-tests64)
test-kernels: $(test-kernels)
replays: $(replays)
fuzzers: $(fuzzers)
test-firmware: $(test-firmware)
tests: unit-tests replays test-kernels test-firmware $(tools) build/tests/check
endif

clean:
	$(quiet)rm -rf build

# What takes more than a compiler. build.sh drops the variables of this make by itself.
run test:
	@./build.sh $@ $(if $(V),--verbose)

help:
	@sed -n '1,/^$$/s/^#   /    /p' Makefile

FORCE:
.PHONY: all tests unit-tests unit-tests64 replays fuzzers test-kernels test-firmware clean
.PHONY: run test help FORCE

# The flags of single objects are in this file.
$(apart) $(quick-uefi) $(long-loops-uefi) $(kernel32-for-any) $(resident-small): Makefile

# What each object was last compiled from.
-include $(shell find $(wildcard $(made-of:%=build/obj/%)) -name '*.d')
