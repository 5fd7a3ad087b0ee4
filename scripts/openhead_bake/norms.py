"""Measure heads the way anthropometry does and compare with its norms."""

from dataclasses import dataclass

import numpy as np

from openhead_bake.makehuman import Source
from openhead_bake.topology import JOINTS, Topology


@dataclass(frozen=True)
class Norm:
    """Mean and SD (mm) of adults of both sexes, the two sexes' means pooled with equal shares."""

    mean: float
    sd: float


def pooled(male: tuple[float, float], female: tuple[float, float]) -> Norm:
    """Norm of a population that is half male, half female, from (mean, SD) of each in mm."""
    mean = (male[0] + female[0]) / 2
    within = (male[1] ** 2 + female[1] ** 2) / 2
    return Norm(mean, float(np.sqrt(within + ((male[0] - female[0]) / 2) ** 2)))


# Farkas- and ANSUR-type figures. Where a table gives a range of group means, its ends stand for the two groups.
NORMS = {
    "interpupillary distance": Norm(63.0, 3.6),
    "mouth width (ch-ch)": pooled((54.5, 3.0), (50.2, 3.5)),
    "nose width (al-al)": pooled((34.9, 2.1), (31.4, 2.0)),
    "outer eye corners (ex-ex)": pooled((91.0, 3.6), (88.0, 3.6)),
    "inner eye corners (en-en)": Norm(32.5, 2.6),
    "head breadth (eu-eu)": pooled((152.0, 5.5), (145.0, 5.0)),
    "head length (g-op)": pooled((197.0, 7.0), (187.0, 6.5)),
    "bizygomatic width (zy-zy)": pooled((137.0, 5.0), (130.0, 5.0)),
    "face height (n-gn)": pooled((121.0, 6.5), (111.0, 5.0)),
    "head height (v-gn)": pooled((232.0, 8.0), (218.0, 8.0)),
}


class Callipers:
    """Landmarks of the mesh, found on the base head."""

    def __init__(self, source: Source, topology: Topology, charts: np.ndarray, masks: dict[str, np.ndarray]):
        n = topology.n_vertices
        place = topology.base[:n]
        x, y, z = place.T
        names = source.local_names()

        names = source.local_names()

        def moved(wanted: str) -> np.ndarray:
            paths = [path for name, path in names.items() if wanted in name]
            shapes = [np.linalg.norm((topology.rows @ source.target(path))[:n], axis=1) for path in paths]
            return np.max(shapes, axis=0)

        skin = masks["skin"] & ~masks["ears"]
        left = masks["skin"] & (x > 3e-3)
        # Corners of the eye: the peaks of the two controls that raise them. Corner of the mouth: where the rim of
        # its inside ends sideways. Wings of the nose: what flaring moves outwards most.
        corners = [int(np.where(left, moved(f"l-eye-corner{k}-up"), -1).argmax()) for k in (1, 2)]
        inner, outer = sorted(corners, key=lambda v: x[v])
        rim = np.flatnonzero(np.isin(np.arange(n), topology.quads[charts == "mouth"]) & masks["skin"])
        corner = rim[x[rim].argmax()]
        flare = (topology.rows @ source.target(names["nose-flaring-incr"]))[:n, 0]
        alare = int(np.where(left, flare, -1).argmax())
        cheek = np.flatnonzero(skin & (np.abs(y - (y[inner] - 0.02)) < 0.01) & (z > 0.03))
        self.mirror = topology.mirror
        self.pairs = {
            "mouth width (ch-ch)": corner,
            "nose width (al-al)": alare,
            "outer eye corners (ex-ex)": outer,
            "inner eye corners (en-en)": inner,
        }
        middle = np.flatnonzero(skin & (np.abs(x) < 5e-4))
        upper = middle[(y[middle] > y[inner] + 0.002) & (y[middle] < y[inner] + 0.014)]
        self.nasion = int(upper[z[upper].argmin()])
        chin = np.flatnonzero((masks["face"] | masks["neck"]) & (np.abs(x) < 5e-4) & (z > 0.115))
        # gn: lowest point of the chin's contour, seen from 45 degrees below
        self.gnathion = int(chin[(z[chin] - y[chin]).argmax()])
        self.above_ears = np.flatnonzero(skin & (y > y[inner] + 0.035))
        self.skull = np.flatnonzero(skin & (y > y[inner] + 0.010))
        self.cheek = cheek
        self.shell = np.flatnonzero(skin)
        self.eyes = [n + JOINTS.index(f"{side}_eye") for side in ("left", "right")]

    def measure(self, heads: np.ndarray) -> dict[str, np.ndarray]:
        """Distances (N,) in mm of heads' rows (N, R, 3)."""
        found = {"interpupillary distance": self._gap(heads, *self.eyes)}
        found |= {name: self._gap(heads, v, self.mirror[v]) for name, v in self.pairs.items()}
        found["head breadth (eu-eu)"] = np.ptp(heads[:, self.above_ears, 0], axis=1)
        found["head length (g-op)"] = np.ptp(heads[:, self.skull, 2], axis=1)
        found["bizygomatic width (zy-zy)"] = np.ptp(heads[:, self.cheek, 0], axis=1)
        found["face height (n-gn)"] = self._gap(heads, self.nasion, self.gnathion)
        found["head height (v-gn)"] = heads[:, self.shell, 1].max(1) - heads[:, self.gnathion, 1]
        return {name: found[name] * 1e3 for name in NORMS}

    @staticmethod
    def _gap(heads: np.ndarray, a: int, b: int) -> np.ndarray:
        return np.linalg.norm(heads[:, a] - heads[:, b], axis=1)


def table(measured: dict[str, np.ndarray]) -> str:
    """Markdown rows: ours, the norm, how far the mean is off in SDs and the ratio of the SDs."""
    rows = ["| measure | ours, mm | norm, mm | mean off by, SD | SD ratio |", "|---|---|---|---|---|"]
    for name, values in measured.items():
        norm, mean, sd = NORMS[name], values.mean(), values.std()
        rows.append(
            f"| {name} | {mean:.1f} ± {sd:.1f} | {norm.mean:.1f} ± {norm.sd:.1f} "
            f"| {(mean - norm.mean) / norm.sd:+.2f} | {sd / norm.sd:.2f} |"
        )
    return "\n".join(rows)
