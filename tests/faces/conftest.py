"""The open head with R-Net's camera and light."""

import pytest
import torch

from manyfaces.faces import CoefficientLayout, FaceCoefficients, FaceModel
from manyfaces.heads import HeadModel
from manyfaces.heads.skin_colours import with_skin_colours
from manyfaces.io.head_files import load_head


@pytest.fixture(scope="session")
def layout() -> CoefficientLayout:
    return CoefficientLayout(identity=12, expression=13, albedo=20)


@pytest.fixture(scope="session")
def face(layout) -> FaceModel:
    return FaceModel(HeadModel(with_skin_colours(load_head("openhead"))), layout)


@pytest.fixture(scope="session")
def told(layout) -> FaceCoefficients:
    """The mean face as a network would say it: without a batch dimension."""
    return layout.split(torch.zeros(layout.size))
