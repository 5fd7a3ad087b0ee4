"""The figures of one model by the photo protocol: rows, ratios, coverage, detection, bars."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from manyfaces.bench.face_points import OCCLUSIONS, Occlusion
from manyfaces.bench.photo_set import OCCLUDED_KINDS, Half
from manyfaces.bench.report import Bar, bar
from manyfaces.bench.scoring import (
    GROUPS,
    Case,
    PictureErrors,
    PointSet,
    Predictions,
    Row,
    make_rows,
    marked_hidden,
    picture_errors,
    range_coverage_of,
)

Figures = list[dict[str, Any]]
"""A small table as plain values."""


@dataclass(frozen=True)
class PhotoFigures:
    """What the photo protocol finds about one model.

    Attributes:
        errors: of every picture, offsets removed, without AFLW2000.
        rows: of these.
        raw: the same, offsets left in.
        apart: of AFLW2000, offsets removed.
        apart_raw: the same, offsets left in.
        ratios: of every row over FaceMesh's own.
        coverage: how often the range of the hypotheses holds the truth.
        automatic: what `auto` marks as hidden.
        detection: faces found.
        recall: faces that the detector finds on clean photos.
        bars: figures with goals.
    """

    errors: PictureErrors
    rows: tuple[Row, ...]
    raw: tuple[Row, ...]
    apart: tuple[Row, ...]
    apart_raw: tuple[Row, ...]
    ratios: Figures
    coverage: Figures
    automatic: Figures
    detection: Figures
    recall: Figures
    bars: tuple[Bar, ...]

    def plain(self) -> dict[str, Any]:
        """Everything but `rows` as plain values."""
        return {
            "ratios": self.ratios,
            "coverage": self.coverage,
            "auto": self.automatic,
            "detection": self.detection,
            "clean_recall": self.recall,
            "rows_raw": [asdict(row) for row in self.raw],
            "rows_aflw2000": [asdict(row) for row in self.apart],
            "rows_aflw2000_raw": [asdict(row) for row in self.apart_raw],
            "bars": [asdict(b) for b in self.bars],
        }


def find_figures(
    cases: Sequence[Case], predictions: Mapping[Case, Predictions], offsets: Mapping[Half, np.ndarray]
) -> PhotoFigures:
    """Work everything out.

    Args:
        cases: all pictures, with what was found on them.
        predictions: points of each method on those where the detector finds the face.
        offsets: constant offsets to remove, by half.
    """
    apart = {case: p for case, p in predictions.items() if case.photo.aflw2000}
    main = {case: p for case, p in predictions.items() if not case.photo.aflw2000}
    nothing: dict[Half, np.ndarray] = {name: np.zeros((68, 2)) for name in offsets}
    errors = picture_errors(main, offsets)
    rows = make_rows(errors)
    coverage, automatic = _coverage(main, offsets), _automatic(list(main))
    detection, recall = _detection([case for case in cases if not case.photo.aflw2000]), _clean_recall(cases)
    return PhotoFigures(
        errors=errors,
        rows=tuple(rows),
        raw=tuple(make_rows(picture_errors(main, nothing))),
        apart=tuple(make_rows(picture_errors(apart, offsets))),
        apart_raw=tuple(make_rows(picture_errors(apart, nothing))),
        ratios=_ratios(rows),
        coverage=coverage,
        automatic=automatic,
        detection=detection,
        recall=recall,
        bars=tuple(_bars(rows, coverage, automatic, detection, recall)),
    )


def find_row(rows: Sequence[Row], kind: str, occlusion: Occlusion, points: PointSet, method: str) -> Row | None:
    """The row of these names, if there is one."""
    wanted = (kind, occlusion, points, method)
    return next((r for r in rows if (r.kind, r.occlusion, r.points, r.method) == wanted), None)


def _ratios(rows: Sequence[Row]) -> Figures:
    """Every row over FaceMesh's own: mean over mean and median over median."""
    ratios = []
    for row in rows:
        own = find_row(rows, row.kind, row.occlusion, row.points, "facemesh")
        assert own is not None  # each group has all methods
        names = {"kind": row.kind, "occlusion": row.occlusion, "points": row.points, "method": row.method}
        ratios.append({**names, "mean_ratio": _over(row.mean, own.mean), "median_ratio": _over(row.median, own.median)})
    return ratios


def _coverage(predictions: Mapping[Case, Predictions], offsets: Mapping[Half, np.ndarray]) -> Figures:
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


def _automatic(cases: Sequence[Case]) -> Figures:
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


def _detection(cases: Sequence[Case]) -> Figures:
    table = []
    for group, kinds in GROUPS.items():
        members = [case for case in cases if case.kind in kinds]
        if members:
            ours = {o: sum(case.ours.get(o) is not None for case in members) for o in OCCLUSIONS}
            own = sum(case.detector_px is not None for case in members)
            table.append({"kind": group, "pictures": len(members), "facemesh": own, **ours})
    return table


def _clean_recall(cases: Sequence[Case]) -> Figures:
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
    def ratio(occlusion: Occlusion, kind: str, points: PointSet, method: str) -> float | None:
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


def _lookup(table: Sequence[Mapping[str, Any]], column: str, **names: str) -> float | None:
    return next((row[column] for row in table if all(row[k] == v for k, v in names.items())), None)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _over(value: float, base: float) -> float | None:
    return value / base if base > 0 else None
