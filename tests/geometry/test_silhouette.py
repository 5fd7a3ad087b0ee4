"""Silhouette vertices of solids whose silhouettes are known."""

import math

import pytest
import torch

from manyfaces.geometry import (
    HEAD_TO_CAMERA,
    OrthographicCamera,
    Outline,
    PerspectiveCamera,
    Rim,
    directions_to_viewer,
    edges,
    facing,
    matrix_from_axis_angle,
    silhouette_vertices,
    vertex_normals,
)

FRONT = OrthographicCamera(torch.tensor(1.0), HEAD_TO_CAMERA, torch.zeros(2))


def octahedron() -> tuple[torch.Tensor, torch.Tensor]:
    vertices = torch.stack([s * torch.eye(3)[k] for k in range(3) for s in (1.0, -1.0)])
    signs = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    faces = [(x, 2 + y, 4 + z) if (x + y + z) % 2 == 0 else (x, 4 + z, 2 + y) for x, y, z in signs]
    return vertices, torch.tensor(faces)


def ball(n_bands: int, n_meridians: int = 24) -> tuple[torch.Tensor, torch.Tensor]:
    """A lat-long sphere about z: the poles first and last, rows of vertices between."""
    latitudes = [math.pi / 2 - math.pi * k / n_bands for k in range(1, n_bands)]
    turns = [2 * math.pi * k / n_meridians for k in range(n_meridians)]
    rows = [(math.cos(a) * math.cos(t), math.cos(a) * math.sin(t), math.sin(a)) for a in latitudes for t in turns]
    vertices = torch.tensor([(0.0, 0.0, 1.0), *rows, (0.0, 0.0, -1.0)])

    def at(row: int, k: int) -> int:
        return 1 + row * n_meridians + k % n_meridians

    faces = [(0, at(0, k), at(0, k + 1)) for k in range(n_meridians)]
    for row in range(n_bands - 2):
        for k in range(n_meridians):
            first, last = at(row, k), at(row + 1, k + 1)
            faces += [(first, at(row + 1, k), last), (first, last, at(row, k + 1))]
    last = len(vertices) - 1
    faces += [(last, at(n_bands - 2, k + 1), at(n_bands - 2, k)) for k in range(n_meridians)]
    return vertices, torch.tensor(faces)


def towards(vertices: torch.Tensor, faces: torch.Tensor, camera=FRONT) -> torch.Tensor:
    return facing(vertex_normals(vertices, faces), vertices, camera)


def strict(cosines: torch.Tensor, faces: torch.Tensor) -> set[int]:
    """The printed rule: ends of edges whose cosines have opposite signs."""
    pairs = edges(faces)
    return set(pairs[cosines[pairs].prod(-1) < -1e-6].flatten().tolist())


def chosen(cosines: torch.Tensor, faces: torch.Tensor) -> set[int]:
    return set(silhouette_vertices(cosines, edges(faces)).nonzero()[:, 0].tolist())


def test_octahedron_along_an_axis():
    vertices, faces = octahedron()
    cosines = towards(vertices, faces)
    torch.testing.assert_close(cosines, torch.tensor([0.0, 0.0, 0.0, 0.0, 1.0, -1.0]))
    assert strict(cosines, faces) == set()
    # The four of the equator, which count as not seen, and the tip before them, which is seen.
    assert chosen(cosines, faces) == {0, 1, 2, 3, 4}


def test_octahedron_turned():
    vertices, faces = octahedron()
    about_y = matrix_from_axis_angle(torch.tensor([0.0, math.radians(20), 0.0]))
    cosines = towards(vertices @ about_y.mT, faces)
    expected = torch.tensor([-0.342020, 0.342020, 0.0, 0.0, 0.939693, -0.939693])
    torch.testing.assert_close(cosines, expected, atol=1e-6, rtol=0)
    assert strict(cosines, faces) == {0, 1, 4, 5}
    assert chosen(cosines, faces) == {0, 1, 2, 3, 4, 5}
    about_x = matrix_from_axis_angle(torch.tensor([math.radians(10), 0.0, 0.0]))
    cosines = towards(vertices @ (about_x @ about_y).mT, faces)
    assert strict(cosines, faces) == chosen(cosines, faces) == {0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize(("n_bands", "radius"), [(9, 0.9848), (15, 0.9945), (21, 0.9972)])
def test_ball_the_two_rows_beside_the_equator(n_bands: int, radius: float):
    vertices, faces = ball(n_bands)
    rim = silhouette_vertices(towards(vertices, faces), edges(faces))
    assert int(rim.sum()) == 48
    assert vertices[rim, 2].abs().max() < math.sin(math.pi / n_bands)
    torch.testing.assert_close(vertices[rim, :2].norm(dim=-1), torch.full((48,), radius), atol=5e-5, rtol=0)


def test_a_near_camera_sees_a_smaller_circle():
    vertices, faces = ball(45)
    near = PerspectiveCamera(torch.tensor(1.0), torch.zeros(2), HEAD_TO_CAMERA, torch.tensor([0.0, 0.0, 3.0]))
    rim = silhouette_vertices(towards(vertices, faces, near), edges(faces))
    # Tangent from three radii away: cosine one third; rows are 4 degrees apart.
    assert ((vertices[rim, 2] - 1 / 3).abs() < 0.07).all()
    far = PerspectiveCamera(torch.tensor(1.0), torch.zeros(2), HEAD_TO_CAMERA, torch.tensor([0.0, 0.0, 1e4]))
    assert torch.equal(
        silhouette_vertices(towards(vertices, faces, far), edges(faces)),
        silhouette_vertices(towards(vertices, faces), edges(faces)),
    )


def test_directions_to_viewer():
    turn = matrix_from_axis_angle(torch.tensor([[0.2, 0.5, -0.1]]))
    rotation = HEAD_TO_CAMERA @ turn
    camera = PerspectiveCamera(torch.tensor([500.0]), torch.zeros(1, 2), rotation, torch.tensor([[0.1, 0.0, 0.6]]))
    points = torch.rand(1, 7, 3, generator=torch.Generator().manual_seed(0)) * 0.1
    towards = directions_to_viewer(points, camera)
    torch.testing.assert_close(towards.norm(dim=-1), torch.ones(1, 7))
    # A step towards the viewer brings a point nearer without moving it on the picture.
    before, after = camera.project(points), camera.project(points + 0.1 * towards)
    torch.testing.assert_close(before.points_px, after.points_px, atol=1e-3, rtol=0)
    assert (after.depth < before.depth).all()
    flat = directions_to_viewer(points, OrthographicCamera(torch.tensor([1.0]), rotation, torch.zeros(1, 2)))
    torch.testing.assert_close(flat @ rotation.mT, torch.tensor([0.0, 0.0, -1.0]).expand(1, 7, 3), atol=1e-6, rtol=0)


def outline(**changes) -> Outline:
    """Three jaw points, the last of which is hidden, and four silhouette vertices of five."""
    parts = {
        "jaw_px": torch.tensor([[-5.0, 0.0], [0.0, 10.0], [5.0, 0.0]]),
        "jaw_seen": torch.tensor([True, True, False]),
        "rim_px": both_ends([[6.0, 1.0], [9.0, 1.1], [-9.0, 0.0], [7.0, 5.0], [8.0, 1.0]]),
        "silhouette": torch.tensor([True, True, True, True, False]),
        "up": torch.tensor([0.0, -1.0]),
        "jaw_sides": torch.tensor([-1.0, 0.0, 1.0]),
        "rim": Rim("vertices", torch.arange(5), torch.zeros(5).long(), torch.tensor([1.0, 1.0, -1.0, 1.0, 1.0])),
        "ends": torch.zeros(5, 2, 3),
    }
    return Outline(**(parts | changes))


def both_ends(points: list[list[float]]) -> torch.Tensor:
    """Vertices are segments without length."""
    return torch.tensor(points)[:, None].expand(-1, 2, -1)


def test_what_an_annotator_marks():
    # Heights within 0.2 of the nearest count as equal, and then the outermost wins: 1.1 beats 1.0.
    assert outline().annotated_rim().rows.tolist() == [2, 3, 1]
    marked = outline().hidden_replaced(outline().annotated_rim())
    torch.testing.assert_close(marked, torch.tensor([[-5.0, 0.0], [0.0, 10.0], [9.0, 1.1]]))


def test_what_an_annotator_marks_turns_with_the_picture():
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]])
    given = outline()
    turned = outline(jaw_px=given.jaw_px @ turn.mT, rim_px=given.rim_px @ turn.mT, up=turn @ given.up)
    assert turned.annotated_rim().rows.tolist() == [2, 3, 1]


def test_the_nearest_silhouette_vertex():
    points = torch.tensor([[-8.0, 0.0], [7.0, 4.0], [8.0, 1.0]])
    assert outline().nearest_rim(points).rows.tolist() == [2, 3, 1]  # and not vertex 4, which is none


def test_a_side_without_silhouette_keeps_the_jaw_points():
    bare = outline(silhouette=torch.zeros(5, dtype=torch.bool))
    assert not bare.annotated_rim().found.any()
    assert not bare.nearest_rim(bare.jaw_px).found.any()
    torch.testing.assert_close(bare.hidden_replaced(bare.annotated_rim()), bare.jaw_px)
    right_only = outline(silhouette=torch.tensor([False, False, True, False, False]))
    assert right_only.annotated_rim().rows.tolist() == [2, 2, -1]


def triangles(sides: list[float]) -> Rim:
    count = len(sides)
    return Rim("contour", torch.arange(count), torch.zeros(count).long(), torch.tensor(sides))


def line() -> Outline:
    """A silhouette of three segments, on the left from (9, -4) over (8, 2) to the chin at (1, 12), one on the right."""
    segments = torch.tensor(
        [[[9.0, -4.0], [8.0, 2.0]], [[1.0, 12.0], [8.0, 2.0]], [[-9.0, -4.0], [-8.0, 2.0]], [[6.0, -1.0], [6.0, 1.0]]]
    )
    present = torch.tensor([True, True, True, True])
    return outline(rim_px=segments, silhouette=present, rim=triangles([1.0, 1.0, -1.0, 1.0]), ends=torch.zeros(4, 2, 3))


def test_on_a_line_an_annotator_marks_the_very_height():
    places = line().annotated_rim()
    # Height 0: the right segment; the chin: the lowest end; the left: outside of the inner segment.
    assert places.rows.tolist() == [2, 1, 0]
    torch.testing.assert_close(
        places.of(line().rim_px), torch.tensor([[-8 - 1 / 3, 0.0], [1.0, 12.0], [8 + 1 / 3, 0.0]])
    )


def test_the_nearest_place_of_a_line():
    places = line().nearest_rim(torch.tensor([[-20.0, -9.0], [4.5, 7.0], [6.5, 0.5]]))
    assert places.rows.tolist() == [2, 1, 3]
    torch.testing.assert_close(places.of(line().rim_px), torch.tensor([[-9.0, -4.0], [4.5, 7.0], [6.0, 0.5]]))


@pytest.mark.parametrize("n_bands", [9, 15, 21])
def test_the_line_on_a_ball_is_its_equator(n_bands: int):
    vertices, faces = ball(n_bands)
    rim = triangles([1.0] * len(faces))
    seen = rim.seen(towards(vertices, faces), faces, edges(faces))
    ends = (seen.ends @ vertices[faces])[seen.present]
    torch.testing.assert_close(ends[..., 2], torch.zeros(len(ends), 2), atol=1e-6, rtol=0)
    # A polygon of 24 sides on the chords between the two rows, each side crossed by a diagonal in its middle.
    assert len(ends) == 48
    perimeter = 48 * math.sin(math.pi / 24) * math.cos(math.pi / (2 * n_bands))
    assert float((ends[:, 0] - ends[:, 1]).norm(dim=-1).sum()) == pytest.approx(perimeter, rel=2e-3)


def test_the_vertices_of_a_rim_are_the_silhouette_vertices():
    vertices, faces = ball(15)
    corners = faces.flatten().tolist()
    first = torch.tensor([corners.index(v) for v in range(len(vertices))])
    rim = Rim("vertices", first // 3, first % 3, torch.ones(len(vertices)))
    seen = rim.seen(towards(vertices, faces), faces, edges(faces))
    assert torch.equal(seen.present, silhouette_vertices(towards(vertices, faces), edges(faces)))
    places = (seen.ends @ vertices[faces[rim.face_ids]])[:, 0]
    torch.testing.assert_close(places, vertices)
