"""Whatever evidence says, a judge answers with an outcome of its own and never raises."""

from typing import Any

import made
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grader.domain.evidence import (
    Answered,
    CallAnswer,
    Found,
    FunctionAnswer,
    LayerSeen,
    ModuleAnswer,
    OptimizerAnswer,
    Parameter,
    TrainingAnswer,
    Unanswered,
    VariablesAnswer,
    VariableSeen,
)
from grader.domain.raised import Raised
from grader.domain.run import Stopped
from grader.domain.training import TrainingRun
from reference.cnn.assignment import assignment

CHECKS = [
    check
    for problem in assignment.problems
    for check in problem.checks
    if check.questions(made.HIDDEN).probes and check.id not in {"accuracy", "against_model_lenet"}
]
SHAPES = st.sampled_from(
    [(), (0,), (1,), (3,), (10,), (64, 10), (10, 64), (64, 0), (512, 784), (784, 512), (6, 1, 3, 3),
     (16, 6, 3, 3), (120, 784), (2, 2, 2, 2, 2), (0, 1, 3, 3), (100_000, 1, 3, 3), (25,), (12, 20)]
)  # fmt: skip
DTYPES = st.sampled_from(
    [np.float64, np.float32, np.float16, np.int64, np.uint8, np.bool_, np.complex64, np.uint64]
)


@st.composite
def array(draw: Any) -> np.ndarray:
    kind = draw(st.sampled_from(["full", "random"]))
    shape, dtype = draw(SHAPES), np.dtype(draw(DTYPES))
    if kind == "random" and np.prod(shape, dtype=int) < 100:
        return draw(arrays.arrays(dtype, shape))
    values = st.sampled_from([0, 1, np.nan, np.inf, -np.inf, 1e300, 1e-320, 0.5])
    value = draw(values if dtype.kind in "fc" else st.sampled_from([0, 1]))
    with np.errstate(all="ignore"):
        return np.full(shape, value).astype(dtype)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
KEYS = st.sampled_from(
    ["output", "p0", "p1", "p2", "r0", "r1", "first.0", "second.0", "1.0.weight",
     "2.1.running_mean", "thresholded_result", "result"]
)  # fmt: skip
MAYBE_KEY = st.none() | KEYS
COUNT = st.sampled_from([0, 1, 8, 567_434, 10**18])
SHAPE = st.lists(st.sampled_from([-1, 0, 1, 10, 2**62]), max_size=8).map(tuple)
FOUND = st.builds(
    Found, asked=TEXT, used=TEXT, how=st.sampled_from(["name", "fallback", "constructed"])
)
ERROR = st.none() | st.builds(Raised, name=TEXT, message=TEXT, line=st.none() | TEXT)
BASE = {"probe": st.just(""), "cell": st.integers(-1, 99), "found": FOUND}
PARAMETER = st.builds(
    Parameter, name=TEXT, shape=SHAPE, key=MAYBE_KEY, used=st.booleans(), trainable=st.booleans()
)
LAYER = st.builds(
    LayerSeen, name=TEXT, type=TEXT, parameters=COUNT, output_shape=st.none() | SHAPE, settings=TEXT
)
CALL = st.builds(
    CallAnswer,
    key=MAYBE_KEY,
    type=TEXT,
    dtype=st.sampled_from(["", "float32", "bfloat16", "object"]),
    gradient=MAYBE_KEY,
    error=ERROR,
    timed_out=st.booleans(),
    changed_input=st.booleans(),
    repeatable=st.booleans(),
)
ANSWERS = st.one_of(
    st.builds(
        ModuleAnswer,
        class_name=TEXT,
        parameters=st.lists(PARAMETER, max_size=10).map(tuple),
        layers=st.lists(LAYER, max_size=10).map(tuple),
        parameter_count=COUNT,
        error=ERROR,
        **BASE,
    ),
    st.builds(FunctionAnswer, type=TEXT, calls=st.lists(CALL, max_size=20).map(tuple), **BASE),
    st.builds(
        OptimizerAnswer,
        class_name=TEXT,
        options=st.dictionaries(TEXT, st.floats(allow_nan=False, allow_infinity=False) | TEXT),
        groups=COUNT,
        model_parameters=COUNT,
        held=COUNT,
        foreign=COUNT,
        error=ERROR,
        **BASE,
    ),
    st.builds(
        TrainingAnswer,
        runs=st.lists(
            st.builds(TrainingRun, epochs=st.sampled_from([-1, 1, 2, 10**9]), error=ERROR),
            max_size=4,
        ).map(tuple),
        **BASE,
    ),
    st.builds(
        VariablesAnswer,
        variables=st.lists(
            st.builds(
                VariableSeen,
                name=st.sampled_from(["thresholded_result", "result", "x"]),
                key=MAYBE_KEY,
            ),
            max_size=4,
        ).map(tuple),
        **BASE,
    ),
    st.builds(
        Unanswered,
        reason=st.sampled_from(["missing", "ambiguous", "wrong_type", "raised", "too_large"]),
        message=TEXT,
        probe=st.just(""),
        cell=st.just(0),
    ),
)
EVIDENCE = st.lists(
    st.tuples(ANSWERS, st.dictionaries(KEYS, array(), max_size=8)), min_size=1, max_size=3
)
STOPPED = st.sampled_from([Stopped(reason="finished"), Stopped(reason="wall_time", cell=3)])


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: f"{c.id}")
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(evidence=EVIDENCE, stopped=STOPPED)
def test_no_evidence_breaks_a_judge(check: Any, evidence: Any, stopped: Stopped) -> None:
    answers = [
        Answered(answer.model_copy(update={"probe": probe.id}), tensors)
        for answer, tensors in evidence
        for probe in check.questions(made.HIDDEN).probes
    ]
    outcome = check.judge(made.case(*answers, stopped=stopped))
    assert outcome.status in {"failed", "not_graded", "partial", "passed"}
    assert outcome.message
    outcome.model_dump_json()


SPOILT = {
    "numbers": lambda a: np.full_like(a, 7),
    "nan": lambda a: np.full(a.shape, np.nan),
    "inf": lambda a: np.full(a.shape, np.inf),
    "empty": lambda a: a.reshape(-1)[:0],
    "scalar": lambda a: np.asarray(a.reshape(-1)[0]) if a.size else a,
    "integers": lambda a: a.astype(np.int64) if np.isfinite(a).all() else a,
    "complex": lambda a: a.astype(np.complex128),
    "transposed": lambda a: np.ascontiguousarray(a.T),
    "huge": lambda a: np.full(a.shape, 1e308),
    "tiny": lambda a: np.full(a.shape, 1e-320),
}


@pytest.mark.parametrize(
    "problem", [p for p in assignment.problems if p.id in {"fc", "lenet", "cnn"}]
)
@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_right_models_arrays_spoiled_one_at_a_time_never_pass(problem: Any, spoil: Any) -> None:
    check = problem.checks[0]
    module = check.model.reference(())
    right = made.module(check.model.name, module, check.model.inputs(made.HIDDEN))
    assert check.judge(made.case(right)).status == "passed"
    for key in right.tensors:
        with np.errstate(all="ignore"):
            tensors = {**right.tensors, key: spoil(right.tensors[key])}
        if np.array_equal(tensors[key], right.tensors[key]):
            continue
        as_matrix_of_inputs_by_outputs = key != "output" and spoil is SPOILT["transposed"]
        outcome = check.judge(made.case(Answered(right.answer, tensors)))
        assert outcome.status != "passed" or as_matrix_of_inputs_by_outputs
