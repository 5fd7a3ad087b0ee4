"""Skin colours and light settled on what a photo shows, after a network has said where the face is.

A network that has seen synthetic people alone can put a face in its place and still misjudge its colours. Those can be
read off: where skin is seen, albedo times light is the photo's colour. Albedo and light of all vertices are fitted
together, under the laws of the faces that the network was trained on, so that what is hidden keeps a usual colour.
"""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.faces.coefficients import FaceCoefficients, FaceLaw
from manyfaces.faces.model import FaceModel, rotation_from_angles, usual
from manyfaces.geometry import vertex_normals
from manyfaces.render import deng_harmonics

ROUNDS = 8
# Deviation of a vertex' colour from the model, and the difference from which on it counts as something else's colour.
_NOISE, _OUTLIER = 0.04, 0.12
# A face has thousands of vertices, but not as many independent colours.
_INDEPENDENT = 60.0
# Deviation of one colour's light from the light of all: lamps are nearly white.
_TINT = 0.04


def settle_colours(
    face: FaceModel,
    c: FaceCoefficients,
    seen: Float[Tensor, "V 3"],
    trust: Float[Tensor, " V"],
    law: FaceLaw,
) -> FaceCoefficients:
    """The same face in the colours and the light that explain a photo best.

    The model is a product, so that its gradient is known in closed form: Gauss-Newton steps, each vertex weighed by how
    well the last step explained it.

    Args:
        face: the face model.
        c: one face, without a batch dimension.
        seen: the photo's colours at the vertices, sRGB in [0, 1].
        trust: of each, 0 to 1; 0 where a vertex is not seen, or no skin.
        law: what is usual.

    Returns:
        `c` with another albedo and light; as it is where nothing can be trusted.
    """
    if float(trust.sum()) < 1:
        return c
    assert face.head.albedo_basis is not None
    # Most of a head is not seen, and would take most of time and memory.
    n, told = len(law.mean.albedo), trust > 0
    seen, trust, harmonics = seen[told], trust[told], _harmonics(face, c)[told]
    mean, basis = face.head.albedo(c.albedo.new_zeros(n))[told], face.head.albedo_basis[:n, told]
    precision, usual_values = _precision(law), torch.cat([law.mean.albedo, law.mean.light.flatten()])
    values = usual_values.clone()
    for _ in range(ROUNDS):
        albedo = mean + torch.einsum("t,tvc->vc", values[:n], basis)
        light = usual(values[n:].unflatten(0, (3, 9)))
        lit = harmonics @ light.mT
        error = seen - albedo * lit
        weight = trust / (1 + error.square().mean(-1) / _OUTLIER**2) ** 2  # Geman and McClure's
        weight = weight * (_INDEPENDENT / trust.sum()) / _NOISE**2
        by_albedo = basis.permute(1, 2, 0) * lit[..., None]
        by_light = torch.einsum("vc,vk,cd->vcdk", albedo, harmonics, torch.eye(3).to(albedo)).flatten(2)
        slope = torch.cat([by_albedo, by_light], -1)
        pulled = torch.einsum("v,vcp,vc->p", weight, slope, error) + precision @ (usual_values - values)
        curve = torch.einsum("v,vcp,vcq->pq", weight, slope, slope) + precision
        step = torch.cholesky_solve(pulled[:, None], torch.linalg.cholesky(curve))[:, 0]
        values = values + step
    return replace(c, albedo=values[:n], light=values[n:].unflatten(0, (3, 9)))


def _harmonics(face: FaceModel, c: FaceCoefficients) -> Float[Tensor, "V 9"]:
    normals = vertex_normals(face.vertices(c), face.head.faces)
    return deng_harmonics(normals @ rotation_from_angles(c.angles).mT)


def _precision(law: FaceLaw) -> Float[Tensor, "P P"]:
    """Inverse covariance of albedo and light: the three colours of light go together, albedo by itself."""
    n = len(law.mean.albedo)
    precision = torch.zeros(n + 27, n + 27)
    precision[range(n), range(n)] = law.deviation.albedo.square().reciprocal().cpu()
    for k in range(9):
        shared = law.deviation.light[:, k].mean().cpu() ** 2
        covariance = shared * torch.ones(3, 3) + _TINT**2 * torch.eye(3)
        rows = n + k + 9 * torch.arange(3)
        precision[rows[:, None], rows] = torch.linalg.inv(covariance)
    return precision.to(law.mean.albedo)
