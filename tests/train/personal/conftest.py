"""A base in miniature, and one person's frames of it."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch

from manyfaces.data.clips.person import PersonFrames
from manyfaces.heads.outline import outline_mesh
from manyfaces.io.face_models import load_face_model

N_FRAMES = 7


@pytest.fixture(scope="session")
def squares(repository: Path) -> ModuleType:
    """The module that makes clips of coloured squares, and eyes that see them as faces."""
    path = repository / "tests" / "data" / "clips" / "squares.py"
    spec = importlib.util.spec_from_file_location("squares_of_persons", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def face(personal_stand_in):
    return load_face_model("openhead", personal_stand_in.LAYOUT)


@pytest.fixture(scope="session")
def outline(face):
    return outline_mesh(face.head)


@pytest.fixture(scope="session")
def frames(face):
    """One person under several expressions and from several sides."""
    layout = face.layout
    vector = torch.randn(N_FRAMES, layout.size, generator=torch.Generator().manual_seed(2))
    vector[:, layout.slices["identity"]] = vector[:1, layout.slices["identity"]]
    vector[:, layout.slices["albedo"]] = vector[:1, layout.slices["albedo"]]
    for name in ("angles", "light", "translation"):
        vector[:, layout.slices[name]] *= 0.1
    c = layout.split(vector)
    with torch.no_grad():
        drawn = face.render(c, 32)
        return PersonFrames(
            pictures=(drawn.rgb * 255).round().byte().permute(0, 3, 1, 2).contiguous(),
            landmarks_px=face.landmarks_px(c),
            confidence=torch.ones(N_FRAMES, 68),
            skin=(face.front(drawn) * 255).byte(),
        )
