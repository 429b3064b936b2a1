"""record.py - classes of named fields, declared as with the standard library's dataclasses.

Importing dataclasses, and compiling the code that it generates for each class, takes a quarter of
the time in which a command starts. This module has the parts that are used, and generates no code.
"""

TYPE_CHECKING = False  # mypy takes it for True

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:

    class field:
        """A field whose default is created separately for each object."""

        def __init__(self, default_factory):
            self.make = default_factory

    def dataclass(cls=None, *, frozen=False):
        """Adds methods to a class: they construct, compare and show its objects by their fields.
        Objects of a `frozen` class cannot be changed, and can be keys."""
        if cls is None:
            return lambda cls: dataclass(cls, frozen=frozen)
        names = [*cls.__annotations__]
        makers = {name: vars(cls)[name].make for name in names
                  if isinstance(vars(cls).get(name), field)}  # fmt: skip
        needed = {name for name in names if not hasattr(cls, name)}
        for name, method in methods(names, makers, needed, frozen).items():
            if name not in vars(cls):
                setattr(cls, name, method)
        return cls

    def methods(names, makers, needed, frozen):
        """The methods of a class for its fields: name -> method."""

        def init(self, *values, **named):
            given = {**dict(zip(names, values)), **named}
            if (
                len(given) != len(values) + len(named)
                or not given.keys() <= {*names}
                or not needed <= given.keys()
            ):
                raise TypeError(f"{type(self).__name__}({', '.join(names)}) was given {given}")
            vars(self).update({name: make() for name, make in makers.items()})
            vars(self).update(given)

        def values_of(self):
            return [getattr(self, name) for name in names]

        def same(self, other):
            if type(other) is not type(self):
                return NotImplemented
            return values_of(self) == values_of(other)

        def shown(self):
            fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
            return f"{type(self).__name__}({fields})"

        def refuse(self, name, _value=None):
            raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

        made = {"__init__": init, "__eq__": same, "__repr__": shown, "__hash__": None}
        if frozen:
            made["__hash__"] = lambda self: hash(tuple(values_of(self)))
            made["__setattr__"] = made["__delattr__"] = refuse
        return made

    def replace(record, **changes):
        """A copy with other values in some fields."""
        kept = {name: getattr(record, name) for name in type(record).__annotations__}
        return type(record)(**{**kept, **changes})
