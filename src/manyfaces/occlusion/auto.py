"""Finding by itself what hides a face: skin colour, parts that are not seen, and connected regions.

1. The point network says which parts of the face it does not see (`cutouts`).
2. The skin's colour is found from the rest (`colour.fit_skin`); what differs from it on cheeks, nose, chin or forehead
   is the seed of an occluder.
3. Eyes, brows and lips differ from skin on every face: they only count where they look like a seed next to them.
4. The evidence is smoothed along the picture's edges (guided filter; He et al. 2010) and small regions are dropped.

Nothing here is learned; the few thresholds are named below.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from manyfaces.detect import FacePoints, crop_from_points
from manyfaces.detect.sampling import sample_crop
from manyfaces.geometry.crop import Crop
from manyfaces.occlusion.colour import ColourModel, SkinModel, colour_clusters, fit_skin, lab_from_rgb
from manyfaces.occlusion.cutouts import PointFinder, part_responses
from manyfaces.occlusion.visibility import moved_inward, nearest_values
from manyfaces.occlusion.zones import PARTS, FaceZones, ellipse, face_zones, part_mask

_SIZE, _NETWORK_SIZE = 128, 192
_SKIN_LIMIT = 16.0
_SMALLEST_SHARE = 0.03
_LEAST_EVIDENCE = 0.5
_LID_LIMIT, _LEAST_LID_SHARE = 9.0, 0.06
_UNSEEN_TRUST, _UNSEEN_COLOUR_RADIUS = 0.05, 8.0
# How far being seen speaks against being hidden. A part half hidden is still missed when it is painted over, and dark
# glasses or a fringe help the network to find eyes and brows that they hide.
_SEEN_WEIGHT = {"nose": 0.4, "mouth": 0.4, "chin": 0.4}
_SEEN_WEIGHT_ELSEWHERE = 0.0
_HALF_SEEN = {"nose": 2.3, "mouth": 2.5, "chin": 1.0}
_HALF_SEEN_ELSEWHERE = 1.0
_UNSEEN_EVIDENCE = {"nose": 3.0, "mouth": 6.0, "chin": 3.75}
_UNSEEN_EVIDENCE_ELSEWHERE = 4.5
_LEAST_DOUBT = 0.08  # so often even clear evidence is wrong: the points themselves lie beside their place


@dataclass(frozen=True)
class OcclusionEstimate:
    """What hides a face.

    Attributes:
        mask: (H, W) true where something is in front of the face; nothing is said beyond its outline.
        hidden_probability: (468,) how likely each dense point is hidden, in [0, 1].
        hidden: (468,) true where that is more likely than not.
    """

    mask: Bool[np.ndarray, "H W"]
    hidden_probability: Float[np.ndarray, "468"]
    hidden: Bool[np.ndarray, "468"]


def find_occlusion(image: UInt8[np.ndarray, "H W 3"], points: FacePoints, mesh: PointFinder) -> OcclusionEstimate:
    """Find the part of a face that something hides.

    Args:
        image: (H, W, 3) RGB picture.
        points: the face's dense points, as found on this picture.
        mesh: the point network, a `FaceMesh`; called eight times.

    Returns:
        The hidden region, on pixels and on points. An empty mask when nothing is found or the face is too small.
    """
    crop = crop_from_points(points.points_px)
    picture_points = points.points_px.astype(np.float64)
    pixels = sample_crop(image, crop, _SIZE, replicate_border=True)
    local = crop.to_crop(picture_points, _SIZE)
    zones = face_zones(local, _SIZE)
    if zones.skin.sum() < 50:
        return _from_evidence(np.full((_SIZE, _SIZE), -3.0), np.zeros((_SIZE, _SIZE), bool), image, local, crop)
    large = sample_crop(image, crop, _NETWORK_SIZE, replicate_border=True)
    unseen = _unseen_evidence(part_responses(large, crop.to_crop(picture_points, _NETWORK_SIZE), mesh), local)
    lab = lab_from_rgb(pixels)
    skin = fit_skin(lab, zones.skin, _trust(lab, unseen))
    zones = _with_covered_eyes(zones, skin.squared_distance(lab))
    evidence = _smoothed(_pixel_evidence(lab, zones, skin, unseen), lab)
    return _from_evidence(evidence, _regions(evidence, zones, unseen), image, local, crop)


def _unseen_evidence(responses: dict[str, float], points: np.ndarray) -> np.ndarray:
    """Log odds of being hidden from what the point network misses, drawn on its parts."""
    most, least = np.zeros((_SIZE, _SIZE)), np.zeros((_SIZE, _SIZE))
    for name, response in responses.items():
        half_seen = _HALF_SEEN.get(name, _HALF_SEEN_ELSEWHERE)
        unseen = min(max(1 - response / half_seen, -_SEEN_WEIGHT.get(name, _SEEN_WEIGHT_ELSEWHERE)), 1.0)
        value = unseen * _UNSEEN_EVIDENCE.get(name, _UNSEEN_EVIDENCE_ELSEWHERE)
        part = cv2.dilate(part_mask(points, PARTS[name], _SIZE), ellipse(3))
        most, least = np.maximum(most, value * part), np.minimum(least, value * part)
    return most + least


def _trust(lab: np.ndarray, unseen: np.ndarray) -> np.ndarray:
    """Votes for the skin's colour: hardly any from unseen parts, nor from what has their colours."""
    doubted = unseen > 0
    if doubted.sum() > 20:
        squared = [((lab - model.mean) ** 2).sum(-1) for model in colour_clusters(lab[doubted])]
        doubted |= np.min(squared, axis=0) < _UNSEEN_COLOUR_RADIUS**2
    return np.where(doubted, _UNSEEN_TRUST, 1.0)


def _pixel_evidence(lab: np.ndarray, zones: FaceZones, skin: SkinModel, unseen: np.ndarray) -> np.ndarray:
    """Log odds of every pixel being hidden, from colour alone where a part is seen."""
    not_skin = np.clip(0.5 * (skin.squared_distance(lab) - _SKIN_LIMIT), -3, 5)
    seeds = _seeds(not_skin + unseen, zones)
    if not seeds.any():
        return np.where(zones.features, -3.0, np.minimum(not_skin, 0)) + unseen
    core = cv2.erode(seeds.astype(np.uint8), ellipse(1)) > 0
    occluders = colour_clusters(lab[core if core.sum() > 0.3 * seeds.sum() else seeds])
    like_seed = np.max([model.log_density(lab) for model in occluders], axis=0)
    like_feature = _feature_colours(skin).log_density(lab)
    feature = np.minimum(np.clip(like_seed - like_feature - 2.0, -3, 4), not_skin + 1.5)
    evidence = np.where(zones.features, feature, not_skin) + unseen
    return np.where(zones.face, evidence, 0.3 * np.clip(evidence, -1, 1))


def _with_covered_eyes(zones: FaceZones, distance: np.ndarray) -> FaceZones:
    """Treat eyes whose lids show no skin at all (dark glasses, a blindfold) like bare skin: something is there."""
    for lids in zones.lids:
        if lids.any() and (distance[lids] < _LID_LIMIT).mean() < _LEAST_LID_SHARE:
            zones = replace(zones, features=zones.features & ~lids, skin=zones.skin | (lids & zones.face))
    return zones


def _feature_colours(skin: SkinModel) -> ColourModel:
    """Eyes, brows, lips, nostrils, teeth: anything rather darker than this skin, widely spread."""
    return ColourModel(np.array([skin.luminance[0] - 15, *skin.chroma]), np.diag([25.0**2, 10.0**2, 10.0**2]))


def _seeds(evidence: np.ndarray, zones: FaceZones) -> np.ndarray:
    """Regions of some size on bare skin that clearly are not skin."""
    weight = (zones.face & ~zones.features).astype(np.float64)
    local_mean = cv2.blur(evidence * weight, (5, 5)) / (cv2.blur(weight, (5, 5)) + 0.05)
    return _large_components((local_mean > 1) & zones.skin, zones.skin, zones)


def _regions(evidence: np.ndarray, zones: FaceZones, unseen: np.ndarray) -> np.ndarray:
    found = ((evidence > _LEAST_EVIDENCE) & zones.face).astype(np.uint8)
    return _large_components(cv2.morphologyEx(found, cv2.MORPH_OPEN, ellipse(3)) > 0, zones.skin | (unseen > 0), zones)


def _large_components(mask: np.ndarray, counted: np.ndarray, zones: FaceZones) -> np.ndarray:
    """Keep components of which enough lies in `counted`: an eye or a mouth by itself is no occluder."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    sizes = np.bincount(labels[counted], minlength=labels.max() + 1)
    large = sizes > _SMALLEST_SHARE * zones.skin.sum()
    large[0] = False
    return large[labels]


def _smoothed(evidence: np.ndarray, lab: np.ndarray, radius: int = 2, softness: float = 1e-3) -> np.ndarray:
    """Guided filter of the evidence along the edges of the luminance."""

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.blur(values, (2 * radius + 1, 2 * radius + 1))

    guide = lab[..., 0].astype(np.float64) / 100
    guide_mean, evidence_mean = mean(guide), mean(evidence)
    covariance = mean(guide * evidence) - guide_mean * evidence_mean
    slope = covariance / (mean(guide * guide) - guide_mean**2 + softness)
    return mean(slope) * guide + mean(evidence_mean - slope * guide_mean)


def _from_evidence(
    evidence: np.ndarray, region: np.ndarray, image: np.ndarray, points: np.ndarray, crop: Crop
) -> OcclusionEstimate:
    """Carry the region to the picture and ask it at the points."""
    probability = _LEAST_DOUBT + (1 - 2 * _LEAST_DOUBT) / (1 + np.exp(np.clip(0.3 - evidence, -10, 10)))
    # The region decides: evidence in specks that were dropped, or in gaps that were closed, must not contradict it.
    probability = np.where(region, np.maximum(probability, 0.55), np.minimum(probability, 0.45))
    at_points = nearest_values(moved_inward(points), probability)
    height, width = image.shape[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mask = cv2.warpAffine(region.astype(np.uint8) * 255, crop.matrix(_SIZE), (width, height), flags=flags) > 127
    return OcclusionEstimate(mask, at_points, at_points > 0.5)
