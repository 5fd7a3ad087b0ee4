"""Colours of skin and of other things as Gaussians in CIE Lab, found robustly on a half-hidden face."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

# Where skin lies in the a, b plane under common lights: a broad ellipse, some weight for grey pictures, a floor.
_SKIN_CHROMA = np.array([11.0, 16.0])
_SKIN_CHROMA_COVARIANCE = np.array([[60.0, 30.0], [30.0, 90.0]])
_GREY_WEIGHT, _GREY_VARIANCE, _FLOOR = 0.15, 16.0, 0.01
_CELL, _CELLS, _LOWEST = 2.0, 90, -90.0
_SHADOW_WEIGHT = 0.6  # skin gets darker more easily than lighter


@dataclass(frozen=True)
class ColourModel:
    """A Gaussian in Lab."""

    mean: Float[np.ndarray, "3"]
    covariance: Float[np.ndarray, "3 3"]

    def log_density(self, lab: Float[np.ndarray, "*S 3"]) -> Float[np.ndarray, "*S"]:
        """Log density up to the constant that all such models share."""
        distance = _squared_distance(lab - self.mean, self.covariance)
        return -0.5 * (distance + np.linalg.slogdet(self.covariance)[1])


@dataclass(frozen=True)
class SkinModel:
    """One face's skin: a Gaussian in a, b; a luminance that changes linearly across the face, as under a soft light.

    Attributes:
        chroma: mean a, b.
        chroma_covariance: of a, b.
        luminance: L at the middle of the crop, its change from the middle to the right and to the lower border.
        luminance_deviation: standard deviation of L around that plane.
    """

    chroma: Float[np.ndarray, "2"]
    chroma_covariance: Float[np.ndarray, "2 2"]
    luminance: Float[np.ndarray, "3"]
    luminance_deviation: float

    def squared_distance(self, lab: Float[np.ndarray, "S S 3"]) -> Float[np.ndarray, "S S"]:
        """Squared Mahalanobis distance of every pixel of a crop from the skin expected there."""
        across = np.linspace(-1, 1, lab.shape[0])
        plane = self.luminance[0] + self.luminance[1] * across + self.luminance[2] * across[:, None]
        deviation = (lab[..., 0] - plane) / self.luminance_deviation
        weight = np.where(deviation < 0, _SHADOW_WEIGHT, 1.0)
        return _squared_distance(lab[..., 1:] - self.chroma, self.chroma_covariance) + weight * deviation**2


def lab_from_rgb(pixels: UInt8[np.ndarray, "S S 3"]) -> Float[np.ndarray, "S S 3"]:
    """Lab (L in 0-100) of a crop, single-pixel noise removed."""
    smooth = cv2.medianBlur(pixels, 3).astype(np.float32) / 255
    return cv2.cvtColor(smooth, cv2.COLOR_RGB2Lab)


def fit_skin(
    lab: Float[np.ndarray, "S S 3"], zone: Bool[np.ndarray, "S S"], trust: Float[np.ndarray, "S S"]
) -> SkinModel:
    """Find the skin's colour where a large part of the zone may show something else.

    The most frequent chroma wins, weighed by how common it is for skin and by `trust`; the model is then fitted to the
    pixels that agree with it, a few times over.

    Args:
        lab: the crop.
        zone: pixels that show skin unless something is in front of them; at least one.
        trust: weight of each pixel's vote.
    """
    values, votes = lab[zone].astype(np.float64), trust[zone]
    rows, columns = np.nonzero(zone)
    middle = (lab.shape[0] - 1) / 2
    plane = np.stack([np.ones(len(rows)), columns / middle - 1, rows / middle - 1], axis=-1)
    chroma = _most_frequent_chroma(values[:, 1:], votes)
    agrees = ((values[:, 1:] - chroma) ** 2).sum(-1) < 15**2
    level = _most_frequent_luminance(values[:, 0], votes * agrees)
    agrees &= np.abs(values[:, 0] - level) < 25
    model = SkinModel(chroma, np.eye(2) * 25.0, np.array([level, 0.0, 0.0]), 15.0)
    for _ in range(4):
        if agrees.sum() < 20:
            break
        model = _refitted(values[agrees], plane[agrees])
        deviation = (values[:, 0] - plane @ model.luminance) / model.luminance_deviation
        distance = _squared_distance(values[:, 1:] - model.chroma, model.chroma_covariance)
        agrees = distance + deviation**2 < 9
    return model


def colour_clusters(values: Float[np.ndarray, "N 3"], most: int = 3) -> list[ColourModel]:
    """Describe a set of Lab colours by up to `most` Gaussians; deterministic."""
    count = min(most, max(1, len(values) // 60))
    # Starting from quantiles of the luminance instead of at random: the same picture always gets the same answer.
    order = np.argsort(values[:, 0], kind="stable")
    labels = np.zeros(len(values), np.int32)
    labels[order] = np.arange(len(values)) * count // len(values)
    if count > 1:
        criteria = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 10, 1.0)
        start = labels[:, None].copy()
        _, found, _ = cv2.kmeans(values.astype(np.float32), count, start, criteria, 1, cv2.KMEANS_USE_INITIAL_LABELS)
        labels = found[:, 0]
    groups = [values[labels == i].astype(np.float64) for i in range(count)]
    floor = np.diag([9.0, 4.0, 4.0])
    return [ColourModel(g.mean(0), np.cov(g.T) + floor) for g in groups if len(g) >= min(15, len(values))]


def _squared_distance(difference: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    return ((difference @ np.linalg.inv(covariance)) * difference).sum(-1)


def _skin_prior(chroma: np.ndarray) -> np.ndarray:
    common = np.exp(-0.5 * _squared_distance(chroma - _SKIN_CHROMA, _SKIN_CHROMA_COVARIANCE))
    grey = np.exp(-0.5 * (chroma**2).sum(-1) / _GREY_VARIANCE)
    return common + _GREY_WEIGHT * grey + _FLOOR


_CENTRES = _LOWEST + _CELL * (np.arange(_CELLS) + 0.5)
_CELL_CHROMA = np.stack(np.meshgrid(_CENTRES, _CENTRES, indexing="ij"), axis=-1)
_CELL_PRIOR = _skin_prior(_CELL_CHROMA)


def _most_frequent_chroma(chroma: np.ndarray, votes: np.ndarray) -> np.ndarray:
    cells = np.clip((chroma - _LOWEST) / _CELL, 0, _CELLS - 1).astype(np.intp)
    flat = np.bincount(cells[:, 0] * _CELLS + cells[:, 1], weights=votes, minlength=_CELLS**2)
    # Smoothed over +-5 units: else a flat colour, all in one cell, would beat any real skin.
    counts = cv2.GaussianBlur(flat.reshape(_CELLS, _CELLS), (0, 0), 2.5)
    best = np.unravel_index((counts * _CELL_PRIOR).argmax(), counts.shape)
    return _CELL_CHROMA[best]


def _most_frequent_luminance(luminance: np.ndarray, votes: np.ndarray) -> float:
    counts = np.histogram(luminance, 50, (0, 100), weights=votes)[0]
    return float(cv2.GaussianBlur(counts[None], (0, 0), 3)[0].argmax() * 2 + 1)


def _refitted(values: np.ndarray, plane: np.ndarray) -> SkinModel:
    chroma = values[:, 1:].mean(0)
    # The slopes are held back a little, so that a small patch of skin does not predict a steep light.
    normal = plane.T @ plane + np.diag([0.0, 20.0, 20.0])
    luminance = np.linalg.solve(normal, plane.T @ values[:, 0])
    deviation = float(np.sqrt(np.mean((values[:, 0] - plane @ luminance) ** 2))) + 3.0
    return SkinModel(chroma, np.cov(values[:, 1:].T) + 4.0 * np.eye(2), luminance, deviation)
