import importlib.util

import pytest
import torch
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.render import rasterise
from manyfaces.render.rasterise import _choose

BACKENDS = ["torch", "numba"]
needs_cuda = pytest.mark.skipif(
    not torch.cuda.is_available() or importlib.util.find_spec("triton") is None, reason="needs CUDA and Triton"
)


def bumpy_sphere(batch=1, size=96, subdivisions=3, seed=0, perspective=False):
    """Turned copies of a sphere with dents deep enough that faces hide each other."""
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions)
    generator = torch.Generator().manual_seed(seed)
    turns = torch.linalg.qr(torch.randn(batch, 3, 3, generator=generator)).Q
    points = torch.tensor(mesh.vertices.copy()).float() @ turns.mT
    points = points * (1 + 0.3 * torch.sin(7 * points[..., :1]) * torch.cos(5 * points[..., 1:2]))
    depth = points[..., 2:] + 3
    flat = points[..., :2] * size * 0.4
    if perspective:
        flat = flat * 2.6 / depth
    return torch.cat([flat + size / 2 + 0.3, depth], -1), torch.tensor(mesh.faces.copy())


def random_triangles(seed, integer=False):
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand(2, 40, 3, generator=generator) * torch.tensor([50.0, 40.0, 2.0]) + torch.tensor([-5, -5, 0.5])
    if integer:  # sides through pixel centres, equal depths: ties everywhere
        points = points.round() + torch.tensor([0.0, 0.0, 1.0])
    return points, torch.randint(0, 40, (60, 3), generator=generator)


def brute_force(points, faces, size, perspective):
    """Float64, every face against every pixel: face id, depth, and how surely the pixel is decided."""
    triangle = points.double()[faces]
    y, x = torch.meshgrid(*(torch.arange(float(n), dtype=torch.float64) for n in size), indexing="ij")
    weights = []
    for a, b in ((1, 2), (2, 0), (0, 1)):
        ax, ay, bx, by = (triangle[:, k, c, None, None] for k in (a, b) for c in (0, 1))
        weights.append((ax - x) * (by - y) - (bx - x) * (ay - y))
    weights = torch.stack(weights)
    area = weights.sum(0)
    weights = weights / area
    z = triangle[..., 2].T[..., None, None]
    depth = 1 / (weights / z).sum(0) if perspective else (weights * z).sum(0)
    margin = weights.amin(0)
    depth = torch.where((margin >= 0) & (area != 0), depth, torch.inf)
    best = depth.amin(0)
    second = depth.topk(2, 0, largest=False).values[1]
    sure = (margin.abs() > 1e-4).all(0) & ((second - best > 1e-5) | best.isinf())
    return torch.where(best < torch.inf, depth.argmin(0), -1), best, sure


@pytest.mark.parametrize("perspective", [False, True])
@pytest.mark.parametrize("backend", BACKENDS)
def test_agrees_with_float64_brute_force(backend, perspective):
    points, faces = bumpy_sphere(size=64, subdivisions=2, perspective=perspective)
    found = rasterise(points, faces, (64, 60), backend, perspective)
    face_ids, depth, sure = brute_force(points[0], faces, (64, 60), perspective)
    assert sure.float().mean() > 0.95
    assert (found.face_ids[0] == face_ids)[sure].all()
    assert (found.mask.sum() > 1000).all()
    torch.testing.assert_close(found.depth[0][sure], depth[sure].float(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("perspective", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_backends_agree_bit_for_bit(seed, perspective):
    scenes = [(*bumpy_sphere(3, seed=seed, perspective=perspective), (96, 101))]
    scenes += [(*random_triangles(seed, integer), (32, 40)) for integer in (False, True)]
    for points, faces, size in scenes:
        reference, fast = (rasterise(points, faces, size, backend, perspective) for backend in BACKENDS)
        assert reference.mask.any()
        assert torch.equal(reference.face_ids, fast.face_ids)
        assert torch.equal(reference.depth, fast.depth)


@needs_cuda
@pytest.mark.parametrize("perspective", [False, True])
def test_triton_agrees_bit_for_bit(perspective):
    for seed in range(4):
        for points, faces in (bumpy_sphere(3, seed=seed, perspective=perspective), random_triangles(seed, True)):
            here = rasterise(points, faces, (96, 101), "numba", perspective)
            there = rasterise(points.cuda(), faces.cuda(), (96, 101), "triton", perspective)
            assert torch.equal(here.face_ids, there.face_ids.cpu())
            assert torch.equal(here.depth, there.depth.cpu())


def test_threads_change_nothing():
    points, faces = bumpy_sphere(2)
    before = torch.get_num_threads()
    try:
        results = []
        for threads in (1, 3, 8):
            torch.set_num_threads(threads)
            results.append(rasterise(points, faces, (96, 96), "numba"))
    finally:
        torch.set_num_threads(before)
    for other in results[1:]:
        assert torch.equal(results[0].face_ids, other.face_ids)
        assert torch.equal(results[0].barycentrics, other.barycentrics)


@pytest.mark.parametrize("backend", BACKENDS)
def test_ties_go_to_the_least_face(backend):
    points = torch.tensor([[[0.0, 0, 2], [4, 0, 2], [0, 4, 2], [0, 0, 1], [4, 0, 1], [0, 4, 1]]])
    faces = torch.tensor([[0, 1, 2], [3, 4, 5], [4, 3, 5], [3, 4, 5]])
    found = rasterise(points, faces, (5, 5), backend)
    covered = torch.tensor([[x + y <= 4 for x in range(5)] for y in range(5)])
    assert torch.equal(found.face_ids[0] == 1, covered)
    assert torch.equal(found.face_ids[0] == -1, ~covered)


@pytest.mark.parametrize("backend", BACKENDS)
def test_far_depths_do_not_read_as_empty(backend):
    points = torch.tensor([[[0.0, 0, 5e5], [4, 0, 5e5], [0, 4, 5e5]]])
    found = rasterise(points, torch.tensor([[0, 1, 2]]), (3, 3), backend)
    assert (found.face_ids == 0).sum() == 9
    assert (found.depth == 5e5).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_closed_surface_has_no_pinholes(backend):
    for seed in range(3):
        points, faces = bumpy_sphere(1, 200, 4, seed)
        points[..., 2] = 3 + 0.01 * (points[..., 2] - 3)
        mask = rasterise(points, faces, (200, 200), backend).mask[0]
        padded = torch.nn.functional.pad(mask.float()[None, None], (1, 1, 1, 1))
        neighbours = torch.nn.functional.avg_pool2d(padded, 3, 1)[0, 0] * 9
        assert mask.sum() > 10000
        assert not (~mask & (neighbours >= 8)).any()


wild = st.one_of(
    st.floats(-20, 40, width=32), st.integers(-3, 12).map(float), st.sampled_from([float("nan"), float("inf"), -1e30])
)
wild_depth = st.one_of(
    st.floats(0.5, 4, width=32), st.sampled_from([0.0, -1.0, 1e-30, 1e30, float("nan"), float("inf"), 1.0])
)


@given(
    st.lists(st.tuples(wild, wild, wild_depth), min_size=3, max_size=9),
    st.lists(st.tuples(*[st.integers(0, 2)] * 3), max_size=6),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_wild_input_is_safe_and_backends_agree(points, faces, size, perspective):
    faces = torch.tensor(faces, dtype=torch.long).reshape(-1, 3) * (len(points) // 3)
    cloud = torch.tensor(points)[None]
    reference, fast = (rasterise(cloud, faces, size, backend, perspective) for backend in BACKENDS)
    assert torch.equal(reference.face_ids, fast.face_ids)
    assert torch.equal(reference.depth, fast.depth)
    hit = reference.mask
    assert (reference.face_ids >= -1).all()
    assert (reference.face_ids < max(len(faces), 1)).all()
    assert torch.equal(hit, reference.depth.isfinite())
    assert (reference.depth > 0).all()
    for fragments in (reference, fast):
        assert fragments.barycentrics.isfinite().all()
        assert (fragments.barycentrics[~hit] == 0).all()
        assert ((fragments.barycentrics[hit].sum(-1) - 1).abs() < 1e-3).all()
    used = faces[reference.face_ids[hit].long()]
    assert cloud[0][used].isfinite().all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_to_draw(backend):
    points = torch.tensor([[[0.0, 0, 1], [4, 0, 1], [0, 4, 1]]])
    assert not rasterise(points, torch.zeros(0, 3, dtype=torch.long), (3, 3), backend).mask.any()
    assert not rasterise(points - 100, torch.tensor([[0, 1, 2]]), (3, 3), backend).mask.any()
    assert rasterise(points[:0], torch.tensor([[0, 1, 2]]), (3, 3), backend).face_ids.shape == (0, 3, 3)


def test_what_cannot_be_drawn_is_refused():
    points = torch.zeros(1, 3, 3)
    with pytest.raises(InputError, match="vertices 0 to 3"):
        rasterise(points, torch.tensor([[0, 1, 3]]), (3, 3))
    with pytest.raises(ChoiceError, match="valid: auto, torch, numba, triton"):
        _choose("opengl", points.device)
    with pytest.raises(InputError, match="triton"):
        _choose("triton", points.device)
