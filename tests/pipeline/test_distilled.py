"""Teacher and students in the pipeline: one coloured face that lies on the photo, from networks of random weights."""

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image
from torch import nn

from manyfaces import Predictor
from manyfaces.assets import packaged_folder, shipped
from manyfaces.assets.cache import sha256_of
from manyfaces.cli import app
from manyfaces.core.errors import AssetError, ConfigError, InputError, NoFaceError, WeightError
from manyfaces.detect import POINTS_68_FROM_468, rnet_crop, rnet_five
from manyfaces.faces import FaceLaw
from manyfaces.io.checkpoints import save_weights
from manyfaces.io.face_models import load_face_model
from manyfaces.methods.distill import OPEN, DistillConfig, Mopi, RNet, Sopi
from manyfaces.nn.resnet import ResNetConfig
from manyfaces.pipeline.adding_distill import AddDistillSettings, add_distilled
from manyfaces.pipeline.catalogue import summary_of
from manyfaces.pipeline.distill_method import DistillMethod
from manyfaces.pipeline.distill_models import LoadedDistill
from manyfaces.pipeline.export import npz_arrays
from manyfaces.pipeline.importing_deep3d import import_deep3d
from manyfaces.pipeline.loading import load_ofer
from manyfaces.pipeline.portrait import light_ball
from manyfaces.render.sampling import sampled

TINY = replace(OPEN, backbone=ResNetConfig((1,), (4,), stem=4), pooling=1)
QUICK = {"occlusion": "none"}


class Says(nn.Module):
    """Says the same of every face, and counts how often it is asked."""

    def __init__(self, vector):
        super().__init__()
        self.vector, self.shapes = vector, []

    def forward(self, pictures):
        self.shapes.append(tuple(pictures.shape))
        assert 0 <= pictures.min() < pictures.max() <= 1
        return self.vector.expand(len(pictures), -1)


@pytest.fixture(scope="module")
def face():
    return load_face_model("openhead", TINY.layout)


@pytest.fixture(scope="module")
def vector():
    """A face that is turned, shifted, smiling, coloured and lit."""
    values = 0.3 * torch.randn(OPEN.layout.size, generator=torch.Generator().manual_seed(5))
    values[OPEN.layout.slices["angles"]] = torch.tensor([0.1, -0.3, 0.2])
    values[OPEN.layout.slices["light"]] *= 0.2
    values[OPEN.layout.slices["translation"]] = torch.tensor([0.1, -0.05, 0.3])
    return values


@pytest.fixture(scope="module")
def knowing(predictor, face, vector):
    """A predictor whose network says that face, and the network."""
    eyes, network = predictor._method.eyes, Says(vector)
    loaded = LoadedDistill(
        "told", face, network, TINY, torch.device("cpu"), None, eyes.detector, eyes.mesh, eyes.encoder
    )
    return Predictor(DistillMethod(loaded)), network


@pytest.fixture(scope="module")
def result(knowing, person):
    return knowing[0](person[0], **QUICK)


def write_weights(path: Path, kind: type[nn.Module] = Sopi, config: DistillConfig = TINY) -> Path:
    torch.manual_seed(0)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_weights(path, kind(config).state_dict(), config, {"recipe": "tiny", "step": "3", "steps": "5"}, half=True)
    return path


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The shipped files, and those of the distilled models with random weights."""
    real, folder = packaged_folder(), tmp_path / "files"
    (folder / "ofer-open").mkdir(parents=True)
    for name in ("openhead.npz", "ofer-open/points.safetensors"):
        (folder / name).symlink_to(real / name)
    for part, kind in (("teacher", RNet), ("sopi", Sopi), ("mopi", Mopi)):
        write_weights(folder / f"{part}-open" / f"{part}.safetensors", kind)
    lines = [f"{sha256_of(p)}  {p.relative_to(folder).as_posix()}" for p in folder.rglob("*") if p.suffix]
    (folder / "SHA256SUMS").write_text("\n".join(lines))
    monkeypatch.setattr(shipped, "packaged_folder", lambda: folder)
    return folder


def test_the_face_lies_on_the_photo_where_the_network_sees_it_in_the_crop(result, face, vector):
    # The same through the published frame of 224 pixels, which the network of 112 never saw.
    crop = rnet_crop(result.photo, rnet_five(POINTS_68_FROM_468 @ result.points_px))
    expected = crop.to_photo(face.landmarks_px(face.layout.split(vector[None]))[0].double().numpy())
    points = result.cameras.project(result.head.landmarks(result.vertices)).points_px[0]
    np.testing.assert_allclose(points.numpy(), expected, atol=1e-3)


def test_the_parts_of_the_vector_are_the_face(result, face, vector):
    layout = OPEN.layout
    assert (len(result), result.n_identities, result.model) == (1, 1, "told")
    torch.testing.assert_close(result.best.identity, vector[: layout.identity])
    torch.testing.assert_close(result.jaw[0], 0.1 * vector[layout.slices["expression"]][-3:])
    assert result.expressions.shape == (1, layout.expression - 3)
    predicted = layout.split(vector[None])
    torch.testing.assert_close(result.vertices - face.origin, face.vertices(predicted), atol=1e-6, rtol=0)
    torch.testing.assert_close(result.appearance.colours, face.colours(predicted).clamp(0, 1))
    torch.testing.assert_close(result.albedo, face.head.albedo(predicted.albedo)[0].clamp(0, 1))


@pytest.fixture
def settling(predictor, face, knowing):
    """The same model, which knows which faces are usual."""
    eyes = predictor._method.eyes
    layout = OPEN.layout
    mean, deviation = (layout.split(value * torch.ones(layout.size)) for value in (0.0, 0.2))
    law = FaceLaw(mean, replace(deviation, albedo=5 * deviation.albedo))
    parts = eyes.detector, eyes.mesh, eyes.encoder
    return Predictor(DistillMethod(LoadedDistill("told", face, knowing[1], TINY, torch.device("cpu"), law, *parts)))


def test_colours_are_settled_on_the_skin_where_the_model_knows_which_faces_are_usual(knowing, settling, person):
    told, settled = (predictor(person[0], **QUICK) for predictor in (knowing[0], settling))
    skin = told.head.mask("front") & told.head.mask("skin")
    photo = told.appearance.colours.new_tensor(person[0] / 255).float()[None]
    medians = []
    for one in (told, settled):
        seen = sampled(photo, one.cameras.project(one.vertices).points_px)[0, skin]
        medians.append((one.appearance.colours[0, skin] - seen).abs().median())
    assert medians[1] < 0.7 * medians[0]
    assert torch.equal(settling(person[0], settle=False, **QUICK).albedo, told.albedo)
    with pytest.raises(InputError, match="told does not know which faces are usual"):
        knowing[0](person[0], settle=True, **QUICK)


def test_faces_are_settled_on_the_points_that_are_seen(knowing, settling, person):
    told, settled = (predictor(person[0], **QUICK) for predictor in (knowing[0], settling))

    def missed_px(one):
        points_px = one.cameras.project(one.head.landmarks(one.vertices, "468")).points_px[0].numpy()
        return np.linalg.norm(points_px - one.points_px, axis=1)[one.visible].mean()

    assert missed_px(settled) < 0.5 * missed_px(told)


def test_all_photos_of_a_person_are_settled_with_one_identity(settling, person, masked_person):
    photos = [person[0], masked_person[0]]
    first, second = settling.reconstruct_person(photos, **QUICK)
    assert torch.equal(first.best.identity, second.best.identity)
    network_alone, _ = settling.reconstruct_person(photos, settle=False, **QUICK)
    assert not torch.equal(first.best.expression, network_alone.best.expression)


def test_many_photos_are_one_forward_pass_and_the_same_faces(knowing, person, masked_person, result):
    predictor, network = knowing
    network.shapes.clear()
    results = predictor.reconstruct_many([masked_person[0], person[0], person[0]], **QUICK)
    assert network.shapes == [(3, 3, 112, 112)]
    torch.testing.assert_close(results[1][0].vertices, result.vertices)
    assert [len(faces) for faces in results] == [1, 1, 1]
    assert set(results[0][0].timings) == {"look", "predict"}


def test_what_makes_no_sense_for_one_face_is_refused(knowing, person):
    predictor = knowing[0]
    with pytest.raises(InputError, match=r"told takes no n_identities, sampler.*valid: occlusion, face, seed, settle"):
        predictor(person[0], n_identities=5, sampler="fast")
    with pytest.raises(NoFaceError, match="no face was found"):
        predictor(np.full((200, 200, 3), 128, np.uint8))


def test_photos_of_one_person_have_one_shape_and_colour(knowing, person, masked_person):
    predictor, _ = knowing
    one, other = predictor.reconstruct_person([person[0], masked_person[0]], **QUICK)
    assert torch.equal(one.identities, other.identities)
    assert torch.equal(one.albedo, other.albedo)
    # The network says the same of both, so that nothing has to move.
    torch.testing.assert_close(one.best.vertices, predictor(person[0], **QUICK).best.vertices, atol=1e-6, rtol=0)
    assert not torch.equal(one.cameras.focal_px, other.cameras.focal_px)


def test_options_of_another_name_are_refused_by_all_models(predictor, person):
    with pytest.raises(InputError, match="ofer-open takes no n_faces"):
        predictor(person[0], n_faces=5)


def test_files_hold_colours_and_light(result, tmp_path):
    folder = result.save(tmp_path / "out")
    with np.load(folder / "faces.npz") as arrays:
        assert all(f"`{key}`" in npz_arrays.__doc__ for key in arrays)
        assert arrays["light"].shape == (1, 3, 9)
        assert arrays["angles"][0].tolist() == pytest.approx([0.1, -0.3, 0.2])
        assert arrays["coefficients"].shape == (1, OPEN.layout.size)
        np.testing.assert_allclose(arrays["albedo"][0], result.albedo.numpy())
    mesh = trimesh.load(folder / "best.ply", process=False, maintain_order=True)
    np.testing.assert_allclose(mesh.visual.vertex_colors[:, :3] / 255, result.albedo.numpy(), atol=3e-3)
    rows = [line.split()[4:] for line in (folder / "best.obj").read_text().splitlines() if line.startswith("v ")]
    np.testing.assert_allclose(np.array(rows, float), result.albedo.numpy(), atol=1e-4)
    report = json.loads((folder / "report.json").read_text())
    assert report["angles_deg"]["yaw"] == pytest.approx(np.rad2deg(-0.3), abs=0.01)
    with Image.open(folder / "overview.png") as page:
        assert page.width == 1600
        assert len(page.convert("RGB").getcolors(page.width * page.height)) > 5000


def test_a_ball_in_the_usual_light_is_grey_all_over():
    ball = light_ball(torch.zeros(3, 9), 41)
    # Light 0.8 times the zeroth function, pi / sqrt(4 pi), on a grey of 0.75.
    assert ball[20, 20].tolist() == ball[10, 25].tolist() == [round(255 * 0.75 * 0.8 * np.pi / np.sqrt(4 * np.pi))] * 3
    light = torch.zeros(3, 9)
    light[:, 3] = -0.3  # minus x, so that it comes from the picture's right
    lit = light_ball(light, 41)
    assert lit[20, 35, 0] > lit[20, 20, 0] > lit[20, 5, 0]


@pytest.mark.parametrize("name", ["sopi-open", "mopi-open", "teacher-open"])
def test_released_models_load_by_name(package, person, name):
    predictor = Predictor.from_pretrained(name)
    face = predictor(person[0], **QUICK)
    assert (face.model, len(face), face.head.data.name) == (name, 1, "openhead")
    with pytest.raises(InputError, match="made for the head openhead"):
        Predictor.from_pretrained(name, head="openhead")
    with pytest.raises(InputError, match="no quirks"):
        Predictor.from_pretrained(name, compat="official")
    with pytest.raises(InputError, match="no model of OFER"):
        load_ofer(name, torch.device("cpu"))


def test_weights_that_are_missing_or_others_are_named(package):
    (package / "sopi-open" / "sopi.safetensors").unlink()
    with pytest.raises(AssetError, match=r"holds no file 'sopi-open/sopi\.safetensors'"):
        Predictor.from_pretrained("sopi-open")
    write_weights(package / "sopi-open" / "sopi.safetensors", Mopi)
    with pytest.raises(AssetError, match="checksum"):
        Predictor.from_pretrained("sopi-open")
    listed = (package / "SHA256SUMS").read_text().splitlines()
    renewed = f"{sha256_of(package / 'sopi-open' / 'sopi.safetensors')}  sopi-open/sopi.safetensors"
    kept = [line for line in listed if "sopi-open/" not in line]
    (package / "SHA256SUMS").write_text("\n".join([*kept, renewed]))
    with pytest.raises(WeightError, match=r"sopi\.safetensors does not fit: it lacks fc\.bias"):
        Predictor.from_pretrained("sopi-open")


def test_an_imported_teacher_on_bfm(
    bfm_stand_in: ModuleType, resnet_stand_in: ModuleType, tmp_path, empty_cache, monkeypatch, predictor, person
):
    assert app.run(["assets", "import", "bfm", str(bfm_stand_in.write_makers_files(tmp_path))]) == 0
    torch.save(resnet_stand_in.deep3d((1, 2), 4), tmp_path / "epoch_20.pth")
    small = DistillConfig(backbone=ResNetConfig((1, 2), (4, 8), stem=4, block="bottleneck"))
    import_deep3d(tmp_path / "epoch_20.pth", "rnet-bfm", print, small)
    eyes = predictor._method.eyes
    monkeypatch.setattr("manyfaces.pipeline.distill_models.load_detector", lambda: eyes.detector)
    monkeypatch.setattr("manyfaces.pipeline.distill_models.load_mesh", lambda: eyes.mesh)
    face = Predictor.from_pretrained("rnet-bfm")(person[0], **QUICK)
    assert face.head.data.name == "bfm"
    assert (face.jaw == 0).all()
    assert face.expressions.shape == (1, 64)
    assert face.appearance.coefficients.joined().shape == (1, 257)
    with pytest.raises(WeightError, match="rnet-bfm are for the head bfm, not for openhead"):
        Predictor.from_pretrained("rnet-bfm", head="openhead")


def test_a_network_that_was_trained_here_becomes_a_model(tmp_path, empty_cache, capsys):
    runs = tmp_path / "runs"
    with pytest.raises(InputError, match="holds no trained sopi"):
        add_distilled(runs, AddDistillSettings("mine", "sopi"), print)
    write_weights(runs / "teacher" / "weights.safetensors", RNet)
    write_weights(runs / "sopi" / "weights.safetensors")
    assert app.run(["models", "add", str(runs), "--name", "mine"]) == 0
    assert "sopi: recipe tiny, 3 steps; warning: 5 were planned" in capsys.readouterr().out
    assert app.run(["models"]) == 0
    assert "SOPI on openhead; trained here" in capsys.readouterr().out
    card = json.loads((empty_cache / "models" / "mine" / "model.json").read_text())
    assert (card["network"], card["head"]) == ("sopi", "openhead")
    write_weights(runs / "mopi" / "weights.safetensors", RNet)
    with pytest.raises(WeightError, match="does not fit"):
        add_distilled(runs, AddDistillSettings("other", "mopi"), print)
    save_weights(runs / "sopi" / "weights.safetensors", Sopi(TINY).state_dict(), {"ofer": {}})
    with pytest.raises(ConfigError):
        add_distilled(runs, AddDistillSettings("other", "sopi"), print)
    assert app.run(["models", "add", str(runs), "--name", "x", "--head", "bfm", "--part", "ofer"]) == 2
    assert app.run(["models", "add", str(runs), "--name", "x", "--part", "teacher"]) == 0
    assert "R-Net on openhead" in summary_of("x")


def test_the_command(package, person, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("manyfaces.pipeline.export.draw_overview", lambda result: np.zeros((8, 8, 3), np.uint8))
    photo = tmp_path / "somebody.png"
    Image.fromarray(person[0]).save(photo)
    said = ["reconstruct", str(photo), "--model", "sopi-open", "--out", str(tmp_path / "out"), "--device", "cpu"]
    assert app.run([*said, "--n-identities", "5"]) == 1
    err = capsys.readouterr().err
    assert (
        err
        == "error: the model sopi-open takes no n_identities. fix: leave it out; valid: occlusion, face, seed, settle\n"
    )
    assert app.run(said) == 0
    report = json.loads((tmp_path / "out" / "somebody" / "report.json").read_text())
    assert report["run"]["model"] == "sopi-open"
    assert "n_identities" not in report["run"]
    assert app.run([*said, "--resume"]) == 0
    assert "1 skipped" in capsys.readouterr().out
