"""report.py - formats results as tables and compares them with the targets.

Knows what the figures are called; knows nothing of how they came about.
"""

STEPS = ("until its first instruction", "reading", "planning and carrying out", "the jump")
OURS = "longjump"
EMPTY = "empty module"
UNKNOWN = [None] * len(STEPS)
WIDTH = 34  # of a row's name
MEDIA = {
    "q35-cd": "AHCI CD (q35-cd)",
    "pc-cd": "IDE CD (pc-cd)",
    "pc-hd": "IDE disk (pc-hd)",
    "uefi-hd": "UEFI, AHCI disk (uefi-hd)",
    "uefi-cd": "UEFI, AHCI CD (uefi-cd)",
}


def find(results, medium, size, loader):
    """Returns a loader's row, or an empty one."""
    for row in results:
        if (row["medium"], row["size"], row["loader"]) == (medium, size, loader):
            return row
    return {}


def ratio(value, other):
    """Returns the ratio of two values, if both are known."""
    return value / other if value is not None and other else None


def line(name, values, digits):
    """Prints one row of a table."""
    cells = ("-" if value is None else f"{value:.{digits}f}" for value in values)
    print(f"  {name:<{WIDTH}}" + "".join(f"{cell:>11}" for cell in cells))


def table(results, medium, sizes, figure, digits):
    """Prints a figure of all loaders, with Longjump's steps, and Longjump's ratio to each."""
    names = list(dict.fromkeys(row["loader"] for row in results if row["medium"] == medium))
    rows = {name: [find(results, medium, size.name, name) for size in sizes] for name in names}
    for name in names:
        line(name, [row.get(figure) for row in rows[name]], digits)
        if figure == "share" and name == OURS:
            for step, values in zip(STEPS, zip(*(row.get("steps", UNKNOWN) for row in rows[name]))):
                line(f"  {step}", values, digits)
            places(rows[name], digits)
    for name in names if OURS in names else []:
        if name not in (OURS, "floor"):
            pairs = zip(rows[OURS], rows[name])
            line(
                f"{OURS} / {name}",
                [ratio(ours.get(figure), theirs.get(figure)) for ours, theirs in pairs],
                2,
            )


def places(rows, digits):
    """Prints the share by the section in which the payload is, if it was in several."""
    shares = [row.get("places", {}) for row in rows]
    for place in dict.fromkeys(place for share in shares if len(share) > 1 for place in share):
        values = [share.get(place) if len(share) > 1 else None for share in shares]
        line(f"  payload in {place}", values, digits)


def targets(results):
    """Returns each target that can be judged by these results, with the value and the verdict."""

    def figure(key, medium, size, loader=OURS):
        return find(results, medium, size, loader).get(key)

    def wall(medium, size, peer):
        return ratio(figure("wall", medium, size), figure("wall", medium, size, peer))

    def beyond_empty():
        ours, empty = (figure("blocks", "q35-cd", "tiny", name) for name in (OURS, EMPTY))
        return ours - empty if ours and empty else None

    def beyond_floor(medium, size):
        ours, floor = (figure("share", medium, size, name) for name in (OURS, "floor"))
        return ours - floor if ours and floor else None

    steps = figure("steps", "q35-cd", "tiny")
    judged = (
        ("main to _start, tiny, AHCI CD, ms", steps and sum(steps[1:]), 1.0),
        ("share, tiny, AHCI CD, ms", figure("share", "q35-cd", "tiny"), 16.6),
        ("share, 16 MiB, AHCI CD, ms", figure("share", "q35-cd", "16"), 22.2),
        ("share, 64 MiB, AHCI CD, ms", figure("share", "q35-cd", "64"), 37.5),
        ("blocks beyond an empty module, AHCI CD", beyond_empty(), 1000),
        ("wall / raw floor, 64 MiB gz, IDE CD", wall("pc-cd", "64gz", "floor"), 1.0),
        ("wall / grub, tiny, AHCI CD", wall("q35-cd", "tiny", "grub"), 0.50),
        ("wall / grub, 16 MiB, AHCI CD", wall("q35-cd", "16", "grub"), 0.35),
        ("wall / limine, tiny, AHCI CD", wall("q35-cd", "tiny", "limine"), 0.25),
        ("wall / limine, 16 MiB, AHCI CD", wall("q35-cd", "16", "limine"), 0.35),
        ("share, tiny, UEFI, disk, ms", figure("share", "uefi-hd", "tiny"), 1.0),
        ("share, tiny, UEFI, CD, ms", figure("share", "uefi-cd", "tiny"), 1.4),
        ("beyond floor, 16 MiB, UEFI, disk, ms", beyond_floor("uefi-hd", "16"), 8.0),
        ("beyond floor, 16 MiB, UEFI, CD, ms", beyond_floor("uefi-cd", "16"), 8.0),
    )
    return [
        {"target": name, "value": value, "at_most": most, "met": value <= most}
        for name, value, most in judged
        if value is not None
    ]


def show(results, media, sizes):
    """Prints everything."""
    for medium in media:
        print(f"\n{MEDIA[medium]:<{WIDTH + 2}}" + "".join(f"{size.title:>11}" for size in sizes))
        print("share, ms of the guest's clock")
        table(results, medium, sizes, "share", 2)
        if any("blocks" in row for row in results):
            print("blocks of code that QEMU translates")
            table(results, medium, sizes, "blocks", 0)
        if any("wall" in row for row in results):
            print("wall clock of the whole process, s")
            table(results, medium, sizes, "wall", 3)
    judged = targets(results)
    if judged:
        print(f"\n{'targets':<{WIDTH + 4}}{'value':>11}{'at most':>11}")
    for target in judged:
        print(
            f"  {target['target']:<{WIDTH + 2}}{target['value']:>11.2f}{target['at_most']:>11.2f}"
            f"  {'met' if target['met'] else 'MISSED'}"
        )
