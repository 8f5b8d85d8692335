"""Elenco Sottoprodotti: a search with result pages, sheets in two layouts, and a whole XML extract."""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.server.common import conditional, faulty, integer, state_of

SOURCE = "elenco"
PAGE_SIZE = 25
LABELS = (
    ("denominazione", "Denominazione"), ("codice_fiscale", "Codice fiscale"), ("n_rea", "N. REA"),
    ("cciaa", "CCIAA competente"), ("indirizzo", "Indirizzo unità locale"), ("cap", "CAP"), ("comune", "Comune"),
    ("provincia", "Provincia"), ("regione", "Regione"), ("telefono", "Telefono"), ("pec", "PEC"),
    ("email", "E-mail"), ("sito", "Sito web"), ("qualifica", "Qualifica"),
    ("data_iscrizione", "Data iscrizione"), ("stato", "Stato"),
)  # fmt: skip
PRODUCT_LABELS = (
    ("codice_ateco", "Codice ATECO"), ("attivita", "Attività produttiva"),
    ("nome_commerciale", "Nome commerciale"), ("descrizione", "Descrizione"), ("allegato", "Allegato"),
)  # fmt: skip
_LYING_EVERY = 17


def _text(value: Any) -> str:
    """A value in HTML; half of the register's entities are written as numbers."""
    return html.escape(str(value), quote=False).replace("à", "&agrave;").replace("'", "&#39;")


def _page(title: str, content: str, charset: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="it"><head><meta http-equiv="Content-Type" '
        f'content="text/html; charset={charset}"><title>{title}</title></head>\n'
        f'<body><div id="testata">Elenco Sottoprodotti – dati fittizi</div>\n{content}\n</body></html>\n'
    )


def _matches(sheet: dict[str, Any], query: dict[str, str]) -> bool:
    role = query.get("qualifica", "")
    ateco = query.get("ateco", "").replace(".", "")
    shown = sheet["qualifica"].removeprefix("RI") if role else ""
    return (
        (not query.get("provincia") or sheet["provincia"] == query["provincia"].upper())
        and (not role or shown == role.upper().removeprefix("RI"))
        and (not ateco or any(p["codice_ateco"].replace(".", "").startswith(ateco) for p in sheet["sottoprodotti"]))
    )


def _result_row(sheet: dict[str, Any]) -> str:
    names = "; ".join(_text(p["nome_commerciale"]) for p in sheet["sottoprodotti"])
    return (
        f'<tr><td><a href="/elenco/scheda/{sheet["id"]}">{_text(sheet["denominazione"])}</a></td>'
        f"<td>{_text(sheet['comune'])}</td><td>{sheet['provincia']}</td><td>{_text(sheet['qualifica'])}</td>"
        f"<td>{names}</td></tr>"
    )


def _pager(query: dict[str, str], page: int, pages: int) -> str:
    def link(number: int, text: str) -> str:
        return f'<a href="/elenco/ricerca?{html.escape(urlencode({**query, "pagina": number}))}">{text}</a>'

    items = [link(page - 1, "&laquo; precedente")] if page > 1 else []
    items += [f"<b>{n}</b>" if n == page else link(n, str(n)) for n in range(1, pages + 1)]
    items += [link(page + 1, "successiva &raquo;")] if page < pages else []
    return f'<div class="paginazione">{" ".join(items)}</div>'


async def search(request: Request) -> Response:
    """A page of results; without any criterion only the form comes back."""
    query = {k: v for k, v in request.query_params.items() if k in ("provincia", "qualifica", "ateco") and v}
    if not query:
        body = _page("Ricerca", "<form><p>Inserire almeno un criterio di ricerca</p></form>", "iso-8859-1")
        return _encoded(request, body, "iso-8859-1", "ISO-8859-1")
    found = [s for s in state_of(request).rows("elenco", SOURCE) if _matches(s, query)]
    pages = max(1, -(-len(found) // PAGE_SIZE))
    page = min(integer(request, "pagina", 1, 1), pages)  # beyond the end, the last page again
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    table = (
        "<table id=\"risultati\"><thead><tr><th>Denominazione</th><th>Comune</th><th>Prov.</th>"
        "<th>Qualifica</th><th>Sottoprodotti</th></tr></thead><tbody>\n"
        + "\n".join(map(_result_row, shown)) + "\n</tbody></table>"
    )  # fmt: skip
    summary = f'<p class="esito">Trovate {len(found)} iscrizioni – pagina {page} di {pages}</p>'
    if not found:
        summary, table = '<p class="esito">Trovate 0 iscrizioni</p><p>Nessun risultato</p>', ""
    return _encoded(
        request, _page("Ricerca", summary + table + _pager(query, page, pages), "iso-8859-1"), "cp1252", "ISO-8859-1"
    )


def _as_list(pairs: list[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{_text(k)}</dt><dd>{_text(v) or '&nbsp;'}</dd>" for k, v in pairs) + "</dl>"


def _as_table(pairs: list[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{_text(k)}:</th><td>{_text(v) or '-'}</td></tr>" for k, v in pairs)
    return f'<table class="scheda">{rows}</table>'


def sheet_page(sheet: dict[str, Any]) -> tuple[str, str, str]:
    """A sheet's HTML, the encoding it is really written in and the one the header declares.

    Two templates are in use, by age of the sheet; a few pages lie about their encoding.
    """
    number = int(sheet["id"])
    layout = _as_table if number % 3 == 0 else _as_list
    parts = [f"<h1>Scheda iscrizione {sheet['id']}</h1>", layout([(label, sheet[name]) for name, label in LABELS])]
    for n, product in enumerate(sheet["sottoprodotti"], start=1):
        parts.append(f"<h2>Sottoprodotto {n}</h2>{layout([(label, product[name]) for name, label in PRODUCT_LABELS])}")
    if number % _LYING_EVERY == 0:
        return _page("Scheda", "\n".join(parts), "utf-8"), "utf-8", "ISO-8859-1"
    if number % _LYING_EVERY == 1:
        return _page("Scheda", "\n".join(parts), "utf-8"), "cp1252", "UTF-8"
    return _page("Scheda", "\n".join(parts), "utf-8"), "utf-8", "UTF-8"


async def sheet_detail(request: Request) -> Response:
    """One sheet, or the register's own page for an unknown number, with status 200."""
    wanted = request.path_params["sheet_id"]
    sheet = next((s for s in state_of(request).rows("elenco", SOURCE) if s["id"] == wanted), None)
    if sheet is None:
        return _encoded(request, _page("Errore", "<p>Iscrizione non trovata</p>", "utf-8"), "utf-8", "UTF-8")
    body, encoding, declared = sheet_page(sheet)
    return _encoded(request, body, encoding, declared)


def _encoded(request: Request, body: str, encoding: str, declared: str) -> Response:
    data = body.encode(encoding, errors="xmlcharrefreplace")
    return Response(data, headers={"Content-Type": f"text/html; charset={declared}"})


def xml_extract(sheets: list[dict[str, Any]]) -> bytes:
    """The register as one XML document in ISO-8859-1, as its declaration says."""
    lines = ['<?xml version="1.0" encoding="ISO-8859-1"?>', f'<elenco totale="{len(sheets)}">']
    for sheet in sheets:
        lines.append(f'<iscrizione id="{sheet["id"]}">')
        lines += [f"<{name}>{escape(str(sheet[name]))}</{name}>" for name, _ in LABELS]
        lines.append("<sottoprodotti>")
        for n, product in enumerate(sheet["sottoprodotti"], start=1):
            inner = "".join(f"<{name}>{escape(str(product[name]))}</{name}>" for name, _ in PRODUCT_LABELS)
            lines.append(f'<sottoprodotto n="{n}">{inner}</sottoprodotto>')
        lines.append("</sottoprodotti></iscrizione>")
    lines.append("</elenco>\n")
    return "\n".join(lines).encode("iso-8859-1", errors="xmlcharrefreplace")


async def extract(request: Request) -> Response:
    """The XML extract with validators."""
    body = xml_extract(state_of(request).rows("elenco", SOURCE))
    return conditional(request, body, "application/xml")


ROUTES = [
    Route("/elenco/ricerca", faulty(SOURCE, search)),
    Route("/elenco/scheda/{sheet_id}", faulty(SOURCE, sheet_detail)),
    Route("/elenco/estratto.xml", faulty(SOURCE, extract)),
]
