"""Imported models: found, loaded, refused, and run on photos."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch

from manyfaces import Predictor
from manyfaces.core.errors import AssetError, ChoiceError, HeadFileError, InputError, WeightError
from manyfaces.detect import POINTS_68_FROM_468, FaceCrops, five_points
from manyfaces.detect.alignment import CLIP_MEAN, CLIP_STD
from manyfaces.heads import HeadModel
from manyfaces.pipeline.anchors import find_anchors
from manyfaces.pipeline.catalogue import find_model, own_models
from manyfaces.pipeline.conditioning import CropConditioner
from manyfaces.pipeline.loading import load_ofer
from manyfaces.pipeline.ofer_method import OferMethod
from manyfaces.pipeline.options import Options

QUICK = {"n_identities": 5, "n_expressions": 3, "occlusion": "none"}
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def loaded(load_published):
    return load_published()


@pytest.fixture(scope="module")
def predictor(loaded):
    return Predictor(OferMethod(loaded))


@pytest.fixture(scope="module")
def result(predictor, person):
    return predictor(person[0], **QUICK)


def anchor_error_px(result):
    """Mean distance of the 68 points of every hypothesis from those found on the photo, in distances of the eyes."""
    points = result.cameras.project(result.head.landmarks(result.vertices, "68")).points_px.numpy()
    found = POINTS_68_FROM_468 @ result.points_px
    return np.linalg.norm(points - found, axis=-1).mean() / np.linalg.norm(found[36] - found[45])


def test_faces_lie_on_the_photo_by_68_landmarks(result):
    assert len(result) == 3
    assert result.model == "ofer-tiny"
    assert result.head.data.name == "flame20"
    assert anchor_error_px(result) < 0.15


def test_published_faces_are_settled_only_when_asked(predictor, person, result):
    drawn = predictor._method.sample(predictor.look(person[0], occlusion="none"), Options(**QUICK))[0]
    torch.testing.assert_close(result.expressions, drawn.expressions)
    torch.testing.assert_close(result.identities, drawn.identities)
    settled = predictor(person[0], settle=True, **QUICK)
    assert not torch.equal(settled.expressions, drawn.expressions)
    assert anchor_error_px(settled) < 0.9 * anchor_error_px(result)


def test_a_page_is_drawn_without_anything_but_68_landmarks(result, tmp_path):
    assert (result.save(tmp_path / "out") / "overview.png").is_file()


@pytest.mark.parametrize("n", [2, 9])
def test_a_photo_is_encoded_once_by_each_network(predictor, loaded, person, n, monkeypatch):
    calls = []

    def counted(part, forward):
        return lambda crops: calls.append((part, len(crops))) or forward(crops)

    for part in ("idgen", "idrank", "expgen"):
        encoder = getattr(loaded.ofer, part).encoder
        monkeypatch.setattr(encoder, "forward", counted(part, encoder.forward))
    predictor.reconstruct_many([person[0], person[0]], **{**QUICK, "n_identities": n})
    assert sorted(calls) == [("expgen", 2), ("idgen", 2), ("idrank", 2)]


def test_a_batch_gives_the_faces_of_each_photo_alone(predictor, person, masked_person, result):
    results = predictor.reconstruct_many([masked_person[0], person[0]], **QUICK)
    torch.testing.assert_close(results[1][0].expressions, result.expressions, atol=1e-3, rtol=1e-3)


def test_crops_are_cut_by_the_corrected_points(predictor, person):
    [face] = predictor.look(person[0], occlusion="none")
    y, x = np.mgrid[:320, :320]
    ramp = dataclasses.replace(face, image=np.stack([x * 0.75, y * 0.75, 0 * x + 100], -1).astype(np.uint8))
    plain, swapped = CropConditioner()([ramp]), CropConditioner(bgr_input=True)([ramp])
    assert torch.equal(swapped.aligned, plain.aligned.flip(1))
    assert torch.equal(swapped.portrait, plain.portrait)
    # Colours tell where a pixel comes from: the place between the template's eyes from between the eyes, the portrait's
    # middle from the middle of the points.
    points = face.view.points_px
    between_eyes = five_points(points)[:2].mean(0)
    red, green, blue = (plain.aligned[0, :, 52, 56] * 127.5 + 127.5) / 0.75
    np.testing.assert_allclose([red, green], between_eyes, atol=6)
    assert blue == pytest.approx(100 / 0.75)
    rgb = plain.portrait[0, :, 112, 112] * torch.tensor(CLIP_STD) + torch.tensor(CLIP_MEAN)
    np.testing.assert_allclose(rgb[:2] * 255 / 0.75, (points.min(0) + points.max(0)) / 2, atol=4)


def test_quirks_change_what_they_name_and_nothing_else(load_published):
    crops = FaceCrops(torch.rand(2, 3, 112, 112), torch.rand(2, 3, 224, 224))
    plain, quirky = load_published(), load_published("bgr_input, skip_batch_norm_at_batch_one")
    assert (plain.conditioner.bgr_input, quirky.conditioner.bgr_input) == (False, True)
    for part, same in (("idgen", True), ("expgen", True), ("idrank", False)):
        a, b = (getattr(model.ofer, part).encoder(crops) for model in (plain, quirky))
        assert torch.equal(a, b) == same, part
        assert torch.equal(a[:, :-512], b[:, :-512]), "FaRL has no such quirk"
    with pytest.raises(ChoiceError, match="halve_jaw"):
        load_published("half_jaw")


def test_other_heads_are_refused(load_published, stand_in, tmp_path):
    with pytest.raises(WeightError, match=r"ofer-tiny are for the head flame20, not for flame23.*use the head flame20"):
        load_published(head=stand_in.write_head(tmp_path, "flame23"))
    with pytest.raises(WeightError, match="not for openhead"):
        load_published(head="openhead")


def test_flame23_weights_take_the_head_they_were_trained_on(stand_in, tmp_path, monkeypatch):
    monkeypatch.setattr("manyfaces.pipeline.published.PAPER_ENCODERS", stand_in.TINY_ENCODERS)
    model = stand_in.write_model(tmp_path / "m", head="flame23")
    for name in ("flame23", "flame23-no-jaw"):
        assert load_ofer(model, CPU, stand_in.write_head(tmp_path, name)).head.data.name == name


def test_a_head_without_landmarks_is_named_with_the_file_it_lacks(load_published, stand_in, tmp_path):
    model = load_published(head=stand_in.write_head(tmp_path, landmarks=()))
    with pytest.raises(HeadFileError, match=r"flame20.*landmark_embedding\.npy"):
        OferMethod(model)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "idrank.safetensors").unlink(), r"no weight file at .*idrank\.safetensors"),
        (lambda folder: (folder / "front_indices.npy").unlink(), r"front_indices\.npy"),
        (lambda folder: np.save(folder / "front_indices.npy", np.arange(39)), "39 front vertices"),
        (
            lambda folder: np.save(folder / "front_indices.npy", np.arange(40) + 10**6),
            "lists 40 front vertices from 10",
        ),
        (lambda folder: np.save(folder / "front_indices.npy", np.array([{}])), "damaged or no list"),
        (lambda folder: (folder / "model.json").write_text("{"), r"model\.json cannot be used: .*JSON"),
        (lambda folder: (folder / "model.json").write_text('{"method": "ofer"}'), "lacks head, sizes"),
        (lambda folder: (folder / "model.json").write_text("[]"), "must be a JSON object"),
    ],
)
def test_damaged_folders_are_named(published, stand_in, tmp_path, monkeypatch, spoil, said):
    monkeypatch.setattr("manyfaces.pipeline.published.PAPER_ENCODERS", stand_in.TINY_ENCODERS)
    folder = tmp_path / "spoiled"
    shutil.copytree(published[0], folder)
    spoil(folder)
    with pytest.raises(WeightError, match=said):
        load_ofer(folder, CPU, published[1])


def test_a_head_with_too_few_coefficients_is_refused(published, stand_in, tmp_path):
    folder = tmp_path / "large"
    shutil.copytree(published[0], folder)
    card = json.loads((folder / "model.json").read_text())
    card["sizes"]["n_expression"] = 50
    (folder / "model.json").write_text(json.dumps(card))
    with pytest.raises(WeightError, match="12 identity and 50 expression coefficients, the head flame20 has 20 and 20"):
        load_ofer(folder, CPU, published[1])


def test_models_are_found_by_name_and_by_folder(published, empty_cache):
    assert find_model("ofer-open").name == "ofer-open"
    assert find_model(published[0]) == published[0]
    with pytest.raises(AssetError, match="manyfaces assets import ofer"):
        find_model("ofer-flame20")
    shutil.copytree(published[0], empty_cache / "models" / "ofer-flame20")
    assert find_model("ofer-flame20") == empty_cache / "models" / "ofer-flame20"
    assert own_models() == ["ofer-flame20"]
    with pytest.raises(ChoiceError, match=r"valid: ofer-open, .*, ofer-flame20, a folder"):
        find_model("offer-open")


def test_the_open_model_has_no_quirks_and_one_head():
    for wrong in ({"compat": "official"}, {"head": "flame20"}):
        with pytest.raises(InputError, match="ofer-open is made for the head openhead"):
            Predictor.from_pretrained("ofer-open", **wrong)


def test_the_densest_landmarks_are_taken(stand_in, open_head):
    assert find_anchors(open_head).name == "468"
    anchors = find_anchors(HeadModel(stand_in.flame_like(landmarks=("68",))))
    assert anchors.name == "68"
    np.testing.assert_array_equal(anchors.from_468.numpy(), POINTS_68_FROM_468)
