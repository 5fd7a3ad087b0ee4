"""The open head in R-Net's frame, and the surface that its detail lies on."""

import pytest
import torch

from manyfaces.io.face_models import load_face_model
from manyfaces.methods.personal import detail_surface


@pytest.fixture(scope="session")
def layout(personal_stand_in):
    return personal_stand_in.LAYOUT


@pytest.fixture(scope="session")
def face(layout):
    return load_face_model("openhead", layout)


@pytest.fixture(scope="session")
def flat_face(layout):
    return load_face_model("openhead", layout, "orthographic")


@pytest.fixture(scope="session")
def surface(face):
    return detail_surface(face.head, 48)


@pytest.fixture(scope="session")
def people(layout):
    """Two faces, as one vector each: turned a little, off the middle, in coloured light."""
    vector = 0.5 * torch.randn(2, layout.size, generator=torch.Generator().manual_seed(1))
    vector[:, layout.slices["angles"]] = torch.tensor([[0.05, 0.3, 0.02], [-0.1, -0.2, 0.05]])
    vector[:, layout.slices["light"]] *= 0.1
    vector[:, layout.slices["translation"]] *= 0.2
    return vector
