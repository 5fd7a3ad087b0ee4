"""The paper's recipes in miniature: published layout on disk, small networks, every part trains."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from manyfaces.core.errors import ChoiceError, ConfigError, DataError, InputError, ManyfacesError, WeightError
from manyfaces.diffusion import ANCESTRAL
from manyfaces.io.checkpoints import load_weights, save_weights
from manyfaces.io.head_files import load_head
from manyfaces.io.model_folders import read_model_folder
from manyfaces.methods.ofer import PAPER, FrontFace, UNetConfig
from manyfaces.methods.ofer.image_encoder import ArcFaceEncoder, FarlArcFaceEncoder
from manyfaces.pipeline import adding
from manyfaces.pipeline.adding import AddSettings, add_model
from manyfaces.train import Parallel, Part, PlateauConfig, encoders, paper_recipes, recipes
from manyfaces.train.encoders import EncoderFiles, start_encoder
from manyfaces.train.paper_data import DataOptions, open_training_data
from manyfaces.train.paper_recipes import PaperOptions
from manyfaces.train.paper_values import PUBLISHED, CodeValues, PaperValues

real_front = paper_recipes._front  # the tests train on a front of their own

DIM = 512
TRUNK = UNetConfig(widths=(16, 8), heads=2, head_dim=4, n_qkv=2, time_dim=8)
SMALL = dataclasses.replace(
    PAPER,
    idgen=TRUNK,
    expgen=TRUNK,
    idrank=dataclasses.replace(PAPER.idrank, widths=(32,), n_vertices=5),
    identity_condition_dim=DIM,
    expression_condition_dim=2 * DIM,
    rank_condition_dim=2 * DIM,
)


class TinyArcFace(nn.Module):
    """The parts of an iResNet by name, and little in them."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.prelu = nn.Conv2d(3, 4, 16, 16), nn.BatchNorm2d(4), nn.PReLU(4)
        self.layer1, self.layer2, self.layer3 = nn.Identity(), nn.Identity(), nn.Identity()
        self.layer4, self.bn2 = nn.Conv2d(4, 4, 7), nn.BatchNorm2d(4)
        self.fc, self.features = nn.Linear(4, DIM), nn.BatchNorm1d(DIM)

    def forward(self, x):
        x = self.layer4(self.prelu(self.bn1(self.conv1(x))))
        return self.features(self.fc(self.bn2(x).flatten(1)))


class TinyFarl(nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = nn.Linear(3, DIM)

    def forward(self, x):
        return self.visual(x.mean((2, 3)))


class TinyIdentity(ArcFaceEncoder):
    def __init__(self, freeze=None):
        super().__init__(TinyArcFace(), freeze)


class TinyBoth(FarlArcFaceEncoder):
    def __init__(self, freeze=None):
        super().__init__(TinyArcFace(), TinyFarl(), freeze)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    kinds = {"idgen": TinyIdentity, "idrank": TinyBoth, "expgen": TinyBoth}
    monkeypatch.setattr(encoders, "PAPER_ENCODERS", kinds)
    monkeypatch.setattr(paper_recipes, "PAPER_ENCODERS", kinds)
    monkeypatch.setattr(paper_recipes, "PAPER", SMALL)
    monkeypatch.setattr(paper_recipes, "POOL_EXAMPLES", 16)
    for name, both in PUBLISHED.items():
        monkeypatch.setitem(PUBLISHED, name, {**both, "paper": PaperValues(2, 2, 2)})
    front = FrontFace(torch.zeros(5, 3), torch.ones(300, 5, 3))
    monkeypatch.setattr(paper_recipes, "_front", lambda *_: front)


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Two sets as published; the one that moves knows expressions."""
    root = tmp_path_factory.mktemp("data")
    generator = np.random.default_rng(0)
    for name, moving in (("LYHM", False), ("FAMOS", True)):
        crops, parameters = root / name / "arcface_input", root / name / "FLAME23_parameters"
        listed = {}
        for person in range(4):
            (crops / f"p{person}").mkdir(parents=True)
            (parameters / f"p{person}").mkdir(parents=True)
            photos = [f"p{person}/{k}.jpg" for k in range(2)]
            for photo in photos:
                picture = generator.integers(0, 255, (224, 224, 3), dtype=np.uint8)
                Image.fromarray(picture).save(crops / photo)
                planes = (picture[::2, ::2].transpose(2, 0, 1) / 127.5 - 1).astype(np.float32)
                np.save((crops / photo).with_suffix(".npy"), planes)
            truth = {"shape": generator.normal(size=300).astype(np.float32)}
            if moving:
                truth |= {"exp": generator.normal(size=100), "pose": np.zeros(9), "trans": np.zeros(3)}
            np.savez(parameters / f"p{person}" / "params.npz", **truth)
            listed[f"p{person}"] = [f"p{person}/params.npz", photos]
        (root / "image_paths").mkdir(exist_ok=True)
        (root / "image_paths" / f"{name}.json").write_text(json.dumps(listed))
    return root


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Pretrained encoders as their makers publish them: one bare, one inside CLIP."""
    folder = tmp_path_factory.mktemp("encoders")
    torch.manual_seed(0)
    torch.save(TinyArcFace().state_dict(), folder / "backbone.pth")
    clip = {**TinyFarl().state_dict(), "transformer.weight": torch.zeros(3), "logit_scale": torch.zeros(())}
    torch.save({"state_dict": clip, "epoch": 64}, folder / "farl.pth")
    return EncoderFiles(folder / "backbone.pth", folder / "farl.pth")


@pytest.fixture
def options(data, files):
    return PaperOptions(DataOptions(data, ("LYHM",)), encoders=files)


def test_every_part_trains_and_they_become_a_model(tmp_path, options, data, empty_cache, monkeypatch):
    monkeypatch.setattr(adding, "PAPER_ENCODERS", paper_recipes.PAPER_ENCODERS)
    idgen = recipes.train("idgen", "idgen-flame23", tmp_path, options=options)
    assert idgen.finished
    assert idgen.step == 2 * 2  # two epochs of three people, two a step
    described = load_weights(idgen.weights).config["encoder"]
    assert (described["head"], described["freeze"]) == ("flame23", "layer4")
    ranked = recipes.train("idrank", "idrank", tmp_path, options=options)
    assert ranked.finished
    assert list((tmp_path / "idrank" / "pool").iterdir())
    moving = dataclasses.replace(options, data=DataOptions(data))
    assert recipes.train("expgen", "expgen", tmp_path, options=moving).finished
    np.save(tmp_path / "front.npy", np.arange(5))
    folder = add_model(tmp_path, AddSettings("trained", None, tmp_path / "front.npy"), lambda line: None)
    card = read_model_folder(folder).card
    assert card.head == "flame23"
    assert [(t.recipe, t.steps, t.planned_steps, t.values) for t in card.training] == [
        ("idgen-flame23", 4, 4, "paper"),
        ("idrank", 4, 4, "paper"),
        ("expgen", 4, 4, "paper"),
    ]


def test_frozen_layers_stay_as_they_came_and_the_last_stage_learns(tmp_path, options, files):
    model = recipes.train("idgen", "idgen-flame23", tmp_path, options=options).model
    came = torch.load(files.arcface, weights_only=True)
    now = {name.removeprefix("encoder.arcface."): t for name, t in model.state_dict().items()}
    for name in ("conv1.weight", "bn1.running_mean", "bn1.running_var", "prelu.weight"):
        assert torch.equal(now[name], came[name]), name
    for name in ("layer4.weight", "fc.weight", "bn2.running_mean", "features.running_var"):
        assert not torch.equal(now[name], came[name]), name


def test_resuming_needs_the_same_encoder(tmp_path, options, files):
    recipes.train("idgen", "idgen-flame23", tmp_path, steps=1, options=options)
    other = dataclasses.replace(options, encoders=EncoderFiles(from_scratch=True))
    with pytest.raises(ManyfacesError, match=r"network.encoder.start was .*is 'scratch'"):
        recipes.train("idgen", "idgen-flame23", tmp_path, steps=1, options=other)


def test_no_random_encoder_by_oversight(tmp_path, options, empty_cache, files):
    bare = dataclasses.replace(options, encoders=EncoderFiles())
    with pytest.raises(InputError, match=r"pretrained ArcFace, and .*arcface.pth is not there") as caught:
        recipes.train("idgen", "idgen-flame23", tmp_path, options=bare)
    assert "--arcface FILE" in caught.value.fix
    assert "--from-scratch-encoder" in caught.value.fix
    half = dataclasses.replace(options, encoders=EncoderFiles(arcface=files.arcface))
    with pytest.raises(InputError, match="pretrained FaRL"):
        recipes.train("expgen", "expgen", tmp_path, options=half)
    asked = dataclasses.replace(options, encoders=EncoderFiles(from_scratch=True))
    assert recipes.train("idgen", "idgen-flame23", tmp_path, steps=1, options=asked).finished


@pytest.mark.parametrize(("content", "said"), [(b"", "damaged"), ("farl", "lacks|unknown"), ({"a": 1}, "no weights")])
def test_files_of_something_else_are_refused(tmp_path, files, content, said):
    path = tmp_path / "backbone.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "farl":
        path.write_bytes(files.farl.read_bytes())
    else:
        torch.save(content, path)
    with pytest.raises(WeightError, match=said):
        start_encoder("idgen", EncoderFiles(path)).make()


def test_harmful_files_are_not_run(tmp_path):
    class Harmful:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'harmed')!r}, 'w')",))

    torch.save({"state_dict": Harmful()}, tmp_path / "backbone.pth")
    with pytest.raises(WeightError, match=r"asks for .*exec.*nothing was run"):
        start_encoder("idgen", EncoderFiles(tmp_path / "backbone.pth"))
    assert not (tmp_path / "harmed").exists()


def test_data_that_are_not_there_are_one_line(tmp_path, options, data):
    def said(**changes):
        asked = dataclasses.replace(options, data=dataclasses.replace(options.data, **changes))
        with pytest.raises((InputError, DataError)) as caught:
            recipes.train("idgen", "idgen-flame23", tmp_path, options=asked)
        return str(caught.value)

    assert "--data ROOT" in said(root=None)
    assert "is not a folder" in said(root=data / "nowhere")
    assert "STIRLING" in said(sets=())
    assert "--sets" in said(sets=("STIRLING",))
    still = dataclasses.replace(options, data=DataOptions(data, ("LYHM",)))
    with pytest.raises(DataError, match="LYHM hold no expressions"):
        recipes.train("expgen", "expgen", tmp_path, options=still)


def test_coefficients_of_the_other_head_are_not_learnt(tmp_path, options):
    with pytest.raises(DataError, match=r"FLAME_parameters.* is missing"):
        recipes.train("idgen", "idgen-flame20", tmp_path, steps=1, options=options)


def test_one_of_several_lists_is_named(tmp_path, options, data):
    root = shutil.copytree(data, tmp_path / "data")
    (root / "image_paths" / "arcface20").mkdir()
    shutil.copy(root / "image_paths" / "LYHM.json", root / "image_paths" / "arcface20")
    asked = DataOptions(root, ("LYHM",))
    with pytest.raises(DataError, match=r"--lists \. or arcface20"):
        open_training_data(asked, (), "flame23", 2, hide=False, expressions=False)
    for lists in (".", "arcface20"):
        named = dataclasses.replace(asked, lists=lists)
        assert open_training_data(named, (), "flame23", 2, hide=False, expressions=False).n_people


def test_the_parts_of_a_batch_of_photos_are_the_batch(data):
    opened = open_training_data(DataOptions(data), ("LYHM",), "flame23", 2, hide=True, expressions=False)
    whole = opened.train.batch(1, 2, 4)
    parts = [opened.train.batch(1, 2, 4, Part(i, 2).rows(4)) for i in range(2)]
    picked = opened.train.batch(1, 2, 4, torch.tensor([3, 0]))
    for field in ("aligned", "portrait"):
        pictures = getattr(whole.condition, field)
        assert torch.equal(torch.cat([getattr(part.condition, field) for part in parts]), pictures)
        assert torch.equal(getattr(picked.condition, field), pictures[[3, 0]])
    assert torch.equal(torch.cat([part.identity for part in parts]), whole.identity)
    held = {item.subject for item in opened.validation.items}
    assert held
    assert not held & {item.subject for item in opened.train.items}


def test_the_rankers_vertices_are_kept_with_it(tmp_path, monkeypatch):
    indices, other, kept = tmp_path / "front.npy", tmp_path / "other.npy", tmp_path / "idrank" / "front_indices.npy"
    np.save(indices, [7, 3, 1, 0, 2])
    np.save(other, [7, 3, 1, 2, 0])
    monkeypatch.setattr(paper_recipes, "load_head", lambda name: load_head("openhead"))
    recipe = paper_recipes.PAPER_RECIPES["idrank"]
    front = real_front(recipe, indices, kept, Parallel())
    assert np.load(kept).tolist() == [7, 3, 1, 0, 2]
    template = load_head("openhead").template
    np.testing.assert_allclose(front.template_mm.numpy(), template[[7, 3, 1, 0, 2]] * 1000)
    real_front(recipe, indices, kept, Parallel())
    with pytest.raises(ConfigError, match="looks at other vertices"):
        real_front(recipe, other, kept, Parallel())
    with pytest.raises(InputError, match="--front-indices FILE"):
        real_front(recipe, None, kept, Parallel())


def test_recipes_train_their_own_part(tmp_path, options):
    with pytest.raises(ChoiceError, match="idgen-flame20, idgen-flame23"):
        recipes.train("idgen", "expgen", tmp_path, options=options)
    with pytest.raises(InputError, match="renders its own data"):
        recipes.train("idgen", "open", tmp_path, options=options)


def test_the_ranker_asks_for_a_generator_of_its_head(tmp_path, options):
    with pytest.raises(InputError, match="--idgen FILE"):
        recipes.train("idrank", "idrank", tmp_path, options=options)
    trained = recipes.train("idgen", "idgen-flame23", tmp_path, steps=1, options=options)
    weights = load_weights(trained.weights)
    weights.config["encoder"]["head"] = "flame20"
    save_weights(trained.weights, weights.state, weights.config)
    with pytest.raises(WeightError, match="of the head flame20, not of flame23"):
        recipes.train("idrank", "idrank", tmp_path, options=options)


@pytest.mark.parametrize("values", ["paper", "code"])
def test_ranking_data_and_rates_by_values(tmp_path, options, values, monkeypatch):
    monkeypatch.setitem(PUBLISHED, "idrank", {"paper": PaperValues(120, 32, 1), "code": CodeValues(650, 8, 1)})
    recipes.train("idgen", "idgen-flame23", tmp_path, steps=1, options=options)
    chosen = dataclasses.replace(options, values=values)
    recipe = paper_recipes.paper_recipe("idrank", "idrank", chosen, tmp_path, 3, None, Parallel())
    bare = values == "code"
    assert recipe.batch_size == (8 if bare else 32)
    assert recipe.sampler == (ANCESTRAL if bare else None)
    assert (recipe.source.augment is None) == bare
    config = recipe.config
    assert (config.learning_rate, config.rates) == (1e-6, {"encoder.arcface": 1e-4, "encoder.farl": 1e-4})
    assert (config.steps, config.seed) == ((650 if bare else 120) * 1, 3)  # three people are one step
    assert (config.clip_norm, config.ema_decay, config.precision) == (
        (None, 0.0, "float32") if bare else (1.0, 0.999, "auto")
    )
    assert config.plateau == PlateauConfig(1, factor=0.99, patience=2, threshold=1e-4)
    assert not recipe.drawn_truth
    assert recipe.refresh_every == 10
