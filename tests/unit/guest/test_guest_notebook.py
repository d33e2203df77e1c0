"""One notebook without torch: everything that a kernel must survive, and what is probed in it."""

from textwrap import dedent

import numpy as np
import pytest
from guest_runs import Stream, run_guest

from grader.domain.probe import Call, CallFunction, ReadVariables

RNG = np.random.default_rng(5)
X, H = RNG.normal(size=20), RNG.normal(size=3)
INPUTS = {"x": X, "h": H, "n": np.array(3.0)}

CELLS: dict[str, str] = {
    "first": "print('hello from the notebook')",
    "helper": "import helpers\nprint(helpers.answer())",
    "data": "import os\nprint(sorted(os.listdir('data')))",
    "syntax": "def broken(:\n    pass",
    "empty": "   \n",
    "error": "def deep():\n    raise ValueError('it is wrong')\ndeep()",
    "bash": "%%bash\necho from bash\nexit 0",
    "shell": "!echo from the shell",
    "pip": "!pip install surely-no-such-package-here",
    "magic_pip": "%pip install surely-no-such-package-here\n%conda install something",
    "input": "a = input('question? ')\nimport getpass\nprint(a, getpass.getpass('secret? '))",
    "input_loop": dedent("""
        while True:
            if input() == 'x':
                break
    """),
    "quit": "quit()\nprint('still here')",
    "exit": "exit()",
    "sys_exit": "import sys\nsys.exit(3)",
    "matplotlib": dedent("""
        %matplotlib notebook
        import matplotlib, matplotlib.pyplot as plt
        print(matplotlib.get_backend())
        plt.figure()
        plt.stem([1, 2, 3], use_line_collection=True)
        plt.gca().stem([1, 2], use_line_collection=False)
        plt.show()
    """),
    "widget": "%matplotlib widget\n%matplotlib qt\nmatplotlib.use('TkAgg')\n%gui qt",
    "figures": "print(plt.get_fignums())",
    "autoreload": "%load_ext autoreload\n%autoreload 2",
    "tqdm": dedent("""
        from tqdm import tqdm
        from tqdm.notebook import tqdm as widget
        print(sum(tqdm(range(5))) + sum(widget(range(5))))
    """),
    "rewriting": "for i in range(3):\n    print(f'\\rstep {i}', end='')",
    "repr": dedent("""
        class Recursing:
            def __repr__(self):
                return repr(self)
        Recursing()
    """),
    "no_str": dedent("""
        class Mute(Exception):
            def __str__(self):
                raise Mute
        raise Mute
    """),
    "surrogate": "print('lone \\ud800 surrogate'); x_name = '\\ud800'\nraise ValueError('\\udfff')",
    "huge_error": "raise ValueError('x' * 5_000_000)",
    "escape": "print('\\x1b[31mred\\x1b[0m \\x07 bell')",
    "stdout": "import os\nprint(os.write(1, b'to the descriptor\\n'))",
    "rich": "from IPython.display import HTML, display\nfor _ in range(3000): display(HTML('x'))",
    "variables": dedent("""
        import numpy as np
        result = np.arange(6.0).reshape(2, 3)
        thresholded = [[True, False], [False, True]]
        ragged = [[1], [2, 3]]
        text = 'words'
        number = 5
        infinite = np.array([np.nan, np.inf])
    """),
    "late_helper": "def waits(x, h):\n    return defined_later(x, h)",
    "conv": "def conv(x, h):\n    print('noise')\n    return np.convolve(x, h, mode='same')",
    "conv_again": "def conv(x, h):\n    return np.convolve(x, h[::-1], mode='same')",
    "mutates": "def mutates(x, h):\n    x += 1\n    return x",
    "raises": "def raises(x, h):\n    return x[100]",
    "raises_later": "raises_name = 1",
    "exits": "def exits(x, h):\n    import sys\n    sys.exit('bye')",
    "random": dedent("""
        counter = iter(range(10**6))
        def unsteady(x, h):
            return x + next(counter)
        def drawn(x, h):
            import random
            return np.random.rand() + random.random() + np.zeros(3)
    """),
    "liar": dedent("""
        class Liar(np.ndarray):
            def __eq__(self, other):
                raise SystemExit
            def __array__(self, *a, **k):
                raise RuntimeError('no')
            def copy(self, *a):
                return 'never'
            @property
            def __class__(self):
                return dict
        def lies(x, h):
            return np.asarray(x).view(Liar)
    """),
    "odd_results": dedent("""
        def complex_result(x, h):
            return x * 1j
        def object_result(x, h):
            return np.array([object()])
        def listed(x, h):
            return [int(v > 0) for v in x]
        class Price(float):
            def __float__(self):
                raise RuntimeError('no')
        def scalar(x, h):
            return Price(2.5)
        def nothing(x, h):
            pass
        def booleans(x, n):
            assert type(n) is float
            return x > n
        def globals_change(x, h):
            global history, trace
            history = 'lost'
            trace.append(1)
            return x
        history, trace = 'kept', []
    """),
    "kept": "print(history, trace)",
    "seeds": dedent("""
        import random
        random.seed(1); np.random.seed(1)
        expected = random.Random(1).random(), np.random.RandomState(1).rand()
        def seeded(x, h):
            return np.random.rand(3) + random.random()
    """),
    "seeds_kept": "print((random.random(), np.random.rand()) == expected)",
    "hostile_warnings": dedent("""
        import warnings
        warnings.simplefilter('error')
        np.seterr(all='raise')
        np.set_printoptions(precision=1)
        def divides(x, h):
            warnings.warn('careful')
            return x / np.zeros(len(x))
    """),
    "warnings_kept": "print(np.geterr()['divide'], warnings.filters[0][0])",
    "folder": dedent("""
        os.makedirs('elsewhere'); os.chdir('elsewhere')
        def moves(x, h):
            import os
            os.chdir('/')
            return x
    """),
    "folder_kept": "print(os.path.basename(os.getcwd()))",
    "recursion": "import sys\nsys.setrecursionlimit(150)\ndef shallow(x, h):\n    return x",
    "recursion_kept": "print(sys.getrecursionlimit())\nsys.setrecursionlimit(3000)",
    "figure_left": "def draws(x, h):\n    plt.figure()\n    return x",
    "figure_closed": "print(plt.get_fignums())",
    "traced": "sys.settrace(lambda *a: None)\ndef untraced(x, h):\n    return x",
    "json": "import json\njson.dumps = json.loads = None\nprint('json is gone')",
    "builtins": dedent("""
        import builtins
        kept_open, kept_print = builtins.open, builtins.print
        builtins.open = None
        del builtins.print
        def robust(x, h):
            print('the real one')
            return x * 2
    """),
    "builtins_kept": dedent("""
        kept_print(builtins.open, 'print' in vars(builtins))
        builtins.print = kept_print
    """),
    "names": "get_ipython = print = str = list = None",
    "defined": "def defined_later(x, h):\n    return x - 1",
    "last": "kept_print('the end')",
}
INDEX = {name: number for number, name in enumerate(CELLS)}
FUNCTIONS = [
    "conv",
    "mutates",
    "raises",
    "exits",
    "unsteady",
    "drawn",
    "lies",
    "complex_result",
    "object_result",
    "listed",
    "scalar",
    "nothing",
    "globals_change",
    "seeded",
    "divides",
    "moves",
    "shallow",
    "draws",
    "untraced",
    "robust",
    "waits",
    "raises_name",
]


def _function(name: str) -> CallFunction:
    return CallFunction(id=name, name=name, calls=(Call(args=("x", "h")), Call(args=("x", "h"))))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    folder = tmp_path_factory.mktemp("notebook")
    data = folder / "sets"
    (data / "MNIST").mkdir(parents=True)
    probes = [
        *map(_function, FUNCTIONS),
        CallFunction(id="booleans", name="booleans", calls=(Call(args=("x", "n")),)),
        ReadVariables(
            id="variables",
            names=("result", "thresholded", "ragged", "text", "number", "infinite", "absent"),
        ),
        ReadVariables(id="no_variables", names=("nowhere", "result")),
    ]
    files = {"helpers.py": "def answer():\n    return 'forty-two'\n"}
    return run_guest(folder, list(CELLS.values()), probes, INPUTS, files=files, data=data)


def _status(ran: Stream, name: str) -> str:
    return ran.cell(INDEX[name]).status


def _printed(ran: Stream, name: str) -> str:
    return ran.output(INDEX[name]).strip()


def _error(ran: Stream, name: str) -> str:
    error = ran.cell(INDEX[name]).error
    assert error is not None
    return error.name


def test_the_whole_notebook_ran_to_its_end(ran: Stream) -> None:
    assert ran.code == 0
    assert ran.end().reason == "finished"
    assert sorted(ran.cells()) == list(range(len(CELLS)))
    assert _printed(ran, "last") == "the end"


def test_hello_names_the_libraries_without_importing_them(ran: Stream) -> None:
    environment = ran.hello().environment
    assert environment.libraries.keys() >= {"torch", "numpy"}
    assert environment.threads == 1


def test_every_other_cell_is_ok(ran: Stream) -> None:
    failing = {
        "syntax": "SyntaxError",
        "error": "ValueError",
        "sys_exit": "SystemExit",
        "input_loop": "EOFError",
        "no_str": "Mute",
        "repr": "RecursionError",
        "surrogate": "ValueError",
        "huge_error": "ValueError",
    }
    wrong = {n: _error(ran, n) for n in CELLS if ran.cell(INDEX[n]).error is not None}
    assert wrong == failing
    assert {_status(ran, name) for name in failing} == {"error"}
    assert {_status(ran, name) for name in CELLS if name not in failing} == {"ok"}


def test_given_files_and_data_are_in_the_working_directory(ran: Stream) -> None:
    assert _printed(ran, "helper") == "forty-two"
    assert _printed(ran, "data") == "['MNIST']"


def test_a_traceback_is_plain_text_that_shows_the_line(ran: Stream) -> None:
    error = ran.cell(INDEX["error"]).error
    assert error is not None
    assert "raise ValueError('it is wrong')" in error.traceback
    assert "\x1b" not in error.traceback


def test_shells_and_installers_return_at_once(ran: Stream) -> None:
    assert _printed(ran, "bash") == "from bash"
    assert _printed(ran, "shell") == "from the shell"
    assert "no network" in _printed(ran, "magic_pip")
    assert ran.cell(INDEX["pip"]).seconds < 20


def test_questions_are_answered_until_a_loop_must_give_up(ran: Stream) -> None:
    assert _printed(ran, "input").splitlines()[-1] == "q q"
    assert _error(ran, "input_loop") == "EOFError"


def test_quit_does_not_end_the_kernel(ran: Stream) -> None:
    assert _printed(ran, "quit") == "still here"


def test_interactive_backends_become_the_inline_one(ran: Stream) -> None:
    assert "inline" in _printed(ran, "matplotlib").splitlines()[0]
    assert _printed(ran, "figures") == "[]"


def test_carriage_returns_are_kept(ran: Stream) -> None:
    assert "\rstep 1\rstep 2" in ran.output(INDEX["rewriting"])


def test_lone_surrogates_and_terminal_codes_are_replaced(ran: Stream) -> None:
    assert _printed(ran, "surrogate").splitlines()[0] == "lone ? surrogate"
    assert _printed(ran, "escape") == "red  bell"


def test_rich_output_is_dropped(ran: Stream) -> None:
    assert _printed(ran, "rich") == ""


def test_progress_tells_the_last_line(ran: Stream) -> None:
    assert ran.progress(INDEX["first"]) == ["hello from the notebook"]


def test_variables_are_read_as_plain_arrays(ran: Stream) -> None:
    answer = ran.to("variables")[0]
    seen = {v.name: v for v in answer.answer.variables}
    assert list(seen) == ["result", "thresholded", "ragged", "text", "number", "infinite"]
    assert answer.answer.cell == INDEX["variables"]
    assert answer.tensors["result"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert answer.tensors["thresholded"].dtype == bool
    assert answer.tensors["number"].dtype == np.int64
    assert seen["ragged"].key is None
    assert seen["text"].type == "str"
    assert np.isnan(answer.tensors["infinite"][0])


def test_variables_that_never_were_are_missing(ran: Stream) -> None:
    assert ran.only("no_variables").answer.reason == "missing"


def test_a_function_is_asked_at_each_binding(ran: Stream) -> None:
    first, second = ran.to("conv")
    assert (first.answer.cell, second.answer.cell) == (INDEX["conv"], INDEX["conv_again"])
    assert np.allclose(first.tensors["key.0"], np.convolve(X, H, "same"))
    assert np.allclose(second.tensors["key.0"], np.convolve(X, H[::-1], "same"))
    assert first.answer.found.how == "name"
    assert first.answer.type == "function"


def test_a_changed_input_is_noticed_and_the_next_call_gets_a_fresh_one(ran: Stream) -> None:
    answer = ran.only("mutates")
    assert [call.changed_input for call in answer.answer.calls] == [True, True]
    assert np.allclose(answer.tensors["key.1"], X + 1)
    assert not ran.to("conv")[0].answer.calls[0].changed_input


def test_an_exception_is_an_answer_and_asked_again_at_the_end(ran: Stream) -> None:
    first, last = ran.to("raises")
    assert last.answer.cell == INDEX["last"]
    error = first.answer.calls[0].error
    assert error is not None
    assert (error.name, error.line) == ("IndexError", "return x[100]")


def test_an_exit_inside_a_function_is_an_exception(ran: Stream) -> None:
    error = ran.to("exits")[0].answer.calls[0].error
    assert error is not None
    assert (error.name, error.message) == ("SystemExit", "bye")


def test_a_helper_defined_later_is_waited_for(ran: Stream) -> None:
    early, late = ran.to("waits")
    assert early.answer.calls[0].error.name == "NameError"
    assert np.allclose(late.tensors["key.0"], X - 1)


def test_a_second_call_that_differs_is_told(ran: Stream) -> None:
    assert not ran.only("unsteady").answer.calls[0].repeatable
    assert not ran.only("drawn").answer.calls[0].repeatable
    assert ran.to("conv")[0].answer.calls[0].repeatable


def test_what_is_no_function_is_of_the_wrong_type(ran: Stream) -> None:
    assert {a.answer.reason for a in ran.to("raises_name")} == {"wrong_type"}


def test_a_lying_array_is_read_by_what_it_is(ran: Stream) -> None:
    assert np.array_equal(ran.only("lies").tensors["key.0"], X)


@pytest.mark.parametrize(
    ("name", "type_name", "dtype"),
    [
        ("complex_result", "ndarray", "complex128"),
        ("object_result", "ndarray", "object"),
        ("nothing", "NoneType", ""),
    ],
)
def test_a_result_that_is_no_array_of_numbers_has_no_key(
    ran: Stream, name: str, type_name: str, dtype: str
) -> None:
    call = ran.only(name).answer.calls[0]
    assert (call.key, call.type, call.dtype) == (None, type_name, dtype)


def test_lists_scalars_and_booleans_become_arrays(ran: Stream) -> None:
    assert np.array_equal(ran.only("listed").tensors["key.0"], (X > 0).astype(int))
    assert ran.only("scalar").tensors["key.0"] == 2.5
    assert np.array_equal(ran.only("booleans").tensors["key.0"], X > 3.0)


def test_a_function_leaves_no_trace_in_the_notebook(ran: Stream) -> None:
    assert _printed(ran, "kept") == "kept []"
    assert _printed(ran, "seeds_kept") == "True"
    assert _printed(ran, "warnings_kept") == "raise error"
    assert _printed(ran, "folder_kept") == "elsewhere"
    assert _printed(ran, "recursion_kept") == "150"
    assert _printed(ran, "figure_closed") == "[]"
    assert _printed(ran, "builtins_kept") == "None False"


def test_a_notebook_leaves_no_trace_in_a_probe(ran: Stream) -> None:
    assert np.isinf(ran.only("divides").tensors["key.0"]).all()
    assert np.array_equal(ran.only("robust").tensors["key.0"], 2 * X)
    for name in ("moves", "shallow", "draws", "untraced", "globals_change"):
        assert np.array_equal(ran.only(name).tensors["key.0"], X), name


def test_probes_are_seeded(ran: Stream) -> None:
    calls = ran.only("seeded")
    assert not np.array_equal(calls.tensors["key.0"], calls.tensors["key.1"])
