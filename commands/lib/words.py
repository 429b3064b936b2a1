"""words.py - parses a command line by a command's list of options.

argparse is not used because it takes the value of `--options -stack=1M` for an option.
"""

import os
import shlex

from lib.project import Stop, Voice
from lib.record import dataclass


@dataclass(frozen=True)
class Option:
    """One option: `value` names its values, one word or several, or is empty; with `many`, it may
    be repeated, and its values are a list."""

    name: str
    value: str
    text: str
    many: bool = False

    @property
    def key(self):
        return self.name[2:].replace("-", "_")

    @property
    def words(self):
        """The option as its help shows it."""
        short = f"{SHORT[self.name]}, " if self.name in SHORT else ""
        return f"{short}{self.name} {self.value}".rstrip()


SHORT = {"--kernel": "-k", "--append": "-a", "--memory": "-m"}  # what is typed daily
NEAR = 0.65  # how similar a suggestion must be
MAY_BE_EMPTY = ("STRING",)
COMMON = (
    Option("--verbose", "", "shows the commands that it runs"),
    Option("--no-install", "", "installs no packages; says which are missing instead"),
)


@dataclass(frozen=True)
class Command:
    """A command: its name, its help text and what it accepts."""

    name: str
    text: str
    options: tuple
    examples: tuple
    names: str = ""  # what its other arguments are; "": none are allowed
    rest: str = ""  # what may follow `--`; "": nothing
    first_ends: bool = False  # the first name ends the options: what follows it is the rest

    def read(self, words):
        """Returns the options by key, with .names and .rest; --help ends here."""
        known = {option.name: option for option in (*self.options, *COMMON)}
        found: dict = {o.key: [] if o.many else None if o.value else False for o in known.values()}
        known |= {short: known[name] for name, short in SHORT.items() if name in known}
        found.update(names=[], rest=[])
        words = list(words)
        while words:
            word = words.pop(0)
            name, equals, value = word.partition("=")
            if word in ("-h", "--help"):
                print(self.help(), end="")
                raise Stop("", 0)
            if word == "--" and self.rest:
                found["rest"], words = words, []
            elif name in known:
                self._take(found, known[name], value if equals else None, words)
            elif word.startswith("-") or not self.names:
                raise Stop(self._unknown(word, name, known), 2)
            elif not word:
                raise Stop(f"{self.name} needs {self.names}, not an empty word", 2)
            else:
                found["names"].append(word)
                if self.first_ends:
                    found["rest"], words = words, []
        Voice.verbose = found["verbose"]
        return Words(**found)

    def _take(self, found, option, value, words):
        if not option.value:
            if value is not None:
                raise Stop(f"{self.name}: {option.name} takes no value", 2)
            found[option.key] = True
            return
        if value is None:
            if not words:
                raise Stop(f"{self.name}: {option.name} needs {option.value} after it", 2)
            value = words.pop(0)
        if not value and option.value not in MAY_BE_EMPTY:
            raise Stop(f"{self.name}: {option.name} needs {option.value}, not an empty word", 2)
        more = len(option.value.split()) - 1
        if more > len(words):
            raise Stop(f"{self.name}: {option.name} needs {option.value} after it", 2)
        if more:
            value, words[:more] = [value, *words[:more]], []
        if option.many:
            found[option.key].append(value)
        else:
            found[option.key] = value

    def _unknown(self, word, name, known):
        import difflib  # needed only after a mistake

        bare = {one.lstrip("-"): one for one in known}
        near = difflib.get_close_matches(name.lstrip("-"), bare, 1, NEAR)
        hint = (
            f"; did you mean {bare[near[0]]}?" if near else f"; see ./build.sh {self.name} --help"
        )
        if "--kernel" in known and os.path.isfile(word):
            hint = f"; to boot a kernel: ./build.sh {self.name} --kernel {shlex.quote(word)}"
        kind = "option" if word.startswith("-") else "word"
        shown = word or "''"
        return f"{self.name}: unknown {kind} {shown}{hint}"

    def help(self):
        """The whole help text of the command."""
        usage = f"usage: ./build.sh {self.name} [OPTION...]"
        if self.first_ends:
            usage += f" {self.names} [{self.rest}...]"
        else:
            usage += f" [{self.names}...]" if self.names else ""
            usage += f" [-- {self.rest}...]" if self.rest else ""
        lines = [usage, "", self.text.strip(), "", "options:"]
        for option in (*self.options, *COMMON):
            first, *more = option.text.split("\n")
            gap = "  " if len(option.words) >= 24 else " "
            lines.append(f"    {option.words:<24}{gap}{first}")
            lines += [f"    {'':<24} {line.strip()}" for line in more]
        lines += ["", "examples:"] + [f"    {example}" for example in self.examples]
        return "\n".join(lines) + "\n"


class Words:
    """The options of one command line, as attributes."""

    def __init__(self, **found):
        self.__dict__.update(found)
