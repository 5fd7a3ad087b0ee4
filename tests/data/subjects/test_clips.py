"""Clips of synthetic subjects, and detail painted onto pictures."""

from dataclasses import replace

import pytest
import torch

from manyfaces.data.people import PeopleConfig
from manyfaces.data.subjects import ClipConfig, ClipLaw, FrameConfig, SubjectLaw
from manyfaces.data.subjects.clips import between_keys
from manyfaces.data.subjects.painting import finer_shades, painter
from manyfaces.data.subjects.sheet import SHOWN, subject_sheet
from manyfaces.faces import CoefficientLayout
from manyfaces.io.face_models import load_face_model
from manyfaces.methods.personal.surface import detail_surface
from manyfaces.render import render_mesh

LAYOUT = CoefficientLayout(identity=12, expression=53, albedo=20)
CONFIG = ClipConfig(
    n_frames=4, key_frames=3, size_px=48, frames=FrameConfig(people=PeopleConfig(yaw_deg=(8, 15), shift_px=0, zoom=0))
)


@pytest.fixture(scope="module")
def law():
    face = load_face_model("openhead", LAYOUT)
    return SubjectLaw(face, detail_surface(face.head, 32))


@pytest.fixture(scope="module")
def clips(law):
    return ClipLaw(law.face, law.surface, CONFIG)


@pytest.fixture(scope="module")
def clip(law, clips):
    return clips.clip(law.draw(0, 1), 0, 0)


def test_keys_are_met_and_stood_still_at():
    keys = torch.tensor([[0.0], [1.0], [-2.0]])
    values = between_keys(keys, 21, 10)[:, 0]
    assert values[[0, 10, 20]].tolist() == [0.0, 1.0, -2.0]
    assert float(values[5]) == pytest.approx(0.5)
    assert abs(float(values[11] - values[10])) < 0.25 * abs(float(values[16] - values[15]))


def test_a_clip_is_a_function_of_subject_seed_and_number(law, clips, clip):
    again = clips.clip(law.draw(0, 1), 0, 0)
    assert torch.equal(clip.pictures, again.pictures)
    assert not torch.equal(clip.pictures, clips.clip(law.draw(0, 1), 0, 1).pictures)


def test_truth_of_a_clip_fits_together(law, clip):
    c, person = LAYOUT.split(clip.coefficients), clip.subject
    torch.testing.assert_close(clip.vertices, person.face.vertices(c))
    torch.testing.assert_close(clip.landmarks_px, person.face.landmarks_px(c), atol=1e-3, rtol=0)
    expected = person.displacement_m(law.surface.tension(person.neutral.expand_as(clip.vertices), clip.vertices))
    torch.testing.assert_close(clip.displacement_m, expected * law.surface.skin, atol=1e-6, rtol=0)
    assert torch.equal(c.identity, person.identity.expand(4, -1))
    assert float(c.angles[:, 1].abs().max().rad2deg()) <= 15


def test_frames_of_a_clip_are_alike(clip):
    steps = (clip.pictures[1:].float() - clip.pictures[:-1].float()).abs().mean((1, 2, 3))
    assert float(steps.max()) < 30
    assert float(steps.max()) > 0


def test_a_video_shows_the_head_where_its_landmarks_are(law, clips):
    video = clips.video(law.draw(0, 1), 0, 0, size_px=72, head=0.4)
    assert video.pictures.shape == (4, 3, 72, 72)
    low, high = video.landmarks_px.amin((0, 1)), video.landmarks_px.amax((0, 1))
    assert bool((low > 0).all())
    assert bool((high < 71).all())
    assert 0.12 * 72 < float(high[1] - low[1]) < 0.45 * 72


def test_painting_puts_each_texel_on_its_place(law):
    head, side = law.face.head, 32
    camera = law.face.camera(LAYOUT.split(torch.zeros(1, LAYOUT.size))).scaled(96 / 224)
    vertices = head.template[None] - law.face.origin
    drawn = render_mesh(vertices, head.faces, camera, (96, 96), albedo=head.template[None], light=None)
    # Positions laid out on the map, and painted back, are the positions seen.
    where = painter(head, law.surface.layout).on(drawn, law.map.at[None])
    inside = painter(head, law.surface.layout).on(drawn, law.surface.skin[None, ..., None].expand(1, side, side, 3))
    sure = (inside[..., 0] > 0.99) & (drawn.mask > 0)
    assert int(sure.sum()) > 300
    assert float((where - drawn.rgb)[sure].abs().median()) < 0.001


def test_a_subject_without_marks_and_relief_adds_nothing(law, clip):
    person = clip.subject
    plain = replace(person, marks=torch.zeros_like(person.marks))
    c = LAYOUT.split(clip.coefficients[:1])
    shades = finer_shades(plain, law.surface, c, torch.zeros(1, 32, 32))
    torch.testing.assert_close(shades, torch.ones_like(shades), atol=1e-3, rtol=0)
    assert float((finer_shades(person, law.surface, c, person.static_m[None]) - 1).abs().max()) > 0.01


def test_a_sheet_shows_each_subject_seen_and_as_relief(law, clips):
    sheet = subject_sheet(law, clips, 0, [1])
    assert sheet.shape[1] > (1 + len(SHOWN)) * 48
    assert sheet.shape[0] > 2 * 48
    assert sheet.std() > 10
