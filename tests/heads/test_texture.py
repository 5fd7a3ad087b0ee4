"""Texture spaces: sums, the file layouts, and colours at vertices in closed form."""

import numpy as np
import pytest
import torch

from manyfaces.core.errors import HeadFileError, InputError
from manyfaces.heads import TextureSpace, vertex_colours
from manyfaces.io.flame_files import read_flame
from manyfaces.io.texture_files import read_texture


def ramp(height: int, width: int) -> torch.Tensor:
    """Colours (u, v, 1) of each pixel's centre."""
    u, v = (torch.arange(width) + 0.5) / width, 1 - (torch.arange(height) + 0.5) / height
    return torch.stack([u.expand(height, -1), v[:, None].expand(-1, width), torch.ones(height, width)], -1)


def space(**changes: object) -> TextureSpace:
    rng = torch.Generator().manual_seed(0)
    fields = {
        "name": "t",
        "mean": torch.full((4, 4, 3), 0.5),
        "basis": 0.1 * torch.randn(3, 4, 4, 3, generator=rng),
        "uv": torch.rand(5, 2, generator=rng),
        "uv_faces": torch.tensor([[0, 1, 2], [2, 3, 4]], dtype=torch.int32),
    }
    return TextureSpace(**(fields | changes))  # type: ignore[arg-type]


def test_albedo_is_the_mean_plus_directions_cut_to_what_can_be() -> None:
    one = space()
    assert one.n_components == 3
    assert torch.equal(one.albedo(torch.zeros(2, 3)), one.mean.expand(2, -1, -1, -1))
    torch.testing.assert_close(one.albedo(torch.tensor([0.0, 0.5])), one.mean + one.basis[1] / 2)
    assert set(one.albedo(torch.tensor([1e6])).unique().tolist()) == {0.0, 1.0}
    with pytest.raises(InputError, match="4 texture coefficients"):
        one.albedo(torch.zeros(4))
    with pytest.raises(InputError, match="no specular"):
        one.specular(torch.zeros(1))


@pytest.mark.parametrize(
    "changes",
    [
        {"mean": torch.full((4, 4, 3), torch.nan)},
        {"uv_faces": torch.tensor([[0, 1, 5]], dtype=torch.int32)},
        {"basis": torch.full((3, 4, 4, 3), torch.inf)},
    ],
)
def test_spaces_that_do_not_fit(changes: dict) -> None:
    with pytest.raises(HeadFileError, match="texture 't'"):
        space(**changes)


def test_colours_at_vertices_are_those_of_the_map() -> None:
    uv = torch.tensor([[0.25, 0.25], [0.75, 0.25], [0.5, 0.8], [0.3, 0.7]])
    faces = torch.tensor([[3, 1, 0]])
    maps = torch.stack([ramp(8, 16), 2 * ramp(8, 16)])
    found = vertex_colours(maps, uv, torch.tensor([[0, 1, 2]]), faces)
    assert found.shape == (2, 4, 3)
    expected = torch.cat([uv, torch.ones(4, 1)], 1)[[2, 1, 3, 0]] * torch.tensor([1, 1, 0, 1])[:, None]
    torch.testing.assert_close(found, torch.stack([expected, 2 * expected]))
    torch.testing.assert_close(vertex_colours(maps[0], uv, torch.tensor([[0, 1, 2]]), faces), found[0])


def test_a_vertex_on_a_seam_gets_the_mean_of_its_places() -> None:
    uv = torch.tensor([[0.2, 0.5], [0.6, 0.5], [0.4, 0.4], [0.8, 0.7]])
    # Vertex 0 lies at two places, one of which two triangles share.
    faces, uv_faces = torch.tensor([[0, 1, 2], [0, 1, 2], [0, 2, 1]]), torch.tensor([[0, 2, 3], [0, 2, 3], [1, 3, 2]])
    found = vertex_colours(ramp(64, 64), uv, uv_faces, faces)
    torch.testing.assert_close(found[:, 0], torch.tensor([0.4, 0.4, 0.8]))


def test_flame_texture_becomes_rgb_from_0_to_1(stand_in, tmp_path) -> None:
    path = stand_in.write_texture(tmp_path)
    found = read_texture(path)
    with np.load(path) as file:
        mean, basis = file["mean"][..., ::-1] / 255, file["tex_dir"][..., ::-1, :] / 255
        np.testing.assert_allclose(found.mean, mean, rtol=1e-6)
        np.testing.assert_allclose(found.basis, np.moveaxis(basis, -1, 0), rtol=1e-6)
        np.testing.assert_array_equal(found.uv_faces, file["ft"])
    assert not found.linear
    torch.testing.assert_close(read_texture(path, 2).basis, found.basis[:2])


def test_bfm_texture_is_a_row_of_numbers(stand_in, tmp_path) -> None:
    path = stand_in.write_bfm_texture(tmp_path)
    found = read_texture(path)
    with np.load(path) as file:
        np.testing.assert_allclose(found.mean.flip(-1).flatten(), file["MU"], rtol=1e-6)
        np.testing.assert_allclose(found.basis.flip(-1).flatten(1), file["PC"].T, rtol=1e-6)
    assert found.basis.shape == (3, 8, 8, 3)
    assert len(found.uv) == 0


def test_albedo_mm_has_a_part_that_shines(stand_in, tmp_path) -> None:
    path = stand_in.write_albedo_mm(tmp_path)
    found = read_texture(path)
    coefficients = torch.tensor([0.5, -1.0, 0.0])
    with np.load(path) as file:
        expected = (file["specMU"] + file["specPC"] @ coefficients.numpy())[..., ::-1].clip(0, 1)
    np.testing.assert_allclose(found.specular(coefficients), expected, atol=1e-6)
    assert found.linear


def test_mean_colours_of_a_head_are_srgb(stand_in, tmp_path) -> None:
    plain = read_flame([stand_in.write_model(tmp_path), stand_in.write_texture(tmp_path)])
    linear = read_flame([stand_in.write_model(tmp_path), stand_in.write_albedo_mm(tmp_path)])
    assert plain.albedo is not None
    assert linear.albedo is not None
    space = read_texture(tmp_path / "FLAME_texture.npz")
    torch.testing.assert_close(
        torch.from_numpy(plain.albedo),
        vertex_colours(space.mean, space.uv, space.uv_faces, torch.from_numpy(plain.faces)),
    )
    with np.load(tmp_path / "albedoModel2020_FLAME_albedoPart.npz") as file:
        assert linear.albedo.mean() > file["MU"].mean() + 0.05  # brighter numbers for the same light


def test_directions_of_another_size_than_the_mean(stand_in, tmp_path) -> None:
    with np.load(stand_in.write_texture(tmp_path)) as file:
        arrays = {key: file[key] for key in file.files} | {"tex_dir": np.zeros((8, 9, 3, 2))}
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(HeadFileError, match=r"bad\.npz .*basis"):
        read_texture(tmp_path / "bad.npz")


@pytest.mark.parametrize("missing", ["tex_dir", "mean"])
def test_a_texture_that_lacks_something(stand_in, tmp_path, missing: str) -> None:
    with np.load(stand_in.write_texture(tmp_path)) as file:
        arrays = {key: file[key] for key in file.files if key != missing}
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(HeadFileError, match=r"bad\.npz .*(tex_dir|mean)"):
        read_texture(tmp_path / "bad.npz")
