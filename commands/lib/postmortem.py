"""postmortem.py - has a stopped machine explained: what led to its triple fault.

The words come from build/postmortem, the resident part's explainer compiled for this computer. It
is given the registers, and asks for the memory that it needs. Knows QEMU's monitor and that
program's input and output; knows nothing of how the end of a run is reported.
"""

import re
import subprocess

from lib.pattern import Pattern
from lib.printable import printable
from lib.project import made
from lib.qemu_log import entries_in
from lib.record import dataclass, field
from lib.symbols import place

WIDTH = 79
LABEL = 14  # columns for the label before a paragraph
LIMIT = 20  # seconds
ASKED = 4096  # pages that it may ask for

VALUE = Pattern(r"\b([A-Z0-9]{2,5}) ?=([0-9a-f]{1,16})\b")
SEGMENT = Pattern(r"^(ES|CS|SS|DS|FS|GS|LDT|TR) ?=([0-9a-f]{4}) ([0-9a-f]+) ([0-9a-f]{8})", re.M)
TABLE = Pattern(r"^(GDT|IDT)= +([0-9a-f]+) ([0-9a-f]{8})", re.M)
IN_SERVICE = Pattern(r"^pic([01]):.* isr=([0-9a-f]{2}).* irq_base=([0-9a-f]{2})", re.M)
NAMES = {
    "EAX": "rax", "ECX": "rcx", "EDX": "rdx", "EBX": "rbx", "ESP": "rsp", "EBP": "rbp",
    "ESI": "rsi", "EDI": "rdi", "EIP": "rip", "EFL": "rflags", "RFL": "rflags",
}  # fmt: skip
PLAIN = {*"RAX RCX RDX RBX RSP RBP RSI RDI RIP R8 R9 R10 R11 R12 R13 R14 R15".split(),
         *"CR0 CR2 CR3 CR4 EFER DR6 MXCSR".split()}  # fmt: skip


@dataclass
class Story:
    """The explanation of a machine's state."""

    said: dict = field(default_factory=dict)  # name -> texts
    state: str = ""  # registers, code and stack

    def first(self, name):
        return self.said.get(name, [""])[0]

    def number(self, name):
        return int(self.first(name) or "0", 16)

    @property
    def is_conclusive(self):
        """Whether it is known which exceptions led to the end."""
        return bool(self.first("reason")) and "event" in self.said

    def line(self, kernel):
        """A summary in one line, with the place in the kernel."""
        where = f"RIP {self.number('rip'):#x}{place_in(kernel, self, self.number('rip'))}"
        began = self.number("began")
        first = f"The first came at {began:#x}{place_in(kernel, self, began)}." if began else ""
        words = " ".join(filter(None, (self.first("happened"), self.first("reason"), first)))
        return f"at {where}: {capital(self.first('title'))}: {words}"

    def text(self, kernel):
        """The whole report."""
        at = self.number("rip")
        steps = [int(step, 16) for step in self.said.get("called", [])]
        lines = [f"Longjump: {capital(self.first('title'))}", ""]
        for name in ("happened", "reason"):
            lines += paragraph(self.first(name), "  ")
        where = place_in(kernel, self, at).removeprefix(" in ")
        lines += ["", *entry("where", f"{at:#x} {where or self.first('where')}".rstrip())]
        if "began" in self.said:
            at = self.number("began")
            where = place_in(kernel, self, at).removeprefix(" in ")
            lines += entry("first", f"{at:#x} {where}".rstrip())
        called = [place_in(kernel, self, step - 1).removeprefix(" in ") for step in steps]
        called = [f"{step:#x} {words}".rstrip() for step, words in zip(steps, called)]
        lines += listed("called by", called)
        chain = [f"{number}. {text}" for number, text in enumerate(self.said.get("event", []), 1)]
        lines += listed("exceptions", [*chain, *self.said.get("end", [])])
        lines += listed("pages", self.said.get("walk", []))
        lines += listed("usually", self.said.get("cause", []))
        sections = dict.fromkeys(self.said.get("kind", []))
        lines += entry("more", ", ".join(f"docs/errors.md#{kind}" for kind in sections))
        return printable("\n".join([*lines, "", self.state.rstrip("\n")]))


def capital(text):
    return text[:1].upper() + text[1:]


def place_in(kernel, story, address):
    return place(kernel, address, story.number("slide")) if kernel else ""


def paragraph(text, indent, first=None):
    import textwrap

    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first or indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return lines


def entry(label, text):
    """A labelled paragraph."""
    return paragraph(text, " " * LABEL, f"  {label}".ljust(LABEL))


def listed(label, texts):
    """Paragraphs of which the first has the label."""
    lines = []
    for text in filter(None, texts):
        lines += entry(label if not lines else "", text)
    return lines


def explain(machine, what="triple", number=0):
    """The story of one CPU of a stopped machine; None if there is none."""
    registers = machine.monitor("info registers", **{"cpu-index": number})
    facts = facts_in(registers)
    if "rip" not in facts:
        return None
    pics = machine.monitor("info pic")
    vector = in_service(pics)
    facts.update({} if vector is None else {"service": vector})
    facts.update(first_vector(pics))
    logged = [*entries_in(machine.log().splitlines())][-64:]
    return converse([*told(machine, facts, logged), what], machine.memory)


def explain_handled(machine, entries, state):
    """The story of the last of these entries in QEMU's log, an exception that has a handler."""
    facts = {**facts_in(state), **first_vector(machine.monitor("info pic"))}
    return converse([*told(machine, facts, entries[-4:]), "handled"], machine.memory)


def told(machine, facts, logged):
    """The program's input: these facts, and the log."""
    start = machine.loader.start
    if start:
        facts.update(info=start.number("info"), slide=start.number("slide"))
    lines = [f"{name} {value:x}" for name, value in facts.items()]
    for seen in logged:
        lines.append(f"log {seen.vector:x} {seen.code:x} {seen.is_software:d} "
                     f"{seen.is_external:d} {seen.at:x} {seen.address:x}")  # fmt: skip
    return lines


def facts_in(text):
    """The registers from QEMU's monitor, with build/postmortem's names."""
    facts = {}
    for name, value in VALUE.findall(text):
        if name in PLAIN or name in NAMES:
            facts.setdefault(NAMES.get(name, name.lower()), int(value, 16))
    for name, selector, base, limit in SEGMENT.findall(text):
        facts[name.lower()] = int(selector, 16)
        if name in ("FS", "GS", "LDT", "TR"):
            facts[f"{name.lower()}base"] = int(base, 16)
        if name in ("LDT", "TR"):
            facts[f"{name.lower()}lim"] = int(limit, 16)
    for name, base, limit in TABLE.findall(text):
        facts[name.lower()] = int(base, 16)
        facts[f"{name.lower()}lim"] = int(limit, 16)
    facts["code32"] = int("EIP=" in text)
    return facts


def in_service(text):
    """The vector of the one line of the PICs that is in service; None if there is no such line."""
    found = []
    for _, lines, base in IN_SERVICE.findall(text):
        found += [int(base, 16) + line for line in range(8) if int(lines, 16) >> line & 1]
    return found[0] if len(found) == 1 else None


def first_vector(text):
    """The vector of the first PIC's first line, as a fact."""
    return {"picbase": int(base, 16) for name, _, base in IN_SERVICE.findall(text) if name == "0"}


def converse(lines, memory):
    """Gives the program these lines, and answers its questions; returns the story, or None."""
    try:
        with subprocess.Popen(
            [made("postmortem")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="latin-1"
        ) as program:
            program.stdin.write("\n".join(lines) + "\n")
            program.stdin.flush()
            story = read_story(program, memory)
    except OSError:
        return None
    return story if program.returncode == 0 else None


def read_story(program, memory):
    """Reads the program's output, and gives it the memory that it asks for."""
    story, asked = Story(), 0
    for line in program.stdout:
        if line.startswith("?"):
            asked += 1
            page = memory(int(line[1:], 16), 4096) if asked < ASKED else b""
            program.stdin.write((page.hex() if len(page) == 4096 else "-") + "\n")
            program.stdin.flush()
        elif line == "state\n":
            story.state = program.stdout.read()
        else:
            name, _, text = line.rstrip("\n").partition(" ")
            story.said.setdefault(name, []).append(text)
    return story
