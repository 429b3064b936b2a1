"""lib/record.py: the parts of dataclasses that it has work as in the standard library."""

import dataclasses

import pytest

from lib import record


@pytest.fixture(params=[record, dataclasses], ids=["ours", "the library's"])
def classes(request):
    """Point and Box, declared by ours or by the standard library's."""

    @request.param.dataclass(frozen=True)
    class Point:
        """Two numbers."""

        x: int
        y: int = 2

    @request.param.dataclass
    class Box:
        """Something that can be filled."""

        name: str
        contents: list = request.param.field(default_factory=list)

        def __repr__(self):
            return "a box"

    return Point, Box, request.param.replace


def test_fields_are_given_by_place_or_by_name(classes):
    point, box, _replace = classes
    assert (point(1).x, point(1).y, point(y=4, x=3).y) == (1, 2, 4)
    assert box("it", contents=[1]).contents == [1]


@pytest.mark.parametrize("values, named", [((), {}), ((1, 2, 3), {}), ((1,), {"x": 1}),
                                           ((1,), {"z": 1})])  # fmt: skip
def test_a_field_that_is_missing_or_unknown_or_given_twice_is_refused(classes, values, named):
    with pytest.raises(TypeError):
        classes[0](*values, **named)


def test_what_has_the_same_values_is_equal(classes):
    point, box, replace = classes
    assert point(1) == point(1, 2) != point(2)
    assert box("it") == box("it") != box("it", [1]) and point(1) != (1, 2)
    assert len({point(1), point(1, 2), point(3)}) == 2
    assert replace(point(1), y=5) == point(1, 5)


def test_what_is_frozen_cannot_be_changed_and_the_rest_is_no_key(classes):
    point, box, _replace = classes
    with pytest.raises(AttributeError):
        point(1).x = 2
    one, other = box("one"), box("other")
    one.contents.append(1)
    assert (one.contents, other.contents) == ([1], [])
    with pytest.raises(TypeError):
        hash(one)


def test_it_is_shown_with_its_fields(classes):
    point, box, _replace = classes
    assert repr(point(1)).endswith("Point(x=1, y=2)") and repr(box("it")) == "a box"
