"""Named mistakes in how the exercise's networks convolve, pool and flatten."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

from grader.checks.misconception import Misconception
from grader.checks.model import Shapes
from reference.cnn.designs import OTHER_AXES, Design
from reference.cnn.mistaken import Change, DesignFor, mistake


def of_convolutions(design: DesignFor, count: int) -> tuple[Misconception, ...]:
    """Mistakes that a network of `count` convolutions can have."""
    return (
        *_in_filters(design, count),
        *_in_padding(design, count),
        *_in_pooling(design, count),
        *_in_flattening(design),
    )


def _places(count: int) -> Iterator[tuple[int, ...]]:
    """All of the numbers below `count`, then fewer of them, down to single ones."""
    for size in range(count, 0, -1):
        yield from combinations(range(count), size)


def _convolutions(changes: Mapping[int, Mapping[str, Any]]) -> Change:
    """Other fields in the convolutions of these numbers."""

    def change(design: Design, _: Shapes) -> Design:
        found = list(design.convolutions)
        for place, fields in changes.items():
            if place >= len(found):
                raise ValueError(f"place {place}: found {len(found)} convolutions, expected more")
            found[place] = replace(found[place], **fields)
        return replace(design, convolutions=tuple(found))

    return change


def _student_filters(*, padded: bool) -> Change:
    """Filters of the student's sizes, all padded so that sides stay, or none."""

    def change(design: Design, shapes: Shapes) -> Design:
        kernels = [shape[2] for shape in shapes if len(shape) == 4 and shape[2] == shape[3]]
        if len(kernels) != len(design.convolutions):
            raise ValueError(f"square filters: found {kernels}, expected one a convolution")
        if {*kernels} <= {3, 5}:
            raise ValueError(f"sides of filters: found {kernels}, expected others than 3 and 5")
        found = (
            replace(one, kernel=kernel, padding=kernel // 2 if padded else 0)
            for one, kernel in zip(design.convolutions, kernels, strict=True)
        )
        return replace(design, convolutions=tuple(found))

    return change


def _in_filters(design: DesignFor, count: int) -> Iterator[Misconception]:
    five = (
        "five_by_five",
        0.5,
        "It uses filters of 5 by 5 pixels; the figure shows 3 by 3.",
        "used filters of 5 by 5 pixels",
    )
    for places in _places(count):
        for first, others in ((2, 2), (0, 0), (2, 0)):
            paddings = (first, *[others] * (len(places) - 1))
            changed = {
                place: {"kernel": 5, "padding": padding}
                for place, padding in zip(places, paddings, strict=True)
            }
            everywhere = first == others and len(places) == count
            yield mistake(design, _convolutions(changed), five, combines=everywhere)
    other = (
        "other_filter_size",
        0.5,
        "Its filters are of another size than those of the figure: see the table of layers.",
        "used filters of another size",
    )
    for padded in (True, False):
        yield mistake(design, _student_filters(padded=padded), other)


def _in_padding(design: DesignFor, count: int) -> Iterator[Misconception]:
    for places in _places(count):
        which = "Its convolutions do" if len(places) == count else "Some of its convolutions do"
        told = (
            "no_padding",
            0.5,
            f"{which} not pad, so that the image shrinks by two pixels there.",
            "did not pad the convolutions",
        )
        changed = {place: {"padding": 0} for place in places}
        yield mistake(design, _convolutions(changed), told, combines=True)


def _in_pooling(design: DesignFor, count: int) -> Iterator[Misconception]:
    for places in _places(count):
        everywhere = len(places) == count
        average = (
            "average_pooling",
            0.5,
            "It pools by the average where the maximum was asked for.",
            "pooled by the average",
        )
        stride = (
            "stride_for_pooling",
            0.5,
            "Its convolutions halve the image by their stride, where pooling was asked for.",
            "used a stride instead of pooling",
        )
        numbers = " and ".join(str(place + 1) for place in places)
        forgotten = (
            "pooling_forgotten",
            0.5,
            "It does not pool." if everywhere else f"It does not pool after convolution {numbers}.",
            "forgot a pooling",
        )
        for pool, told, combines in (
            ("average", average, everywhere),
            ("stride", stride, everywhere),
            ("none", forgotten, len(places) == 1 or everywhere),
        ):
            changed = {place: {"pool": pool} for place in places}
            yield mistake(design, _convolutions(changed), told, combines=combines)


def _in_flattening(design: DesignFor) -> Iterator[Misconception]:
    told = (
        "flatten_order",
        0.75,
        "It flattens its maps in another order: are axes swapped before the dense layers?",
        "swapped axes before flattening",
    )
    for axes in OTHER_AXES:
        yield mistake(design, _axes(axes), told, combines=axes == (1, 2, 0))


def _axes(axes: tuple[int, ...]) -> Change:
    return lambda design, _: replace(design, axes=axes)
