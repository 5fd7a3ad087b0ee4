"""The recipes of the base, on sources in miniature."""

from dataclasses import dataclass, replace

import pytest
import torch

from manyfaces.core.errors import ChoiceError, ConfigError, InputError
from manyfaces.core.seeds import torch_generator
from manyfaces.data.face_batches import Faces
from manyfaces.data.subjects import DetailBank, DetailExamples
from manyfaces.faces import FaceModel
from manyfaces.heads import HeadModel
from manyfaces.heads.part import landmark_part
from manyfaces.io.checkpoints import load_weights
from manyfaces.losses.detail import DetailWeights
from manyfaces.methods.personal import OPEN, PUBLISHED, CoarseConfig, DetailConfig, detail_surface
from manyfaces.nn import DetailResNetConfig, DisplacementUNet, MaeConfig, UNet2dConfig, ViTConfig
from manyfaces.nn.mae import HYBRID_IN
from manyfaces.nn.resnet import ResNetConfig
from manyfaces.train.config import TrainConfig
from manyfaces.train.personal import recipes
from manyfaces.train.personal.coarse import CoarseRecipe, stem_weights
from manyfaces.train.personal.detail import DetailStudentRecipe, DetailTeacherRecipe

CONFIG = TrainConfig(
    steps=2, warmup_steps=1, ema_decay=0.0, validation_batches=1, validate_every=1, log_every=1, precision="bfloat16"
)
SIDE = 32


@dataclass(frozen=True)
class DrawnFaces:
    """People whose pictures are noise; their truth is exact."""

    face: FaceModel

    def batch(self, seed, step, size, rows=slice(None)):
        generator = torch_generator(seed, "faces", step)
        vector = self._vectors(generator, size)
        pictures = (torch.rand(size, 3, SIDE, SIDE, generator=generator) * 255).byte()
        landmarks_px = self.face.landmarks_px(self.face.layout.split(vector))
        return Faces(pictures[rows], landmarks_px[rows], torch.arange(size)[rows], vector[rows])

    def truth(self, seed, size):
        return self._vectors(torch_generator(seed, "faces", 0), size)

    def _vectors(self, generator, size):
        return 0.1 * torch.randn(size, self.face.layout.size, generator=generator)


class DrawnSkin(DetailBank):
    """A bank of detail that is drawn when it is asked for."""

    def batch(self, seed, step, n_subjects, frames_per_subject):
        n, generator = n_subjects * frames_per_subject, torch_generator(seed, "skin", step)
        c = self.face.layout.split(0.1 * torch.randn(n, self.face.layout.size, generator=generator))
        with torch.no_grad():
            vertices = self.face.vertices(c)
            albedo = self.surface.layout.of(self.face.head.albedo(c.albedo))
        visible = (torch.rand(n, SIDE, SIDE, generator=generator) > 0.3).float()
        return DetailExamples(
            texture=torch.rand(n, 3, SIDE, SIDE, generator=generator) * visible[:, None],
            visible=visible,
            tension=0.1 * torch.randn(n, SIDE, SIDE, generator=generator),
            displacement_m=0.001 * torch.randn(n, SIDE, SIDE, generator=generator),
            coefficients=c.joined(),
            vertices=vertices,
            coarse_albedo=albedo,
            subject=torch.arange(n_subjects).repeat_interleave(frames_per_subject),
            frame=torch.arange(frames_per_subject).repeat(n_subjects),
        )


@pytest.fixture(scope="module")
def points(face):
    return FaceModel(HeadModel(landmark_part(face.head.data)), face.layout)


@pytest.fixture(scope="module")
def skin(face):
    return DrawnSkin((), face, detail_surface(face.head, SIDE))


@pytest.fixture
def drawn(monkeypatch, personal_stand_in, points, skin):
    """The named recipe `miniature`; keeps the seeds that banks were drawn with."""
    seeds = {"people": [], "skin": []}

    class People:
        def __init__(self, bank, n_validation, out, seed, endless, device):
            self.points = points

        def source(self):
            return DrawnFaces(points)

        held_out = source

    def bank(config, folder, n_workers, tick):
        seeds["skin"].append(config.seed)
        return skin

    miniature = replace(
        recipes.PERSONAL_RECIPES["open-tiny"],
        **{"coarse": CONFIG, "teacher": CONFIG, "detail": CONFIG, "network": personal_stand_in.TINY, "stem": None},
    )
    resnet = DetailResNetConfig(
        ResNetConfig((1, 1), widths=(4, 8), stem=4), n_drive=points.layout.expression, widths=(8, 8, 4)
    )
    monkeypatch.setitem(recipes.PERSONAL_RECIPES, "miniature", miniature)
    monkeypatch.setattr(recipes, "DrawnPeople", People)
    monkeypatch.setattr(recipes, "build_detail_bank", bank)
    monkeypatch.setattr(recipes, "COARSE_BATCH", 4)
    monkeypatch.setattr(recipes, "OPEN_RESNET", resnet)
    return seeds


def test_the_coarse_part_trains(drawn, tmp_path, personal_stand_in):
    result = recipes.train("coarse", "miniature", tmp_path)
    assert result.finished
    weights = load_weights(tmp_path / "coarse" / "weights.safetensors")
    assert weights.config_as(CoarseConfig) == personal_stand_in.TINY.coarse
    assert weights.notes["recipe"] == "miniature"
    assert float(weights.state["deviation"].mean()) == pytest.approx(0.1, rel=0.05)  # that of its people


def test_the_detail_parts_train_one_after_the_other(drawn, tmp_path, personal_stand_in):
    assert recipes.train("detail-teacher", "miniature", tmp_path, seed=3).finished
    taught = load_weights(tmp_path / "detail-teacher" / "weights.safetensors")
    for part in ("detail", "detail-alone", "detail-resnet"):
        result = recipes.train(part, "miniature", tmp_path, seed=3)
        assert result.finished, part
        assert all(torch.isfinite(p).all() for p in result.model.parameters())
    assert taught.config_as(DetailConfig) == personal_stand_in.TINY.detail
    assert set(drawn["skin"]) == {3, 1_000_003}  # to learn from, and to validate by


@pytest.mark.parametrize("factor", [1.0, 0.0])
def test_a_student_in_a_unet_starts_as_the_teacher_it_learns_from(skin, factor):
    sizes = UNet2dConfig(width=4, levels=2)
    deepest = ViTConfig(width=16, n_blocks=1, heads=2, side_px=SIDE // 2, patch_px=4, channels=8)
    student = MaeConfig(deepest, width=16, n_blocks=1, heads=2, unet=replace(sizes, channels=HYBRID_IN))
    teacher = DisplacementUNet(sizes)
    recipe = DetailStudentRecipe(
        source=skin,
        held_out=skin,
        surface=skin.surface,
        layout=skin.face.layout,
        network=DetailConfig(sizes, student),
        config=CONFIG,
        weights=DetailWeights(mrf=0.0, teacher=factor),
        teacher=teacher,
    )
    of_student, of_teacher = recipe.build().unet.state_dict(), teacher.state_dict()
    last = "up.0.3.weight"
    assert torch.equal(of_student[last], of_teacher[last]) == bool(factor)


def test_a_student_needs_its_teacher(drawn, tmp_path):
    with pytest.raises(InputError, match="holds no trained detail-teacher"):
        recipes.train("detail", "miniature", tmp_path)


def test_names_that_do_not_exist(tmp_path):
    with pytest.raises(ChoiceError, match="recipe 'opne'"):
        recipes.train("coarse", "opne", tmp_path)
    with pytest.raises(ChoiceError, match="part 'fine'"):
        recipes.train("fine", "open", tmp_path)


@pytest.fixture
def coarse(points, personal_stand_in):
    people = DrawnFaces(points)
    return CoarseRecipe(
        source=people, held_out=people, network=personal_stand_in.TINY.coarse, config=CONFIG, batch_size=6, face=points
    )


def test_training_and_validation_never_share_a_batch(coarse):
    train, again, validation, later = (
        coarse.batch(step, split) for step, split in ((0, "train"), (0, "train"), (0, "validation"), (1, "train"))
    )
    assert torch.equal(train.hidden, again.hidden)
    assert not torch.equal(train.faces.pictures, validation.faces.pictures)
    assert not torch.equal(train.faces.pictures, later.faces.pictures)


def test_the_truth_has_no_loss(coarse):
    batch = coarse.batch(0, "train")

    class Knows(torch.nn.Module):
        deviation = torch.ones(coarse.network.layout.size)

        def forward(self, pictures):
            return batch.faces.coefficients

    # The distance of landmarks is rounded off by a hundredth of a pixel.
    assert float(coarse.loss(Knows(), batch, torch.Generator())) == pytest.approx(0.25 * 0.01, abs=1e-3)


def test_a_stem_is_the_first_stages_of_a_trained_network():
    state = {
        **{"backbone.conv1.weight": torch.zeros(1), "backbone.layer1.0.x": torch.ones(1)},
        **{"backbone.layer2.0.x": torch.ones(2), "backbone.layer3.0.x": torch.ones(3), "head.x": torch.ones(4)},
    }
    assert list(stem_weights(state, 2)) == ["conv1.weight", "layer1.0.x", "layer2.0.x"]


def test_the_residual_network_has_the_maps_of_the_recipe():
    for sizes, side_px in ((OPEN, 128), (PUBLISHED, 256)):
        resnet = recipes._resnet(sizes.detail, sizes.coarse.layout)
        assert (resnet.side_px, resnet.n_drive) == (side_px, sizes.coarse.layout.expression)
    other = MaeConfig(ViTConfig(width=16, n_blocks=1, heads=2, side_px=32, patch_px=8), width=16, n_blocks=1, heads=2)
    with pytest.raises(ConfigError, match="no maps of 32 texels"):
        recipes._resnet(replace(OPEN.detail, student=other), OPEN.coarse.layout)


def test_mrf_needs_features_and_uses_them(skin):
    class Edges(torch.nn.Module):
        def forward(self, pictures):
            return {"across": pictures.diff(dim=-1)[..., ::4, ::4], "down": pictures.diff(dim=-2)[..., ::4, ::4]}

    given = {"source": skin, "held_out": skin, "surface": skin.surface, "layout": skin.face.layout, "config": CONFIG}
    sizes = DetailConfig(UNet2dConfig(width=4, levels=2), OPEN.detail.student)
    with pytest.raises(ConfigError, match="L_mrf compares features"):
        DetailTeacherRecipe(network=sizes, weights=DetailWeights(mrf=0.1), **given)
    losses = []
    for mrf in (0.0, 0.1):
        weights = DetailWeights(mrf=mrf)
        recipe = DetailTeacherRecipe(network=sizes, weights=weights, features=Edges(), batch_size=4, **given)
        torch.manual_seed(0)
        model = recipe.build()
        loss = recipe.loss(model, recipe.batch(0, "train"), torch.Generator())
        loss.backward()
        losses.append(loss.item())
    assert losses[1] > losses[0]
