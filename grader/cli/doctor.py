"""`grader doctor`: what this machine can do, and how to fix what it cannot."""

from typing import Annotated

import typer
from rich.table import Table

from grader import wiring
from grader.cli.output import out
from grader.sandbox import Finding
from grader.sandbox.gpu.examine import examine
from grader.settings import Settings


def command(
    *,
    test_gpus: Annotated[
        bool,
        typer.Option(
            "--test-gpus", help="Compute on each GPU; one that passes is back in service."
        ),
    ] = False,
) -> None:
    """Say what this machine can do: sandboxes, cgroups, GPUs, data."""
    settings = Settings()
    sections = {
        **_sandboxes(settings),
        "GPUs": examine(wiring.gpus(settings), test=test_gpus),
        "data": wiring.data_findings(settings),
    }
    table = Table("", "what", "found", "how to fix", box=None, padding=(0, 1))
    for title, findings in sections.items():
        table.add_section()
        table.add_row("", f"[bold]{title}[/]")
        for finding in findings:
            mark = (
                "[green]✓[/]" if finding.ok else "[red]✗[/]" if finding.required else "[yellow]![/]"
            )
            table.add_row(mark, finding.name, finding.found, finding.fix if not finding.ok else "")
    out.print(table)
    if any(f.required and not f.ok for found in sections.values() for f in found):
        raise typer.Exit(4)


def _sandboxes(settings: Settings) -> dict[str, tuple[Finding, ...]]:
    """One backend that works is enough: what the others lack is only told."""
    found = wiring.sandbox_findings(settings)
    works = any(_works(findings) for findings in found.values())
    return {
        f"sandbox: {name}": findings
        if _works(findings) or not works
        else tuple(f.model_copy(update={"required": False}) for f in findings)
        for name, findings in found.items()
    }


def _works(findings: tuple[Finding, ...]) -> bool:
    return all(finding.ok for finding in findings if finding.required)
