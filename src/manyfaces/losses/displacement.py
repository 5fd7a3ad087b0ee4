"""Losses of displacement maps: how far the skin lies before the coarse head, at every texel of a texture map.

Maps are in metres. What a loss returns is in units of the largest displacement, 10 mm, and a mean over the whole map.
"""

from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from manyfaces.losses.ssim import ssim
from manyfaces.nn.displacement import REACH_M


def displacement_l1(first_m: Float[Tensor, "B H W"], second_m: Float[Tensor, "B H W"]) -> Float[Tensor, ""]:
    """Mean absolute difference: the "photometric" loss between two displacement maps."""
    return (first_m - second_m).abs().mean() / REACH_M


def displacement_ssim(first_m: Float[Tensor, "B H W"], second_m: Float[Tensor, "B H W"]) -> Float[Tensor, " B"]:
    """Structural similarity of displacements mapped from +-10 mm onto [0, 1]; see `ssim`.

    Of the displacements as they are, signed and about zero, it says nothing: a map and its negative come out alike.
    """
    first, second = ((m / REACH_M + 1) / 2 for m in (first_m, second_m))
    return ssim(first, second)


@dataclass(frozen=True)
class TeacherLoss:
    """Distance to the teacher's displacements.

    Attributes:
        total: the sum.
        photometric: `displacement_l1`.
        structure: 1 - `displacement_ssim`, 0 to 2.
    """

    total: Float[Tensor, ""]
    photometric: Float[Tensor, ""]
    structure: Float[Tensor, ""]


def teacher_loss(
    student_m: Float[Tensor, "B H W"],
    teacher_m: Float[Tensor, "B H W"],
    visible: Float[Tensor, "B H W"] | None = None,
) -> TeacherLoss:
    """L_Tchr (Mao et al., CVPR 2025, equation 5).

    Args:
        student_m: displacements of the network that learns, metres.
        teacher_m: displacements of the network that teaches; constant.
        visible: 0 to 1, how much each texel counts: a teacher that sees textures alone knows nothing of what they do
            not show. All alike when None, as printed.
    """
    teacher_m = teacher_m.detach()
    if visible is not None:
        student_m, teacher_m = student_m * visible, teacher_m * visible
    photometric = displacement_l1(student_m, teacher_m)
    structure = 1 - displacement_ssim(student_m, teacher_m).mean()
    return TeacherLoss(photometric + structure, photometric, structure)


def magnitude_loss(displacement_m: Float[Tensor, "B H W"]) -> Float[Tensor, ""]:
    """Mean absolute displacement, L_regD."""
    return displacement_m.abs().mean() / REACH_M


def smoothness_loss(
    shading: Float[Tensor, "B H W C"], valid: Float[Tensor, "*M H W"] | None = None
) -> Float[Tensor, ""]:
    """Mean squared step of the shading from texel to texel, L_smo.

    Args:
        shading: light on the detailed surface, without albedo.
        valid: 0 to 1, which texels count; a step counts as far as both of its ends do. All when None.
    """
    if valid is None:
        valid = shading.new_ones(shading.shape[-3:-1])
    total = shading.new_zeros(())
    for axis in (1, 2):
        steps = shading.diff(dim=axis).square().mean(-1)
        ends = valid.expand(shading.shape[:-1])
        size = ends.shape[axis] - 1
        total = total + (steps * ends.narrow(axis, 0, size) * ends.narrow(axis, 1, size)).mean()
    return total


def symmetry_loss(displacement_m: Float[Tensor, "B H W"], hidden: Float[Tensor, "*M H W"]) -> Float[Tensor, ""]:
    """Mean difference between hidden texels and their mirror images, which are constant: L_sym.

    Args:
        displacement_m: on a map whose left and right halves mirror each other, metres.
        hidden: 0 to 1, which texels the photo does not show, see `hidden_texels`.
    """
    return (hidden * (displacement_m - displacement_m.flip(-1).detach())).abs().mean() / REACH_M


def hidden_texels(visible: Float[Tensor, "B H W"], margin: int = 5) -> Float[Tensor, "B H W"]:
    """What is not surely visible: 1 but inside the visible region, `margin` texels (odd) eroded around each."""
    seen = F.max_pool2d(-visible[:, None], margin, stride=1, padding=margin // 2)[:, 0]
    return 1 + seen
