"""Face models by the name of their head: the file's arrays, with R-Net's camera, light and frame."""

from pathlib import Path

from manyfaces.faces import CoefficientLayout, FaceModel, Projection
from manyfaces.heads import HeadModel
from manyfaces.heads.skin_colours import with_skin_colours
from manyfaces.io.head_files import load_head


def load_face_model(
    head: str | Path, layout: CoefficientLayout, projection: Projection | str = "perspective"
) -> FaceModel:
    """The face whose coefficients a network of the layout predicts; heads without a space of colours get a drawn one.

    Raises:
        HeadFileError: there is no such head.
        InputError: it has fewer coefficients than the layout, or no landmarks.
    """
    return FaceModel(HeadModel(with_skin_colours(load_head(head))), layout, projection)
