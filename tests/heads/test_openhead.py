"""What the packaged head promises; measured on the file itself."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from manyfaces import assets
from manyfaces.heads import HeadData, HeadModel
from manyfaces.io.head_files import load_head


@pytest.fixture(scope="module")
def data() -> HeadData:
    return load_head("openhead")


@pytest.fixture(scope="module")
def head(data: HeadData) -> HeadModel:
    return HeadModel(data)


@pytest.fixture(scope="module")
def mirror(data: HeadData) -> np.ndarray:
    distance, mirror = cKDTree(data.template).query(data.template * np.array([-1, 1, 1], np.float32))
    assert distance.max() < 1e-6  # the mean is symmetric
    return mirror


def test_sizes(data: HeadData) -> None:
    assert len(data.identity_basis) >= 100
    assert data.expression_basis.shape[0] == 50
    assert len(data.unit_names) == 52
    assert {"jawOpen", "eyeBlinkLeft", "mouthSmileRight"} <= set(data.unit_names)
    assert data.joint_names == ("neck", "head", "jaw", "left_eye", "right_eye")
    assert {"face", "front", "ears", "eyes", "mouth", "neck", "scalp", "lips"} <= set(data.masks)
    assert 1800 <= data.masks["front"].sum() <= 2800
    assert data.expression_samples is not None
    assert data.jaw_samples is not None
    assert data.expression_samples.shape == (4000, 50)


def test_components_are_symmetric_or_antisymmetric(data: HeadData, mirror: np.ndarray) -> None:
    flipped = data.identity_basis[:, mirror] * np.array([-1, 1, 1], np.float32)
    even, odd = (np.abs(data.identity_basis - s * flipped).max((1, 2)) for s in (1, -1))
    size = np.abs(data.identity_basis).max((1, 2))
    assert (np.minimum(even, odd) < 0.01 * size).all()
    assert (even < odd)[:8].all()  # what differs most between people is symmetric


def test_the_mesh_is_closed_but_for_the_neck(data: HeadData) -> None:
    edges = np.sort(np.concatenate([data.faces[:, [0, 1]], data.faces[:, [1, 2]], data.faces[:, [2, 0]]]), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    rim = np.unique(unique[(count == 1) & data.masks["skin"][unique].all(1)])
    assert count.max() == 2
    assert len(rim) == 42
    assert data.masks["neck"][rim].all()
    height = data.template[rim, 1]
    assert np.ptp(height) < 0.05


def test_faces_look_outwards(data: HeadData) -> None:
    corners = data.template[data.faces].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.linalg.norm(normal, axis=1) > 1e-10).all()
    for side in ("left_eye", "right_eye"):
        ball = data.masks[side][data.faces].all(1)
        centre = data.joint_template[data.joint_names.index(side)]
        assert (np.einsum("fc,fc->f", normal[ball], corners[ball].mean(1) - centre) > 0).all()
    high_in_front = (corners[:, :, 2].min(1) > 0.09) & (corners[:, :, 1].min(1) > 0.07)
    forehead = high_in_front & data.masks["face"][data.faces].all(1)
    assert forehead.sum() > 20
    assert (normal[forehead, 2] > 0).all()


def test_jaw_opens_the_mouth_and_nothing_above_it(data: HeadData, head: HeadModel) -> None:
    zero = torch.zeros(1)
    rest, open_ = head(zero), head(zero, None, head.jaw_pose(torch.tensor([0.3, 0.0, 0.0])))
    jaw = head.skinning_weights[:, 2]
    teeth = head.mask("teeth") & (jaw > 0.99)
    assert float((open_ - rest)[teeth][:, 1].mean()) < -0.01
    nose_and_up = rest[:, 1] > rest[head.mask("lips"), 1].max() + 0.03
    upper = head.mask("face") & nose_and_up & (rest[:, 0].abs() < 0.03)  # the cheeks do hollow
    assert float((open_ - rest)[upper].norm(dim=1).max()) < 1.5e-3
    assert float((open_ - rest)[head.mask("eyeballs")].norm(dim=1).max()) < 1e-4
    lower_lip = head.mask("lips") & (jaw > 0.8)
    upper_lip = head.mask("lips") & (jaw < 0.05)
    middle = rest[:, 0].abs() < 0.004
    gap = open_[upper_lip & middle, 1].min() - open_[lower_lip & middle, 1].max()
    assert float(gap) > 0.015


def test_expressions_hold_no_gaze_and_no_jaw(data: HeadData) -> None:
    still = data.masks["eyeballs"] | (data.skinning_weights[:, 2] > 0.99) & data.masks["teeth"]
    assert np.abs(data.expression_basis[:, data.masks["eyeballs"]]).max() < 1e-5
    assert np.abs(data.expression_basis[:, still]).max() < 2e-3


def test_expression_samples_have_unit_rms_and_cover_neutral_faces(data: HeadData) -> None:
    assert data.expression_samples is not None
    assert data.jaw_samples is not None
    rms = np.sqrt((data.expression_samples**2).mean(0))
    assert 0.8 < rms.min() < rms.max() < 1.2
    neutral = np.abs(data.expression_samples).max(1) < 1e-3
    assert 0.03 < neutral.mean() < 0.12
    assert (neutral & (np.abs(data.jaw_samples).max(1) == 0)).mean() > 0.03
    assert 0 <= data.jaw_samples[:, 0].min() <= data.jaw_samples[:, 0].max() <= 0.46
    assert 0.2 < (data.jaw_samples[:, 0] > 0.05).mean() < 0.5


def test_lips_of_samples_do_not_cross(data: HeadData, head: HeadModel) -> None:
    pick = slice(0, 200)
    assert data.expression_samples is not None
    assert data.jaw_samples is not None
    pose = head.jaw_pose(torch.tensor(data.jaw_samples[pick]))
    made = head(torch.zeros(200, 1), torch.tensor(data.expression_samples[pick]), pose)
    middle = head.mask("lips") & (head.template[:, 0].abs() < 0.003)
    jaw = head.skinning_weights[:, 2]
    upper, lower = made[:, middle & (jaw < 0.05), 1].amin(1), made[:, middle & (jaw > 0.5), 1].amax(1)
    assert float((upper - lower).min()) > -2.5e-3


def test_random_heads_have_human_sizes(data: HeadData, head: HeadModel) -> None:
    identity = torch.randn(300, head.n_identity, generator=torch.Generator().manual_seed(0))
    joints = head.joints(identity)
    pupils = (joints[:, 3] - joints[:, 4]).norm(dim=1) * 1e3
    assert float(pupils.mean()) == pytest.approx(63, abs=3.6)
    assert 3.6 / 1.5 < float(pupils.std()) < 3.6 * 1.5
    vertices = head(identity)[:, head.mask("skin") & ~head.mask("ears") & (head.template[:, 1] > 0.05)]
    length = (vertices[..., 2].amax(1) - vertices[..., 2].amin(1)) * 1e3
    assert float(length.mean()) == pytest.approx(192, abs=8.4)


def test_eyeballs_stay_nearly_round_and_turn_about_their_joints(head: HeadModel) -> None:
    identity = torch.randn(5, head.n_identity, generator=torch.Generator().manual_seed(1))
    ball = head(identity)[:, head.mask("left_eye")]
    radius = (ball - head.joints(identity)[:, None, 3]).norm(dim=-1)
    assert (
        float(((radius.amax(1) - radius.amin(1)) / radius.mean(1)).max()) < 0.15
    )  # ellipsoids where the head is scaled
    pose = torch.zeros(5, 5, 3)
    pose[:, 3, 1] = 0.3
    turned = head(identity, None, pose)[:, head.mask("left_eye")]
    after = (turned - head.joints(identity)[:, None, 3]).norm(dim=-1)
    torch.testing.assert_close(after, radius, rtol=0, atol=1e-5)


def test_atlas_charts_do_not_overlap(data: HeadData) -> None:
    assert data.uv.min() >= 0
    assert data.uv.max() <= 1
    assert len(data.uv_faces) == len(data.faces)
    corners = data.uv[data.uv_faces].astype(np.float64)
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2
    drawn = np.zeros((512, 512), np.int32)
    centres = np.indices((512, 512)).reshape(2, -1).T[:, ::-1] / 512 + 1 / 1024
    tree = cKDTree(centres)
    for triangle in corners:  # count the triangles over each pixel centre
        centre = triangle.mean(0)
        near = tree.query_ball_point(centre, np.linalg.norm(triangle - centre, axis=1).max())
        if near:
            edges = np.roll(triangle, -1, 0) - triangle
            offset = centres[near][:, None] - triangle
            side = edges[:, 0] * offset[..., 1] - edges[:, 1] * offset[..., 0]
            inside = (side > 1e-9).all(1) | (side < -1e-9).all(1)
            drawn.ravel()[np.array(near)[inside]] += 1
    assert (drawn > 1).sum() < 0.01 * (drawn > 0).sum()
    assert np.abs(area).sum() > 0.25


def test_albedo_colours(data: HeadData) -> None:
    assert data.albedo is not None
    assert data.albedo.min() >= 0
    assert data.albedo.max() <= 1
    skin = data.albedo[data.masks["front"] & ~data.masks["lips"] & ~data.masks["eyes"]].mean(0)
    lips = data.albedo[data.masks["lips"]].mean(0)
    assert skin[0] > skin[1] > skin[2]
    assert lips[1] / lips[0] < skin[1] / skin[0] - 0.05


def test_landmarks_lie_where_they_should(data: HeadData, head: HeadModel) -> None:
    points = head.landmarks(head.template, "68")
    assert points.shape == (68, 3)
    assert torch.allclose(points[27:31, 0], torch.zeros(4), atol=3e-3)  # bridge of the nose
    assert float(points[36:42, 0].max()) < 0 < float(points[42:48, 0].min())  # right eye, left eye
    chin_to_brow = points[[8, 57, 51, 33, 27], 1]
    assert bool((chin_to_brow.diff() > 0).all())
    assert head.landmarks(head.template, "468").shape == (468, 3)


def test_file_is_small_and_carries_its_notice() -> None:
    folder = Path(assets.__file__).parent / "files"
    raw = (folder / "openhead.npz").read_bytes()
    assert len(raw) <= 9_000_000
    assert "CC0 1.0" in (folder / "OPENHEAD_NOTICE.md").read_text()
