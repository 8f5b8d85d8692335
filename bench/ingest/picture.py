"""The growth curve as a small SVG, without a plotting library."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.ingest.database import Measured

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 560, 300, 60, 40, 30
_COLOURS = {"load": "#1b5e9b", "copy": "#8a8a8a", "memory": "#b3541e"}


def write(path: Path, limits: Mapping[int, Measured], loads: Mapping[int, Measured]) -> None:
    """Seconds (left axis) and peak memory in MB (right axis) over rows."""
    rows, seconds = max(loads), max(one.seconds for one in loads.values())
    memory = 1.25 * max(one.memory_mb for one in loads.values())
    lines = [
        _line(_points({n: one.seconds for n, one in loads.items()}, rows, seconds), "load", "CSV → raw, validated (s)"),
        _line(_points({n: one.seconds for n, one in limits.items()}, rows, seconds), "copy", "psql \\copy (s)"),
        _line(_points({n: one.memory_mb for n, one in loads.items()}, rows, memory), "memory", "peak memory (MB)"),
    ]
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _LEFT
    legend = "".join(
        f'<text x="{_LEFT + 10}" y="{_TOP + 14 * n}" fill="{_COLOURS[kind]}">{label}</text>'
        for n, (kind, label, _) in enumerate(lines)
    )
    marks = "".join(
        f'<text x="{_LEFT + (right - _LEFT) * n / rows:.0f}" y="{bottom + 16}" text-anchor="middle">{n:,}</text>'
        for n in loads
    )
    axes = (
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}V{_TOP}" fill="none" stroke="#444"/>'
        f'<text x="{_LEFT - 6}" y="{_TOP + 4}" text-anchor="end">{seconds:.1f} s</text>'
        f'<text x="{right + 6}" y="{_TOP + 4}">{memory:.0f} MB</text>'
        f'<text x="{(_LEFT + right) // 2}" y="{_HEIGHT - 6}" text-anchor="middle">rows</text>'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif"'
        f' font-size="11"><title>Ingest: time and memory over rows</title>'
        f'<rect width="100%" height="100%" fill="#fff"/>{axes}{marks}{"".join(shape for *_, shape in lines)}{legend}'
        "</svg>\n",
        encoding="utf-8",
    )


def _points(values: Mapping[int, float], rows: int, top: float) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _LEFT
    return " ".join(
        f"{_LEFT + (right - _LEFT) * n / rows:.1f},{bottom - (bottom - _TOP) * value / top:.1f}"
        for n, value in sorted(values.items())
    )


def _line(points: str, kind: str, label: str) -> tuple[str, str, str]:
    return kind, label, f'<polyline points="{points}" fill="none" stroke="{_COLOURS[kind]}" stroke-width="2"/>'
