"""`manyfaces bench personal-figures`: what models make of photos, side by side."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from manyfaces.bench.figures.personal_pages import Sitting, draw_personal_pages
from manyfaces.bench.progress import progress_bar
from manyfaces.core.errors import ManyfacesError, NoFaceError
from manyfaces.io.image import write_image
from manyfaces.pipeline import Predictor


def run_personal_figures(
    photos: Sequence[Path],
    out: Path,
    models: Sequence[str],
    drivers: Sequence[Path] = (),
    seed: int = 0,
    device: str = "cpu",
    predictors: Mapping[str, Predictor] | None = None,
) -> list[Path]:
    """Draw `alignment.png`, `coarse.png`, `detail.png` and `animation.png`, numbered where there are many photos.

    A photo that cannot be done is named on stderr, and does not stop the others. There is no page of detail where no
    model predicts it, and none of animation without a second photo.

    Args:
        photos: files; of each the largest face.
        out: folder for the pages.
        models: names, or folders of imported ones.
        drivers: photos whose expressions the faces are given; the photos themselves where there are none.
        seed: of sampling.
        device: where the networks run.
        predictors: the models, in place of the named ones.

    Returns:
        The files.

    Raises:
        NoFaceError: no photo could be done.
        ChoiceError, AssetError, HeadFileError, WeightError: a model cannot be loaded.
        OutputError: `out` cannot be written.
    """
    loaded = predictors or {name: Predictor.from_pretrained(name, device) for name in models}
    sittings = _sittings(photos, loaded, seed)
    if not sittings:
        raise NoFaceError(f"none of {len(photos)} photos shows a face that could be done", "give other photos")
    driving = _sittings(drivers, loaded, seed) if drivers else sittings
    written = []
    for name, page in draw_personal_pages(sittings, driving):
        written.append(out / f"{name}.png")
        write_image(written[-1], page)
    return written


def _sittings(photos: Sequence[Path], predictors: Mapping[str, Predictor], seed: int) -> list[Sitting]:
    sittings = []
    with progress_bar("photos", len(photos)) as advance:
        for photo in photos:
            try:
                results = {name: predictor(photo, seed=seed) for name, predictor in predictors.items()}
                sittings.append(Sitting(photo.name, results))
            except ManyfacesError as error:
                Console(file=sys.stderr).print(
                    f"{photo}: {error}", style="red", markup=False, highlight=False, soft_wrap=True
                )
            advance()
    return sittings
