"""Coefficients to pictures, in R-Net's frame."""

import math
from dataclasses import replace

import pytest
import torch

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.faces import BFM_LAYOUT, CoefficientLayout, FaceModel
from manyfaces.faces.model import light_on, rotation_from_angles, usual
from manyfaces.geometry import vertex_normals
from manyfaces.heads import HeadModel
from manyfaces.heads.part import landmark_part


def plain(layout, n=1):
    return layout.split(torch.zeros(n, layout.size))


def test_the_published_vector_has_257_numbers_in_their_places():
    assert BFM_LAYOUT.size == 257
    starts = {name: part.start for name, part in BFM_LAYOUT.slices.items()}
    assert starts == {"identity": 0, "expression": 80, "albedo": 144, "angles": 224, "light": 227, "translation": 254}


def test_splitting_and_joining_is_nothing():
    vector = torch.randn(2, 5, 257)
    parts = BFM_LAYOUT.split(vector)
    assert torch.equal(parts.joined(), vector)
    assert torch.equal(parts.light[0, 0, 1], vector[0, 0, 227 + 9 : 227 + 18])


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(InputError, match="this face has 257"):
        BFM_LAYOUT.split(torch.zeros(1, 256))


def test_a_head_with_too_few_coefficients_is_refused(face):
    with pytest.raises(InputError, match="500 identity coefficients"):
        FaceModel(face.head, CoefficientLayout(500, 10, 10))


def test_the_camera_projects_as_published(face, layout):
    c = replace(plain(layout), translation=torch.tensor([[0.3, -0.2, 0.5]]))
    camera = face.camera(c)
    points_dm = torch.tensor([[0.4, 0.1, 0.7]])
    x, y, depth = 0.4 + 0.3, 0.1 - 0.2, 10 - 0.7 - 0.5
    column, from_below = 1015 * x / depth + 112, 1015 * y / depth + 112
    seen = camera.project(points_dm[None] * 0.1)
    torch.testing.assert_close(seen.points_px[0, 0], torch.tensor([column, 223 - from_below]))
    torch.testing.assert_close(seen.depth[0, 0], torch.tensor(depth * 0.1))


def test_rotation_is_about_x_first_then_y_then_z():
    quarter = math.pi / 2
    # The x axis is turned by yaw to -z, and that by nothing of the roll about z.
    rotation = rotation_from_angles(torch.tensor([0.0, quarter, quarter]))
    torch.testing.assert_close(rotation @ torch.eye(3)[0], -torch.eye(3)[2], atol=1e-6, rtol=0)
    rotation = rotation_from_angles(torch.tensor([quarter, quarter, 0.0]))
    # y goes to z by the pitch, and from there to x by the yaw.
    torch.testing.assert_close(rotation @ torch.eye(3)[1], torch.eye(3)[0], atol=1e-6, rtol=0)


def test_usual_light_is_white():
    light = usual(torch.zeros(2, 3, 9))
    assert torch.equal(light[..., 0], torch.full((2, 3), 0.8))
    assert not light[..., 1:].any()


def test_no_light_of_ones_own_colours_a_flat_grey(face, layout):
    # 0.8 of the first function, sqrt(pi) / 2, everywhere, whatever way the surface faces.
    colours = face.colours(plain(layout))
    expected = face.head.albedo(torch.zeros(1, 20)) * 0.8 * math.sqrt(math.pi) / 2
    torch.testing.assert_close(colours, expected)


def test_a_lamp_stays_where_it_is_when_the_head_turns(face, layout):
    light = torch.zeros(1, 3, 9)
    light[..., 3] = -0.3  # from the picture's right: the function is -x
    c = replace(plain(layout), light=light)
    turned = replace(c, angles=torch.tensor([[0.0, math.pi / 2, 0.0]]))
    x_before = face.head.template[:, 0]
    brightness = [face.colours(one)[0].mean(-1) for one in (c, turned)]
    assert torch.corrcoef(torch.stack([brightness[0], x_before]))[0, 1] > 0.4
    # After a quarter turn to the subject's left the nose points to the lamp.
    assert torch.corrcoef(torch.stack([brightness[1], face.head.template[:, 2]]))[0, 1] > 0.3


def test_the_mean_face_lies_in_the_middle_at_the_crops_scale(face, layout):
    from manyfaces.detect.rnet_alignment import rnet_affine

    affine = rnet_affine(face.five_px(plain(layout)))
    assert abs(float(affine[0, 0, 0]) - 1) < 0.06  # nearer the camera than the origin, so a little larger
    assert float(affine[0, :, 2].abs().max()) < 12


def test_the_landmarks_part_projects_as_the_whole(face, layout):
    part = FaceModel(HeadModel(landmark_part(face.head.data)), layout)
    vector = 0.3 * torch.randn(4, layout.size, generator=torch.Generator().manual_seed(0))
    c = layout.split(vector)
    assert part.head.n_vertices < face.head.n_vertices / 10
    torch.testing.assert_close(part.landmarks_px(c), face.landmarks_px(c), atol=1e-3, rtol=1e-5)


def test_bfm_keeps_its_own_origin(face, layout):
    bfm = FaceModel(HeadModel(replace(face.head.data, name="bfm")), layout)
    assert not bfm.origin.any()
    assert float(face.origin.norm()) > 0.05


def test_a_jaw_opens_the_mouth(face, layout):
    shut, opened = plain(layout), plain(layout)
    opened.expression[:, -3] = 2.0  # a fifth of a radian
    gap = [face.landmarks_px(c)[0, 57, 1] - face.landmarks_px(c)[0, 51, 1] for c in (shut, opened)]
    assert gap[1] > gap[0] + 5


def test_pictures_of_all_sizes_show_the_same(face, layout):
    large, small = (face.render(plain(layout), size).mask[0] for size in (224, 112))
    halved = torch.nn.functional.avg_pool2d(large[None, None], 2)[0, 0]
    assert float((halved - small).abs().mean()) < 0.01


def test_rendering_has_gradients(face, layout):
    vector = torch.zeros(1, layout.size, requires_grad=True)
    face.render(layout.split(vector), 64).rgb.sum().backward()
    assert vector.grad is not None
    for name in ("identity", "albedo", "light", "angles", "translation"):
        assert bool(vector.grad[0, layout.slices[name]].any()), name


def test_another_projection_is_refused(face, layout):
    with pytest.raises(ChoiceError, match=r"'fisheye'.*perspective, orthographic"):
        FaceModel(face.head, layout, "fisheye")


def test_both_projections_show_the_heads_own_plane_alike(face, layout):
    flat = FaceModel(face.head, layout, "orthographic")
    c = replace(plain(layout), translation=torch.tensor([[0.3, -0.2, 0.5]]))
    points = torch.tensor([[[0.0, 0.0, 0.0], [0.05, 0.0, 0.0], [-0.02, 0.07, 0.0]]])
    seen, level = (one.camera(c).project(points).points_px for one in (face, flat))
    torch.testing.assert_close(level, seen)


def test_small_things_look_alike_through_both_projections(face, layout):
    flat = FaceModel(face.head, layout, "orthographic")
    c = layout.split(torch.zeros(1, layout.size, dtype=torch.float64))
    points = face.head.landmarks(face.vertices(plain(layout))).double()
    apart = []
    for size in (0.1, 0.01):
        seen, level = (one.camera(c).project(points * size).points_px for one in (face, flat))
        apart.append(float((seen - level).abs().max()))
    assert apart[0] / apart[1] == pytest.approx(100, rel=0.02)  # f x z: of second order in the size


def test_an_orthographic_face_is_as_large_near_as_far_within_itself(face, layout):
    flat = FaceModel(face.head, layout, "orthographic")
    near, far = (torch.tensor([[[0.0, 0.0, z], [0.06, 0.0, z]]]) for z in (0.1, -0.1))
    for one, same in ((face, False), (flat, True)):
        spans = [one.camera(plain(layout)).project(points).points_px[0].diff(dim=0).norm() for points in (near, far)]
        assert bool(torch.isclose(*spans)) == same


def test_orthographic_faces_are_drawn_and_have_gradients(face, layout):
    flat = FaceModel(face.head, layout, "orthographic")
    vector = torch.zeros(1, layout.size, requires_grad=True)
    drawn = flat.render(layout.split(vector), 64)
    assert 0.2 < float(drawn.mask.mean()) < 0.9
    (drawn.rgb * torch.linspace(0, 1, 64)[:, None, None]).sum().backward()
    for name in ("identity", "albedo", "light", "angles", "translation"):
        assert bool(vector.grad[0, layout.slices[name]].any()), name
        assert bool(vector.grad.isfinite().all())


def test_light_times_albedo_is_the_colour(face, layout):
    vector = 0.2 * torch.randn(2, layout.size, generator=torch.Generator().manual_seed(4))
    c = layout.split(vector)
    normals = vertex_normals(face.vertices(c), face.head.faces)
    torch.testing.assert_close(face.head.albedo(c.albedo) * light_on(normals, c), face.colours(c), atol=1e-4, rtol=0)
