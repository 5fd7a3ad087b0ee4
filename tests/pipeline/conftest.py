import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from manyfaces import Predictor
from manyfaces.core.seeds import numpy_generator
from manyfaces.data import ExpressionPrior, SceneConfig, sample_scene
from manyfaces.data.bank import photograph
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.pipeline.loading import load_ofer


@pytest.fixture(scope="session")
def open_head():
    return HeadModel(load_head("openhead"))


@pytest.fixture(scope="session")
def predictor():
    return Predictor.from_pretrained("ofer-open")


@pytest.fixture(scope="session")
def person(open_head):
    """A synthetic photo with its truth."""
    config = SceneConfig(
        yaw_deg=(5.0, 10.0), pitch_deg=(3.0, 6.0), roll_deg=(3.0, 6.0), size_px=320, face_share=(0.7, 0.7)
    )
    generator = numpy_generator(77, "person")
    scene = sample_scene(open_head, ExpressionPrior(open_head), generator, config)
    image = photograph(open_head, scene.vertices(open_head), scene.camera, generator, config.size_px)
    points_px = scene.camera.project(open_head.landmarks(scene.vertices(open_head), "468")).points_px.numpy()
    return image, points_px


@pytest.fixture(scope="session")
def masked_person(person):
    """The same behind a grey board over the mouth, with the board's mask."""
    image, points_px = person
    mask = np.zeros(image.shape[:2], bool)
    mouth = points_px[[61, 291, 0, 17, 152, 2]]
    x0, y0 = (mouth.min(0) - 12).astype(int)
    x1, y1 = (mouth.max(0) + 12).astype(int)
    mask[y0:y1, x0:x1] = True
    hidden = image.copy()
    hidden[mask] = (110, 120, 130)
    return hidden, mask


@pytest.fixture(scope="session")
def stand_in():
    """The module that makes imported models in miniature; tests are no package, so it has no name to import it by."""
    path = Path(__file__).parent / "published_stand_in.py"
    spec = importlib.util.spec_from_file_location("published_stand_in", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def published(stand_in, tmp_path_factory):
    """Folder of an imported model, and the file of its head."""
    folder = tmp_path_factory.mktemp("published")
    return stand_in.write_model(folder / "ofer-tiny"), stand_in.write_head(folder)


@pytest.fixture(scope="session")
def load_published(stand_in, published):
    """Load that model, with tiny encoders; takes the other arguments of `load_ofer`."""

    def load(compat="none", head=published[1]):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("manyfaces.pipeline.published.PAPER_ENCODERS", stand_in.TINY_ENCODERS)
            return load_ofer(published[0], torch.device("cpu"), head, compat)

    return load
