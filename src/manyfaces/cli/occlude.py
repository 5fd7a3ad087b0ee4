"""`manyfaces data occlude`: photos with something before the face; a bad photo is reported and the rest goes on."""

import sys
from pathlib import Path

import numpy as np

from manyfaces.cli.data_commands import OccludeData
from manyfaces.cli.messages import DONE, FAILED, UsageError, error_line
from manyfaces.cli.photos import find_photos, plan
from manyfaces.cli.reconstruct import check_out
from manyfaces.core.errors import ChoiceError, ManyfacesError, NoFaceError


def occlude(command: OccludeData) -> int:
    """Do all photos; returns 0 when all went well, 1 when any failed."""
    from manyfaces.occlusion.props import OCCLUDERS, RANDOM

    if command.kind not in (*OCCLUDERS, RANDOM):
        raise ChoiceError("occluder", command.kind, [*OCCLUDERS, RANDOM])
    found = find_photos(command.photos)
    if not found.photos and not found.dead_ends:
        raise UsageError("no photo was named", "name a picture, a folder or a pattern")
    errors: list[ManyfacesError] = list(found.dead_ends)
    if found.photos:
        check_out(command.out)
        errors += _each(command, found.photos)
    for error in errors:
        print(error_line(error), file=sys.stderr)
    return FAILED if errors else DONE


def _each(command: OccludeData, photos: list[Path]) -> list[ManyfacesError]:
    from manyfaces.data.occluded import OccludedFiles, occlude_photo, write_occluded
    from manyfaces.io.image import read_image
    from manyfaces.occlusion import Donor
    from manyfaces.pipeline.models import load_detector, load_mesh

    detector, mesh = load_detector(), load_mesh()
    donor = None
    if command.donor is not None:
        picture = read_image(command.donor)
        donor = Donor(picture, _points_68(picture, command.donor, detector, mesh))
    failed: list[ManyfacesError] = []
    for job in plan(photos, command.out):
        name = job.folder.name
        try:
            rgb = read_image(job.photo)
            points = _points_68(rgb, job.photo, detector, mesh)
            files = OccludedFiles.named(command.out, f"{name}_{command.kind}")
            occluded = occlude_photo(rgb, points, command.kind, command.seed, name, donor)
            write_occluded(occluded, files, str(job.photo))
            print(f"{job.photo}: {occluded.kind}, {occluded.hidden_share:.0%} of the face -> {files.picture}")
        except ManyfacesError as error:
            failed.append(error)
    return failed


def _points_68(rgb: np.ndarray, photo: Path, detector, mesh) -> np.ndarray:
    """The 68 points of the largest face."""
    from manyfaces.detect import POINTS_68_FROM_468, crop_from_box

    faces = detector(rgb)
    if not faces:
        raise NoFaceError(f"no face was found on {photo}", "use a picture with a larger or clearer face")
    largest = max(faces, key=lambda face: float(np.prod(face.box_px[2:] - face.box_px[:2])))
    return POINTS_68_FROM_468 @ mesh(rgb, crop_from_box(largest)).points_px.astype(np.float64)
