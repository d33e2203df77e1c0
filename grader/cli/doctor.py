"""`grader doctor`: what this machine can do, and how to fix what it cannot."""

import shutil
import subprocess

import typer
from rich.table import Table

from grader import wiring
from grader.cli.output import out
from grader.sandbox import Finding
from grader.settings import Settings


def command() -> None:
    """Say what this machine can do: sandboxes, cgroups, GPU, data."""
    settings = Settings()
    sections = {
        **_sandboxes(settings),
        "GPU": (_gpu(),),
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


def _gpu() -> Finding:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Finding(
            name="NVIDIA GPU",
            ok=False,
            found="none (no nvidia-smi)",
            fix="not needed: the CPU grades everything",
            required=False,
        )
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    listed = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    return Finding(
        name="NVIDIA GPU",
        ok=listed.returncode == 0,
        found=(listed.stdout or listed.stderr).strip()[:200],
        fix="check the driver",
        required=False,
    )
