"""Known coefficients come back from the vertices they made."""

import numpy as np
import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.geometry import matrix_from_axis_angle
from manyfaces.heads import HeadData, HeadModel
from manyfaces.heads.fitting import FitConfig, fit_heads

EXACT = FitConfig(noise_m=0.0)


def flame_shaped(n_vertices: int = 250, n_identity: int = 12, n_expression: int = 6) -> HeadData:
    """A random model with FLAME's five joints, which follow identity and expression as a regressor makes them."""
    rng = np.random.default_rng(0)
    outward = rng.normal(size=(n_vertices, 3))
    weights, regressor = rng.random((n_vertices, 5)) ** 12, rng.random((5, n_vertices)) ** 20
    regressor /= regressor.sum(1, keepdims=True)
    template = 0.1 * outward / np.linalg.norm(outward, axis=1, keepdims=True)
    identity = 0.003 * rng.normal(size=(n_identity, n_vertices, 3))
    expression = 0.002 * rng.normal(size=(n_expression, n_vertices, 3))
    arrays = {
        "template": template,
        "identity_basis": identity,
        "expression_basis": expression,
        "unit_shapes": np.zeros((0, n_vertices, 3)),
        "joint_template": regressor @ template,
        "joint_identity_basis": np.einsum("jv,svc->sjc", regressor, identity),
        "joint_expression_basis": np.einsum("jv,svc->sjc", regressor, expression),
        "skinning_weights": weights / weights.sum(1, keepdims=True),
        "pose_correctives": 0.001 * rng.normal(size=(36, n_vertices, 3)),
        "uv": np.zeros((0, 2)),
    }
    return HeadData(
        name="random",
        unit_names=(),
        faces=np.array([[0, 1, 2]], np.int32),
        joint_names=("root", "neck", "jaw", "left_eye", "right_eye"),
        joint_parents=np.array([-1, 0, 1, 1, 1], np.int32),
        uv_faces=np.zeros((0, 3), np.int32),
        **{name: array.astype(np.float32) for name, array in arrays.items()},
    )


@pytest.fixture(scope="module")
def head() -> HeadModel:
    return HeadModel(flame_shaped()).double()


def random_faces(head: HeadModel, batch: int, one_person: bool = False) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    identity = normal(1, head.n_identity).expand(batch, -1) if one_person else normal(batch, head.n_identity)
    pose = 0.2 * normal(batch, head.n_joints, 3)
    pose[:, 0] = 0
    expression, rotation, translation = normal(batch, head.n_expression), normal(batch, 3), normal(batch, 3)
    vertices = head(identity, expression, pose) @ matrix_from_axis_angle(rotation).mT + translation[:, None]
    return {"identity": identity, "expression": expression, "pose": pose, "vertices": vertices}


@pytest.mark.parametrize("who", ["each", "one person", "known"])
def test_coefficients_come_back(head: HeadModel, who: str) -> None:
    truth = random_faces(head, 3, one_person=who == "one person")
    config = FitConfig(noise_m=0.0, shared_identity=who == "one person")
    fit = fit_heads(head, truth["vertices"], config, truth["identity"] if who == "known" else None)
    for name in ("identity", "expression", "pose"):
        torch.testing.assert_close(getattr(fit, name), truth[name], rtol=0, atol=1e-6)
    assert fit.rms_m.max() < 1e-9


def test_single_precision_finds_four_digits(head: HeadModel) -> None:
    truth = random_faces(head, 2)
    fit = fit_heads(HeadModel(flame_shaped()), truth["vertices"], EXACT)
    for name in ("identity", "expression", "pose"):
        torch.testing.assert_close(getattr(fit, name).double(), truth[name], rtol=0, atol=1e-4)


def test_the_result_makes_the_vertices(head: HeadModel) -> None:
    vertices = random_faces(head, 2)["vertices"]
    noise = 1e-3 * torch.randn(vertices.shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    fit = fit_heads(head, vertices + noise, EXACT)
    again = head(fit.identity, fit.expression, fit.pose) @ matrix_from_axis_angle(fit.rotation).mT
    distance = (again + fit.translation[:, None] - vertices - noise).square().sum(-1).mean(-1).sqrt()
    torch.testing.assert_close(distance, fit.rms_m)
    # 36 unknowns take up a little of 750 noisy numbers.
    assert 0.9 < (fit.rms_m / noise.square().sum(-1).mean(-1).sqrt()).min() < 1


def test_the_fit_is_a_minimum(head: HeadModel) -> None:
    vertices = random_faces(head, 1)["vertices"]
    vertices = vertices + 2e-3 * torch.randn(vertices.shape, generator=torch.Generator().manual_seed(2)).double()
    fit = fit_heads(head, vertices, EXACT)

    def cost(identity: torch.Tensor, expression: torch.Tensor, pose: torch.Tensor) -> torch.Tensor:
        posed = head(identity, expression, pose) @ matrix_from_axis_angle(fit.rotation).mT + fit.translation[:, None]
        return (posed - vertices).square().sum()

    parts = [part.clone().requires_grad_() for part in (fit.identity, fit.expression, fit.pose)]
    start = [torch.zeros_like(part).requires_grad_() for part in parts]
    slopes, at_zero = torch.autograd.grad(cost(*parts), parts), torch.autograd.grad(cost(*start), start)
    for slope, first in zip(slopes, at_zero, strict=True):
        # Joint 0 is no unknown: turning it is the rigid motion, which is at its minimum too.
        assert slope.abs().max() < 1e-5 * first.abs().max()


def test_a_prior_holds_what_noise_would_move(head: HeadModel) -> None:
    vertices = head.template.expand(1, -1, -1) + 1e-3 * torch.randn(
        1, head.n_vertices, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64
    )
    free, held = (fit_heads(head, vertices, FitConfig(noise_m=noise)) for noise in (0.0, 1.0))
    assert held.identity.abs().max() < 0.1 * free.identity.abs().max()


def test_fewer_coefficients_and_weights(head: HeadModel) -> None:
    truth = random_faces(head, 2)
    seen = torch.arange(head.n_vertices) < 200
    spoilt = truth["vertices"].clone()
    spoilt[:, ~seen] += 1.0
    fit = fit_heads(head, spoilt, EXACT, weights=seen.double())
    torch.testing.assert_close(fit.identity, truth["identity"], rtol=0, atol=1e-5)
    few = fit_heads(head, truth["vertices"], FitConfig(n_identity=4, n_expression=2))
    assert few.identity.shape == (2, 4)
    assert few.expression.shape == (2, 2)


def test_other_meshes_are_refused(head: HeadModel) -> None:
    with pytest.raises(InputError, match=r"have 9 vertices.*has 250.*topology"):
        fit_heads(head, torch.zeros(1, 9, 3))
    with pytest.raises(InputError, match="not finite"):
        fit_heads(head, torch.full((1, head.n_vertices, 3), torch.nan))
    with pytest.raises(InputError, match="99 coefficients"):
        fit_heads(head, torch.zeros(1, head.n_vertices, 3), FitConfig(n_identity=99))
