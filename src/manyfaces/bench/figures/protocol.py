"""`manyfaces bench figures`: reconstruct photos and draw them as the papers do."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from manyfaces.bench.figures.pages import draw_pages
from manyfaces.bench.figures.studies import FaceStudy, study_photo
from manyfaces.bench.models import DEFAULT_MODEL
from manyfaces.bench.progress import progress_bar
from manyfaces.bench.report import Cell, Table, provenance, show_tables, write_report
from manyfaces.core.errors import ManyfacesError, NoFaceError
from manyfaces.pipeline import Predictor

NOTES = (
    "first to last: between the identities ranked first and last; masked: how far the one ranked first moves when a "
    "mask is painted on the photo; expressions: from the first hypothesis to the others.",
    "Front of the face, rigid alignment.",
)


def run_figures(
    photos: Sequence[Path],
    out: Path,
    model: str = DEFAULT_MODEL,
    seed: int = 0,
    device: str = "cpu",
    predictor: Predictor | None = None,
    console: Console | None = None,
) -> tuple[FaceStudy, ...]:
    """Draw `ranked.png`, `masked.png` and `expressions.png`, numbered where there are many photos, and a table.

    A photo that cannot be done is named on stderr, and does not stop the others.

    Args:
        photos: files; of each the largest face.
        out: folder for the pages, and for `figures.md`, `.tex`, `.csv` and `.json`.
        model: name, or folder of an imported one.
        seed: of sampling and of the painted masks.
        device: where the networks run.
        predictor: the model, in place of the named one.
        console: where the table is printed; stdout by default.

    Raises:
        NoFaceError: no photo could be done.
        ChoiceError, AssetError, HeadFileError, WeightError: the model cannot be loaded.
        OutputError: `out` cannot be written.
    """
    predictor = predictor or Predictor.from_pretrained(model, device)
    studies: list[FaceStudy] = []
    with progress_bar("photos", len(photos)) as advance:
        for photo in photos:
            try:
                studies.append(study_photo(predictor, photo, seed))
            except ManyfacesError as error:
                Console(file=sys.stderr).print(
                    f"{photo}: {error}", style="red", markup=False, highlight=False, soft_wrap=True
                )
            advance()
    if not studies:
        raise NoFaceError(f"none of {len(photos)} photos shows a face that could be done", "give other photos")
    table = figures_table(studies)
    write_report("figures", [table], out, provenance(seed, device, model=model), pictures=dict(draw_pages(studies)))
    show_tables([table], console or Console())
    return tuple(studies)


def figures_table(studies: Sequence[FaceStudy]) -> Table:
    """What the pages show, in numbers."""
    rows = tuple(
        (
            study.name,
            f"{int(study.result.visible.sum())} of {len(study.result.visible)}",
            Cell(study.ranked.apart_mm, form=".2f"),
            Cell(study.masked.moved_mm if study.masked else None, form=".2f"),
            Cell(study.expressions_apart_mm, form=".2f"),
        )
        for study in studies
    )
    columns = ("photo", "points seen", "first to last, mm", "masked, mm", "expressions, mm")
    return Table("Faces of the figures", columns, rows, notes=NOTES)
