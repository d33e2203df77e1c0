"""Coverage-guided fuzzing with atheris (libFuzzer) of all targets: `make fuzz FUZZ_SECONDS=300`.

An input that breaks a promise is written to ``out/fuzz/TARGET``: put it into ``tests/fuzz/found``
with the target's name in front, and `test_fuzz_targets.py` tries it from then on.
"""

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["grader"], enable_loader_override=False):
    import fuzz_targets

FOUND = Path("out/fuzz")


def main(seconds: int) -> int:
    """Fuzz every target for its share of the time, each in a process of its own."""
    broken = 0
    for name in fuzz_targets.TARGETS:
        sys.stderr.write(f"== {name}\n")
        (FOUND / name).mkdir(parents=True, exist_ok=True)
        child = os.fork()
        if child == 0:
            _fuzz(name, max(1, seconds // len(fuzz_targets.TARGETS)))
        broken += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
    return broken


def _fuzz(name: str, seconds: int) -> None:
    target = fuzz_targets.TARGETS[name]
    with TemporaryDirectory() as folder:
        words, corpus = Path(folder) / "words", Path(folder) / "corpus"
        words.write_text("".join(f"{json.dumps(word)}\n" for word in _escaped()))
        corpus.mkdir()
        for number, seed in enumerate(fuzz_targets.SEEDS[name]):
            (corpus / str(number)).write_bytes(seed)
        arguments = [
            f"-max_total_time={seconds}",
            f"-dict={words}",
            f"-artifact_prefix={FOUND / name}/",
            "-max_len=8192",
            "-timeout=20",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
            "-verbosity=0",
        ]
        atheris.Setup([sys.argv[0], *arguments, str(corpus)], lambda data: target(data) and None)
        atheris.Fuzz()


def _escaped() -> list[str]:
    """The words of the dictionary whose escapes libFuzzer and JSON share."""
    return [word for word in fuzz_targets.WORDS if "\\" not in word]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
