"""`make bench`: each line is a ratio or a size measured now, beside what is promised.

``make bench BENCH=quick`` cuts every training down to a few batches (minutes);
``make bench BENCH="memory regrade"`` measures only these.
"""

import sys

from rich.console import Console
from rich.table import Table

from benchmarks import measures
from benchmarks.notebooks import Notebooks
from benchmarks.result import Result

out = Console()


def main() -> int:
    """Run all measurements; 1 where a promise is not kept."""
    quick = "quick" in sys.argv
    wanted = set(sys.argv[1:]) - {"quick"} or {measure.__name__ for measure in measures.ALL}
    with Notebooks(quick=quick) as notebooks:
        results: list[Result] = []
        for measure in (m for m in measures.ALL if m.__name__ in wanted):
            out.print(f"measuring: {measure.__doc__}", style="dim")
            result = measure(notebooks)
            results.append(result)
            out.print(f"  {result.found:.2f} {result.unit} ({result.parts})")
    table = Table("what", "measured", "promised", "parts", title="quick" if quick else "full")
    for r in results:
        style = "green" if r.kept else "red"
        table.add_row(r.name, f"[{style}]{r.found:.2f}[/] {r.unit}", r.promise, r.parts)
    out.print(table)
    return 0 if all(r.kept for r in results) else 1


sys.exit(main())
