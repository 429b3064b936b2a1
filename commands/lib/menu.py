"""menu.py - makes an isolinux.cfg show a menu, or stop at the prompt. Knows nothing else in it."""

FILES = ("menu.c32", "libutil.c32", "libcom32.c32")  # Syslinux's text menu, and what it calls
COUNTDOWN = 100  # tenths of a second, for an isolinux.cfg that names none
MENU = (f"UI {FILES[0]}", "MENU TITLE Longjump")
PROMPT = ("PROMPT 1",)


def keyword(line):
    """The first word of a line, in lower case; "" if it is empty."""
    return (line.split() or [""])[0].lower()


def with_menu(lines):
    """The lines, with a menu of their labels, of which the first is started after the TIMEOUT."""
    has_timeout = any(keyword(line) == "timeout" for line in lines)
    how = MENU if has_timeout else (*MENU, f"TIMEOUT {COUNTDOWN}")
    return _ask([line for line in lines if keyword(line) != "say"], how)  # it would be drawn over


def with_prompt(lines):
    """The lines, with a prompt before anything is started."""
    return _ask(lines, PROMPT)


def _ask(lines, how):
    """The lines, with these before the first label, instead of others of the same kind."""
    kept = [line for line in lines if keyword(line) not in ("ui", "prompt")]
    at = next((at for at, line in enumerate(kept) if keyword(line) == "label"), len(kept))
    return [*kept[:at], *how, "", *kept[at:]]
