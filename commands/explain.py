#!/usr/bin/env python3
# explain - explains a message's code, a kind of fault or an exception, such as K107 or '#PF'
"""The command `explain`: finds the section on a code in docs/errors.md, or an exception's kinds."""

import difflib
import re
import textwrap

from lib.markdown import without_links
from lib.project import ROOT, Stop, start
from lib.record import dataclass
from lib.words import Command

COMMAND = Command(
    "explain",
    """
Prints the section of docs/errors.md about a message: what it means, what usually causes it, how to
investigate it and how to fix it. CODE is the code at the beginning of the message, with or without
the K, or the name of a kind of fault, such as null-page. For an exception, by name or number, it
lists the kinds of fault that it can be.
""",
    (),
    ("./build.sh explain K107", "./build.sh explain 107 802", "./build.sh explain null-page",
     "./build.sh explain '#PF'", "./build.sh explain triple fault"),
    names="CODE",
)  # fmt: skip

HEADING = re.compile(r"^##+ (K\d{3}|[a-z][a-z0-9-]+)(?: (.*))?$")
ROW = re.compile(r"^\| ([0-9to ]*) ?\| (?:`#?([A-Z]+)` )?([^|]+) \| (\[.*) \|$")
# Names by vector that are not in the table.
OTHER_NAMES = {7: "device not available", 13: "GPF", 19: "XF", 32: "a CPU's work returned"}
VAGUE = re.compile(r"(vector|int|interrupt|exception|fault|error|the)")  # what may be missing


@dataclass(frozen=True)
class Exceptions:
    """A row of the table of exceptions: their vectors, name and kinds of fault."""

    vectors: tuple
    mnemonic: str
    name: str
    kinds: tuple

    @property
    def title(self):
        """How to call them."""
        sign = "#" * (self.mnemonic not in ("", "NMI"))
        return f"{sign}{self.mnemonic} {self.name}".strip()

    @property
    def names(self):
        """All their names, in the form that key() gives."""
        numbers = [text for n in self.vectors for text in (str(n), f"{n:#x}", f"{n:#04x}")]
        others = [OTHER_NAMES[n] for n in self.vectors if n in OTHER_NAMES]
        return {
            key(name) for name in (self.title, self.mnemonic, self.name, *numbers, *others) if name
        }


def key(name):
    """A name without what people write differently: '#PF', 'pf fault' and 'Page-Fault'."""
    plain = re.sub(r"[^a-z0-9]", " ", name.lower())
    return "".join(word for word in plain.split() if not VAGUE.fullmatch(word)) or plain.strip()


def sections():
    """The sections on codes: code -> (title, lines)."""
    found, current = {}, None
    for line in (ROOT / "docs/errors.md").read_text("utf-8").splitlines():
        heading = HEADING.match(line)
        if heading:
            current = heading.group(1)
            found[current] = (heading.group(2) or "", [])
        elif line.startswith("#"):
            current = None
        if current and not line.startswith("<a id="):
            found[current][1].append(line)
    return found


def exceptions():
    """The table of exceptions in docs/errors.md, as a list."""
    found = []
    for line in (ROOT / "docs/errors.md").read_text("utf-8").splitlines():
        row = ROW.match(line)
        if row:
            first, _, last = row.group(1).strip().partition(" to ")
            vectors = tuple(range(int(first), int(last or first) + 1)) if first else ()
            name, kinds = row.group(3).replace("`", ""), re.findall(
                r"\[([a-z0-9-]+)\]", row.group(4)
            )
            found.append(Exceptions(vectors, row.group(2) or "", name, tuple(kinds)))
    return found


def explain(given):
    """Prints the sections that these words name; returns the status."""
    found, rows = sections(), exceptions()
    if not given.names:
        print(listing(found), flush=True)
        raise Stop("explain: name a code, such as K107; they are listed above", 2)
    texts, words = [], list(given.names)
    while words:
        for count in range(len(words), 0, -1):  # `page fault` is one name
            text = text_on(" ".join(words[:count]), found, rows)
            if text:
                break
        else:
            hint = near(given.names, words[0], found, rows)
            raise Stop(f"explain: there is no {words[0]}{hint}; ./build.sh explain lists them", 2)
        texts.append(text)
        del words[:count]
    print("\n\n".join(texts))
    return 0


def section(found, code):
    """The whole text of a section."""
    return "\n".join(found[code][1]).strip()


def text_on(name, found, rows):
    """What there is to say about a name; "" if there is no such thing."""
    name = name.rpartition("errors.md#")[2].strip(" .:,()")  # as messages and screens give it
    for code in (name, "K" + name.upper().lstrip("K")):
        if code in found:
            return section(found, code)
    for row in rows:
        if key(name) in row.names:
            return text_on_exception(row, found)
    kinds = [kind for kind in found if kind[0] != "K" and key(kind) == key(name)]
    return section(found, kinds[0]) if kinds else ""


def text_on_exception(row, found):
    """The kinds of an exception, each with its section's first sentence."""
    numbers = [number for number in (*row.vectors[:1], *row.vectors[1:][-1:]) if number < 32]
    which = " to ".join(map(str, numbers))
    lines = [row.title + (f", exception{'s' * (len(numbers) > 1)} {which}" if which else ""), ""]
    if len(row.kinds) == 1:
        return "\n".join(lines + found[row.kinds[0]][1]).strip()
    lines += ["A fault's explanation names one of these; `explain NAME` says more:", ""]
    room: dict = {
        "initial_indent": " " * 4,
        "subsequent_indent": " " * 25,
        "break_on_hyphens": False,
    }
    for kind in row.kinds:
        text = without_links(" ".join(found[kind][1][2:]))
        sentence = re.split(r"[.:](?: |$)", text)[0]
        lines += textwrap.wrap(f"{kind:<20} {sentence}.", 96, **room)
    return "\n".join(lines)


def near(names, word, found, rows):
    """What may have been meant, to be added to an error."""
    known = [kind for kind in found if kind[0] != "K"]
    known += [row.name for row in rows if row.mnemonic] + ["triple fault"]
    matches = difflib.get_close_matches(" ".join(names).lower(), known, 1)
    matches = matches or difflib.get_close_matches(word, known, 1)
    return f" (did you mean {matches[0]}?)" if matches else ""


def listing(found):
    """All codes with their titles."""
    return "\n".join(f"    {code}  {title}".rstrip() for code, (title, _) in sorted(found.items()))


if __name__ == "__main__":
    start(lambda words: explain(COMMAND.read(words)))
