"""`GET /docs`: the endpoints on one page that loads nothing and runs nothing."""

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{font-size:1.05em}dt{margin-top:1rem}dd{margin:0;color:#444}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}dd{color:#bbb}a{color:#8cf}}"
)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """All endpoints, from the OpenAPI document."""
    page = _page(request.app.openapi())
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})


def _page(schema: dict[str, Any]) -> str:
    title = escape(schema["info"]["title"])
    lines = [
        f"<dt><code>{method.upper()} {escape(path)}</code></dt>"
        f"<dd>{escape(operation.get('description', ''))}</dd>"
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    about = "".join(
        f"<p>{escape(part)}</p>" for part in schema["info"]["description"].split("\n\n")
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>{about}"
        '<p>For programs: <a href="/openapi.json">openapi.json</a></p>'
        f"<dl>{''.join(lines)}</dl></html>"
    )
