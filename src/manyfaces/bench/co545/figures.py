"""The figures of one picture. Names: `se` is OFER's SE, and so on; all lengths in millimetres."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from manyfaces.bench.co545.views import Drawn, Method, View
from manyfaces.data.co545 import front_of
from manyfaces.geometry import fit_rigid
from manyfaces.heads import HeadModel
from manyfaces.metrics import (
    VertexLaw,
    aligned_to_truth,
    energy_score,
    implausibility,
    occluded_diversity,
    range_coverage,
    sample_errors_mm,
    self_distance_mm,
    shape_deviation,
)
from manyfaces.metrics.vertices import MM_PER_M
from manyfaces.occlusion import visible_vertices

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Ruler:
    """What all pictures are measured with.

    Attributes:
        head: the benchmark's.
        law: what is plausible, over the front of the face.
    """

    head: HeadModel
    law: VertexLaw

    def figures(self, method: Method, drawn: Drawn, view: View) -> Figures:
        """All figures of one picture."""
        if view.picture == "clean":
            return self._clean(method, drawn, view)
        return {**self._occluded(method, drawn, view), **self._as_diverse3d(drawn, view)}

    def _clean(self, method: Method, drawn: Drawn, view: View) -> Figures:
        front, truth = front_of(self.head), view.item.truth
        aligned = aligned_to_truth(drawn.vertices, truth, front, method.with_scale)
        errors = sample_errors_mm(aligned, truth, front)
        return {"se": float(errors.mean()), "cse": float(errors.amin())}

    def _occluded(self, method: Method, drawn: Drawn, view: View) -> Figures:
        front, whole = front_of(self.head), view.item.truth
        visible, occluded = (torch.from_numpy(f) for f in (view.item.front.visible, view.item.front.occluded))
        moved = aligned_to_truth(drawn.vertices, whole, visible, method.with_scale)
        raw = (drawn.vertices if method.shared_frame else moved)[:, front]
        aligned, truth = moved[:, front], whole[front]
        visible, occluded = visible[front], occluded[front]
        errors = sample_errors_mm(aligned, truth, visible)
        found, wanted = (self.head.landmarks(mesh, "68") for mesh in (moved, whole))
        figures = {
            "se": errors.mean(),
            "cse": errors.amin(),
            "se_hidden": sample_errors_mm(aligned, truth, occluded).mean(),
            "se_landmarks": sample_errors_mm(found, wanted, torch.ones(68, dtype=torch.bool)).mean(),
        }
        # Without a size a shape can be told from others, but not from what is plausible.
        plausible = moved[:, front] if method.with_scale else drawn.vertices[:, front]
        figures |= self._plausibility(plausible, visible, occluded)
        if len(raw) > 1:
            figures |= self._diversity(raw, aligned, truth, visible, occluded)
            deviation = shape_deviation(plausible, self.law)
            figures |= {"std_s": deviation.vertex_mm, "std_s_shape": deviation.shape_mm}
        return {name: float(value) for name, value in figures.items()}

    def _plausibility(self, samples: Tensor, visible: Tensor, occluded: Tensor) -> dict[str, Tensor]:
        everywhere = implausibility(samples, self.law, torch.ones_like(visible))
        return {
            "ode": everywhere.excess,
            "ode_o": implausibility(samples, self.law, occluded).excess,
            "ode_v": implausibility(samples, self.law, visible).excess,
            "share_outside": everywhere.share,
        }

    def _diversity(
        self,
        raw: Float[Tensor, "N F 3"],
        aligned: Float[Tensor, "N F 3"],
        truth: Float[Tensor, "F 3"],
        visible: Bool[Tensor, " F"],
        occluded: Bool[Tensor, " F"],
    ) -> dict[str, Tensor]:
        given = (raw, aligned, truth, visible, occluded, self.law)
        figures = {
            "min_asd_v": self_distance_mm(raw, visible),
            "max_asd_v": self_distance_mm(raw, visible, "farthest"),
            "asd_o": occluded_diversity(*given, "md"),
            "asd_o_literal": occluded_diversity(*given, "literal"),
            "asd_hidden": self_distance_mm(raw, occluded),
        }
        for name, region in (("seen", visible), ("hidden", occluded)):
            samples, value = aligned[:, region].flatten(1), truth[region].flatten()
            figures[f"covered_{name}"] = range_coverage(samples, value).float().mean()
            # Per vertex, root mean square, as all other lengths here.
            figures[f"energy_{name}"] = energy_score(samples, value) * MM_PER_M / region.sum().sqrt()
        return figures

    def _as_diverse3d(self, drawn: Drawn, view: View) -> Figures:
        """As the published evaluation of Diverse3D does it: whole heads, no alignment, occluded by the mask alone."""
        eyeballs = self.head.data.masks.get("eyeballs")
        classes = visible_vertices(view.item.projected, self.head.faces, view.mask, "diverse3d", eyeballs)
        visible, occluded = torch.from_numpy(classes.visible), torch.from_numpy(classes.occluded)
        everything = torch.ones_like(visible)
        figures = {"diverse3d_cse": sample_errors_mm(drawn.vertices, view.item.truth, everything).amin()}
        if len(drawn.vertices) > 1:
            named = {"asd": everything, "asd_vis": visible, "asd_occ": occluded}
            figures |= {f"diverse3d_{name}": self_distance_mm(drawn.vertices, r) for name, r in named.items()}
        return {name: float(value) for name, value in figures.items()}


def identity_figures(identities: Float[Tensor, "I F 3"], truth: Float[Tensor, "F 3"]) -> Float[Tensor, "I 3"]:
    """Median, mean and standard deviation over the vertices of each identity's distance to the truth, mm.

    After rigid alignment of the whole region; the figures of OFER's Table 1, whose distances are to scans.
    """
    target = truth.expand_as(identities)
    distances = (fit_rigid(identities, target).apply(identities) - target).norm(dim=-1) * MM_PER_M
    return torch.stack([distances.median(-1).values, distances.mean(-1), distances.std(-1, correction=0)], -1)
