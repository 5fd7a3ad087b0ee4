"""What the photo protocol says: rows, ratios, coverage, detection, bars; as JSON, Markdown and on the screen."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from manyfaces.bench.face_points import OCCLUSIONS, Occlusion
from manyfaces.bench.photo_set import KINDS, OCCLUDED_KINDS, Half
from manyfaces.bench.scoring import (
    GROUPS,
    METHODS,
    POINT_SETS,
    Case,
    Method,
    PointSet,
    Predictions,
    Row,
    make_rows,
    marked_hidden,
    range_coverage_of,
)
from manyfaces.bench.tables import Bar, Sheet, bar, bar_sheet
from manyfaces.io.atomic import atomic_path


@dataclass(frozen=True)
class PhotoReport:
    """Result of the photo protocol.

    Attributes:
        rows: the figures, offsets removed, without AFLW2000.
        extra: everything else, as plain values; see `summarise`.
        bars: figures with goals.
        sheets: the tables.
    """

    rows: tuple[Row, ...]
    extra: Mapping[str, Any]
    bars: tuple[Bar, ...]
    sheets: tuple[Sheet, ...]

    def write(self, out: Path) -> None:
        """Write `photos.json` (the rows), `photos_extra.json` and `photos.md` into a folder.

        Raises:
            OutputError: it cannot be written.
        """
        _write_json(out / "photos.json", [asdict(row) for row in self.rows])
        _write_json(out / "photos_extra.json", {**self.extra, "bars": [asdict(b) for b in self.bars]})
        with atomic_path(out / "photos.md") as path:
            path.write_text("\n".join(sheet.markdown() for sheet in self.sheets), encoding="utf-8")

    def show(self, console: Console) -> None:
        """Print all tables."""
        for sheet in self.sheets:
            sheet.show(console)


def summarise(
    cases: Sequence[Case],
    predictions: Mapping[Case, Predictions],
    offsets: Mapping[Half, np.ndarray],
    half: str,
    jitter_scale: float,
    seconds: float,
    seed: int,
) -> PhotoReport:
    """Make the report.

    Args:
        cases: all pictures, with what was found on them.
        predictions: points of each method on those where the detector finds the face.
        offsets: constant offsets to remove, by half.
        half: which photos these are.
        jitter_scale: of the jitter baseline.
        seconds: wall time of one reconstruction.
        seed: of everything drawn.
    """
    apart = {case: p for case, p in predictions.items() if case.photo.aflw2000}
    main = {case: p for case, p in predictions.items() if not case.photo.aflw2000}
    main_cases = [case for case in cases if not case.photo.aflw2000]
    nothing: dict[Half, np.ndarray] = {name: np.zeros((68, 2)) for name in offsets}
    rows, raw = make_rows(main, offsets), make_rows(main, nothing)
    rows_apart = make_rows(apart, offsets)
    coverage, automatic = _coverage(main, offsets), _automatic(list(main))
    detection, recall = _detection(main_cases), _clean_recall(cases)
    extra = {
        "half": half,
        "seed": seed,
        "jitter_scale": jitter_scale,
        "seconds_per_reconstruction": seconds,
        "ratios": _ratios(rows),
        "coverage": coverage,
        "auto": automatic,
        "detection": detection,
        "clean_recall": recall,
        "rows_raw": [asdict(row) for row in raw],
        "rows_aflw2000": [asdict(row) for row in rows_apart],
        "rows_aflw2000_raw": [asdict(row) for row in make_rows(apart, nothing)],
    }
    bars = _bars(rows, coverage, automatic, detection, recall)
    sheets = [
        *_error_sheets(rows, "offsets removed"),
        *_ratio_sheets(rows, "offsets removed", ("hidden", "inner51")),
        *_error_sheets(raw, "raw", ("hidden", "inner51")),
        *_error_sheets(rows_apart, "AFLW2000 apart, offsets removed", ("hidden", "inner51")),
        _sheet("Range of 15 hypotheses holds the hidden coordinate", coverage),
        _sheet("Points that `auto` marks as hidden", automatic),
        _sheet("Faces found", detection),
        _sheet("Annotated faces that the detector finds on clean photos", recall),
        bar_sheet(bars),
    ]
    return PhotoReport(tuple(rows), extra, tuple(bars), tuple(sheets))


def find_row(rows: Sequence[Row], kind: str, occlusion: Occlusion, points: PointSet, method: Method) -> Row | None:
    """The row of these names, if there is one."""
    wanted = (kind, occlusion, points, method)
    return next((r for r in rows if (r.kind, r.occlusion, r.points, r.method) == wanted), None)


def _ratios(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Every row over FaceMesh's own: mean over mean and median over median."""
    ratios = []
    for row in rows:
        own = find_row(rows, row.kind, row.occlusion, row.points, "facemesh")
        assert own is not None  # each group has all methods
        names = {"kind": row.kind, "occlusion": row.occlusion, "points": row.points, "method": row.method}
        ratios.append({**names, "mean_ratio": _over(row.mean, own.mean), "median_ratio": _over(row.median, own.median)})
    return ratios


def _coverage(predictions: Mapping[Case, Predictions], offsets: Mapping[Half, np.ndarray]) -> list[dict[str, Any]]:
    def share(members: list[np.ndarray], column: int | None) -> float:
        held = np.concatenate(members)
        return float(held.mean() if column is None else held[:, column].mean())

    table = []
    for occlusion in OCCLUSIONS:
        for group in (*OCCLUDED_KINDS, "occluded"):
            for method in ("best15", "jitter"):
                held = [
                    range_coverage_of(p[occlusion, method], case, offsets[case.photo.half])
                    for case, p in predictions.items()
                    if case.kind in GROUPS[group] and case.selected("hidden").any()
                ]
                if held:
                    shares = {"x": share(held, 0), "y": share(held, 1), "share": share(held, None)}
                    table.append({"kind": group, "occlusion": occlusion, "method": method, **shares})
    return table


def _automatic(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Of the points under drawn occluders, and of the others, how many `auto` marks; a face not found marks none."""
    table = []
    for group, kinds in GROUPS.items():
        members = [case for case in cases if case.kind in kinds and "auto" in case.ours]
        marked = [np.zeros(68, bool) if (o := c.ours["auto"]) is None else marked_hidden(o.visible) for c in members]
        if not members:
            continue
        said, truth = np.concatenate(marked), np.concatenate([c.face.hidden(c.kind) for c in members])
        hits = float(said[truth].mean()) if truth.any() else None
        table.append({"kind": group, "hidden_marked": hits, "visible_marked": float(said[~truth].mean())})
    return table


def _detection(cases: Sequence[Case]) -> list[dict[str, Any]]:
    table = []
    for group, kinds in GROUPS.items():
        members = [case for case in cases if case.kind in kinds]
        if members:
            ours = {o: sum(case.ours.get(o) is not None for case in members) for o in OCCLUSIONS}
            own = sum(case.detector_px is not None for case in members)
            table.append({"kind": group, "pictures": len(members), "facemesh": own, **ours})
    return table


def _clean_recall(cases: Sequence[Case]) -> list[dict[str, Any]]:
    tests: dict[str, Callable[[Case], bool]] = {
        "all": lambda case: True,
        "without AFLW2000": lambda case: not case.photo.aflw2000,
        "AFLW2000": lambda case: case.photo.aflw2000,
    }
    table = []
    for name, test in tests.items():
        members = [case for case in cases if case.kind == "clean" and test(case)]
        if members:
            found = sum(case.detector_px is not None for case in members)
            table.append({"photos": name, "faces": len(members), "found": found, "share": found / len(members)})
    return table


def _bars(
    rows: Sequence[Row],
    coverage: Sequence[Mapping[str, Any]],
    automatic: Sequence[Mapping[str, Any]],
    detection: Sequence[Mapping[str, Any]],
    recall: Sequence[Mapping[str, Any]],
) -> list[Bar]:
    def ratio(occlusion: Occlusion, kind: str, points: PointSet, method: Method) -> float | None:
        row, own = (find_row(rows, kind, occlusion, points, m) for m in (method, "facemesh"))
        return _over(row.mean, own.mean) if row and own else None

    bars = []
    for name in OCCLUSIONS:
        first, best, jitter = (ratio(name, "occluded", "hidden", m) for m in ("first", "best15", "jitter"))
        gain = None if best is None or jitter is None else jitter - best
        held = _lookup(coverage, "share", kind="occluded", occlusion=name, method="best15")
        bars += [
            bar(f"{name}: hidden points, first / FaceMesh", first, high=0.85),
            bar(f"{name}: hidden points, best of 15 / FaceMesh", best, high=0.65),
            bar(f"{name}: hidden points, how much best of 15 is below FaceMesh + jitter", gain, low=0.05),
            bar(f"{name}: range of 15 holds the hidden coordinate, %", _percent(held), 80, 92),
            bar(f"{name}: clean inner points, first / FaceMesh", ratio(name, "clean", "inner51", "first"), high=1.1),
        ]
        for group in ("clean", "occluded"):
            ours, own = (_lookup(detection, column, kind=group) for column in (name, "facemesh"))
            surplus = None if ours is None or own is None else ours - own
            bars.append(bar(f"{name}: {group} faces found, ours minus the detector's", surplus, low=0))
    hits, false = (_lookup(automatic, column, kind="occluded") for column in ("hidden_marked", "visible_marked"))
    return [
        *bars,
        bar("auto: hidden points marked, %", _percent(hits), low=70),
        bar("auto: visible points marked, %", _percent(false), high=15),
        bar("annotated faces found on clean photos, %", _percent(_lookup(recall, "share", photos="all")), low=95),
    ]


def _error_sheets(rows: Sequence[Row], note: str, sets: Sequence[PointSet] = POINT_SETS) -> list[Sheet]:
    def cell(row: Row, own: Row) -> str:
        return f"{row.mean:.2f}/{row.median:.2f}"

    return _method_sheets(rows, f"NME %, {note}: mean/median", sets, cell)


def _ratio_sheets(rows: Sequence[Row], note: str, sets: Sequence[PointSet]) -> list[Sheet]:
    def cell(row: Row, own: Row) -> str:
        return f"{row.mean / max(own.mean, 1e-9):.2f}/{row.median / max(own.median, 1e-9):.2f}"

    return _method_sheets(rows, f"Over FaceMesh's own, {note}: mean/median", sets, cell)


def _method_sheets(
    rows: Sequence[Row], title: str, sets: Sequence[PointSet], cell: Callable[[Row, Row], str]
) -> list[Sheet]:
    """One table for each point set and occlusion: kinds down, methods across."""
    sheets = []
    for points in sets:
        for occlusion in OCCLUSIONS:
            lines = []
            for kind in (*KINDS, "occluded"):
                found = [row for m in METHODS if (row := find_row(rows, kind, occlusion, points, m))]
                if found:
                    lines.append((kind, str(found[0].faces), *(cell(row, found[0]) for row in found)))
            if lines:
                header = ("kind", "faces", *METHODS)
                sheets.append(Sheet(f"{title}, {points} points, {occlusion} occlusion", header, tuple(lines)))
    return sheets


def _sheet(title: str, table: Sequence[Mapping[str, Any]]) -> Sheet:
    header = tuple(table[0]) if table else ("nothing",)
    return Sheet(title, header, tuple(tuple(_cell(value) for value in row.values()) for row in table))


def _cell(value: Any) -> str:
    return "-" if value is None else f"{100 * value:.1f} %" if isinstance(value, float) else str(value)


def _lookup(table: Sequence[Mapping[str, Any]], column: str, **names: str) -> float | None:
    return next((row[column] for row in table if all(row[k] == v for k, v in names.items())), None)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _over(value: float, base: float) -> float | None:
    return value / base if base > 0 else None


def _write_json(path: Path, values: Any) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(values, indent=1, allow_nan=False) + "\n", encoding="utf-8")
