"""What is taken away as a file: CSV that a spreadsheet opens without running anything in it."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

from bot.clinic.harmless import without_unseen

_RUNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a cell begins that a spreadsheet would take for a formula, full-width forms too (OWASP, CSV injection)."""


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A file to be saved as NAME.csv."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return Response(
        out.getvalue().encode("utf-8-sig"),  # the mark tells older spreadsheets that it is UTF-8
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def cell(value: object) -> object:
    """A value as it may stand in a cell: what would be run is marked as text, what nobody sees is left out."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return value
    text = without_unseen(str(value))
    return f"'{text}" if text.lstrip().startswith(_RUNS) or text[:1].isspace() else text
