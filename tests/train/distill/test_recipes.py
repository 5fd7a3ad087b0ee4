"""The recipes of the Occlusion Resistant Network, small."""

from dataclasses import replace

import pytest
import torch

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.data.hiding import HidingLaw
from manyfaces.data.people import PeopleConfig
from manyfaces.data.people.bank import PeopleBankConfig, build_people_bank
from manyfaces.data.people.source import BankFaces
from manyfaces.faces import CoefficientLayout, FaceModel
from manyfaces.heads import HeadModel
from manyfaces.heads.part import landmark_part
from manyfaces.io.face_models import load_face_model
from manyfaces.losses.multi_occlusion import MultiOcclusionWeights
from manyfaces.methods.distill import DistillConfig, Mopi, RNet, Sopi
from manyfaces.methods.distill.recognition import FrozenRecogniser, SmallRecogniser, SmallRecogniserConfig
from manyfaces.nn.resnet import ResNetConfig
from manyfaces.train.config import TrainConfig
from manyfaces.train.distill import IdentityRecipe, MopiRecipe, SopiRecipe, TeacherRecipe, recipes
from manyfaces.train.distill.weak import WeakTeacherRecipe
from manyfaces.train.loop import train
from manyfaces.train.parallel import Part

LAYOUT = CoefficientLayout(identity=6, expression=53, albedo=20)
SMALL = ResNetConfig((1, 1, 1), widths=(8, 12, 16), stem=8)
NETWORK = DistillConfig(LAYOUT, SMALL, picture_px=32, scaled=True)
CONFIG = TrainConfig(steps=2, warmup_steps=1, ema_decay=0.0, validation_batches=1, log_every=1)


@pytest.fixture(scope="module")
def face():
    return load_face_model("openhead", LAYOUT)


@pytest.fixture(scope="module")
def points(face):
    return FaceModel(HeadModel(landmark_part(face.head.data)), LAYOUT)


@pytest.fixture(scope="module")
def faces(tmp_path_factory, points):
    people = PeopleConfig(size_px=32, renders_per_person=2)
    config = PeopleBankConfig(n_pictures=8, layout=LAYOUT, people=people)
    return BankFaces(build_people_bank(config, tmp_path_factory.mktemp("bank"), n_workers=1), points, 2)


@pytest.fixture
def common(faces):
    return {"source": faces, "held_out": faces, "network": NETWORK, "config": CONFIG, "batch_size": 4}


@pytest.fixture
def teacher(faces):
    teacher = RNet(NETWORK)
    teacher.fit_scale(faces.bank.coefficients)
    return teacher


def test_the_teacher_learns_its_eight_pictures_by_heart(tmp_path, common, points):
    config = replace(CONFIG, steps=30, learning_rate=2e-2, clip_norm=None, validate_every=1000)
    recipe = TeacherRecipe(face=points, **{**common, "config": config, "batch_size": 8})
    losses = [row.loss for row in train(recipe, tmp_path, visible=False).history]
    assert sum(losses[-3:]) < 0.65 * sum(losses[:3])


def test_a_student_that_starts_warm_says_what_its_teacher_says(common, teacher, faces):
    torch.nn.init.normal_(teacher.final_layers[0].weight, std=0.1)
    recipe = SopiRecipe(teacher=teacher, **common)
    student = recipe.build().eval()
    pictures = faces.batch(0, 0, 4).pictures.float() / 255
    torch.testing.assert_close(student(pictures), teacher.eval()(pictures), atol=1e-5, rtol=1e-4)
    clear = SopiRecipe(teacher=teacher, law=HidingLaw(share=0.0), **common)
    batch = clear.batch(0, "train")
    assert torch.equal(batch.hidden, batch.faces.pictures)
    assert float(clear.loss(student, batch, torch.Generator()).detach()) < 1e-8


@pytest.mark.parametrize("form", ["printed", "l1", "whitened"])
def test_sopi_leaves_its_teacher_as_it_is(tmp_path, common, teacher, form):
    before = {name: tensor.clone() for name, tensor in teacher.state_dict().items()}
    train(SopiRecipe(teacher=teacher, form=form, **common), tmp_path, visible=False)
    assert all(torch.equal(tensor, before[name]) for name, tensor in teacher.state_dict().items())


def test_an_unknown_form_of_the_squared_error_is_refused(common, teacher):
    with pytest.raises(ChoiceError, match="cubed"):
        SopiRecipe(teacher=teacher, form="cubed", **common)


def test_lessons_of_several_processes_are_parts_of_the_whole(common, teacher):
    recipe = SopiRecipe(teacher=teacher, law=HidingLaw(share=1.0, kinds=("stars",)), **common)
    whole, second = recipe.batch(3, "train"), recipe.batch(3, "train", Part(1, 2))
    assert torch.equal(whole.hidden[2:], second.hidden)


@pytest.fixture
def mopi(common, teacher, face):
    sopi = SopiRecipe(teacher=teacher, **common).build()
    assert isinstance(sopi, Sopi)
    recogniser = FrozenRecogniser(SmallRecogniser(SmallRecogniserConfig(SMALL, 32, 8)))
    return MopiRecipe(sopi=sopi, recogniser=recogniser, face=face, **{**common, "batch_size": 2})


def test_both_terms_of_mopi_reach_its_heads(mopi):
    batch = mopi.batch(0, "train")
    assert batch.hidden.shape == (2, 7, 3, 32, 32)
    for weights in (MultiOcclusionWeights(), MultiOcclusionWeights(label=0.0), MultiOcclusionWeights(perceptual=0.0)):
        recipe = replace(mopi, weights=weights)
        network = recipe.build()
        assert isinstance(network, Mopi)
        torch.nn.init.normal_(network.heads[3].weight, std=0.05)
        recipe.loss(network, batch, torch.Generator()).backward()
        gradient = network.heads[3].weight.grad
        assert gradient is not None
        assert bool(gradient.isfinite().all())
        assert bool(gradient.any())


def test_the_views_of_a_face_are_hidden_differently(mopi):
    views = mopi.batch(0, "train").hidden[0]
    assert len({view.numpy().tobytes() for view in views}) == 7


def test_the_recogniser_learns_whom_it_sees(tmp_path, faces):
    config = replace(CONFIG, steps=30, learning_rate=5e-3)
    recipe = IdentityRecipe(faces, faces, 4, SmallRecogniserConfig(SMALL, 32, 8), config, batch_size=8)
    history = train(recipe, tmp_path, visible=False).history
    assert history[-1].loss < 0.7 * history[0].loss


def test_the_weakly_supervised_teacher_trains_on_renders(tmp_path, common, face, teacher):
    recipe = WeakTeacherRecipe(face=face, start=teacher.state_dict(), **{**common, "batch_size": 2})
    network = recipe.build()
    assert isinstance(network, RNet)
    terms = recipe.terms(network, recipe.batch(0, "train"))
    terms.total.backward()
    assert all(bool(p.grad.isfinite().all()) for p in network.parameters() if p.grad is not None)
    assert float(terms.photometric.detach()) > 0
    assert float(terms.feature.detach()) == 0


def test_what_is_not_trained_yet_is_named(tmp_path):
    with pytest.raises(InputError, match="no trained teacher"):
        recipes.train("sopi", "open-tiny", tmp_path, steps=1)
    with pytest.raises(ChoiceError, match="open-tiny"):
        recipes.train("sopi", "closed", tmp_path)
