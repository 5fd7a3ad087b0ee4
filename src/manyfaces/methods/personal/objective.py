"""The coarse loss L_C: predicted faces against photos, without any truth in three dimensions."""

from dataclasses import dataclass, field, fields, replace

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.faces import FaceCoefficients, FaceModel
from manyfaces.geometry import OutlineMesh
from manyfaces.losses.exchange import exchange_rows
from manyfaces.losses.face_fit import coloured_light, photometric_loss, squared_length
from manyfaces.losses.landmark_terms import (
    EYELID_PAIRS,
    LIP_PAIRS,
    inner_weights,
    jaw_and_inner_weights,
    pair_distance_loss,
    weighted_landmark_loss,
)
from manyfaces.losses.silhouette import silhouette_loss
from manyfaces.methods.personal.judges import Judges
from manyfaces.render import interpolate

_JAW = slice(0, 17)
_HALF_FRAME_PX = RNET_PX / 2
_TERM_OF_JUDGE = {"identity": "identity_features", "emotion": "emotion", "lips": "lip_reading"}
_PICTURE_TERMS = ("photometric", *_TERM_OF_JUDGE.values())


@dataclass(frozen=True)
class CoarseWeights:
    """Factors of the terms. Mao et al. give none; these are DECA's (SIGGRAPH 2021), EMOCA's and SPECTRE's.

    Distances on the picture are in halves of its side, as DECA's.

    Attributes:
        outline: L_sil.
        inner: L_inL.
        eyelids: the lids' part of L_spL; lips the mouth's.
        photometric: L_pho.
        identity_features: L_id of L_per; emotion and lip_reading the others.
        identity: of the squared length of identity coefficients, L_reg; expression and albedo likewise. It is the
            mean over faces; DECA has half the sum over a batch of 16, which makes this an eighth of its.
        light: of the light's colour, which nine numbers for each colour need and nine for all do not.
        exchange: L_sc.
    """

    outline: float = 1.0
    inner: float = 1.0
    eyelids: float = 1.0
    lips: float = 0.5
    photometric: float = 2.0
    identity_features: float = 0.2
    emotion: float = 0.5
    lip_reading: float = 2.0
    identity: float = 1e-4
    expression: float = 1e-4
    albedo: float = 1e-4
    light: float = 1.0
    exchange: float = 1.0


TRANSFER_WEIGHTS = CoarseWeights(outline=30.0, inner=30.0, eyelids=30.0, lips=15.0, photometric=0.5)
"""For one person's frames: landmarks count thirty times as much as DECA has them, or colours drown them. Chosen on
synthetic persons that no figure is reported on."""


@dataclass(frozen=True)
class SeenPhotos:
    """What is known of a batch of photos in R-Net's frame.

    Attributes:
        pictures: RGB in [0, 1].
        landmarks_px: detected, pixels of the 224 frame, whatever the pictures' size.
        confidence: of each landmark, 0 to 1.
        skin: how sure each pixel shows the face's skin, and nothing before it, 0 to 1.
        person: whom each shows.
    """

    pictures: Float[Tensor, "B 3 S S"]
    landmarks_px: Float[Tensor, "B 68 2"]
    confidence: Float[Tensor, "B 68"]
    skin: Float[Tensor, "B S S"]
    person: Int[Tensor, " B"]

    @staticmethod
    def of(
        pictures: UInt8[Tensor, "B 3 S S"],
        landmarks_px: Float[Tensor, "B 68 2"],
        confidence: Float[Tensor, "B 68"],
        skin: UInt8[Tensor, "B S S"],
        person: Int[Tensor, " B"],
    ) -> "SeenPhotos":
        """Photos as they are kept, pictures and skin from 0 to 255."""
        return SeenPhotos(pictures.float() / 255, landmarks_px, confidence, skin.float() / 255, person)


@dataclass(frozen=True)
class CoarseLoss:
    """L_C and its terms, each before its factor.

    Attributes:
        total: what is minimised.
        outline, inner, eyelids, lips: on the picture, in halves of its side.
        photometric: mean colour distance on skin; zero where its factor is.
        identity_features, emotion, lip_reading: by the judges; zero without them.
        identity, expression, albedo: squared lengths.
        light: variance over the colours.
        exchange: the total of the same faces with each other's identity; zero where nobody is seen twice.
    """

    total: Float[Tensor, ""]
    outline: Float[Tensor, ""]
    inner: Float[Tensor, ""]
    eyelids: Float[Tensor, ""]
    lips: Float[Tensor, ""]
    photometric: Float[Tensor, ""]
    identity_features: Float[Tensor, ""]
    emotion: Float[Tensor, ""]
    lip_reading: Float[Tensor, ""]
    identity: Float[Tensor, ""]
    expression: Float[Tensor, ""]
    albedo: Float[Tensor, ""]
    light: Float[Tensor, ""]
    exchange: Float[Tensor, ""]


@dataclass(frozen=True)
class CoarseObjective:
    """L_C = L_sil + L_inL + L_spL + L_pho + L_per + L_reg + L_sc (Mao et al., CVPR 2025, equation 2).

    Attributes:
        face: turns coefficients into faces.
        outline: of its head; None draws the jaw's points to the head's own fixed ones, which is what L_sil is compared
            with.
        judges: networks that L_per looks through.
        weights: factors.
    """

    face: FaceModel
    outline: OutlineMesh | None
    judges: Judges = field(default_factory=Judges)
    weights: CoarseWeights = field(default_factory=CoarseWeights)

    def __call__(self, c: FaceCoefficients, seen: SeenPhotos, generator: torch.Generator | None = None) -> CoarseLoss:
        """The loss of predicted faces.

        Args:
            c: predicted, with gradients.
            seen: what they were predicted from; constant.
            generator: draws whose identity goes to whom in L_sc; see `exchange_rows`.
        """
        own = self._alone(c, seen)
        rows = exchange_rows(seen.person.cpu(), generator).to(c.identity.device)
        if not self.weights.exchange or bool((rows == torch.arange(len(rows), device=rows.device)).all()):
            return own
        exchanged = self._alone(replace(c, identity=c.identity[rows]), seen).total
        return replace(own, total=own.total + self.weights.exchange * exchanged, exchange=exchanged)

    def to(self, device: torch.device | str) -> "CoarseObjective":
        """The same on another device; judges are where they are."""
        outline = None if self.outline is None else self.outline.to(device)
        return replace(self, face=self.face.to(device), outline=outline)

    def _alone(self, c: FaceCoefficients, seen: SeenPhotos) -> CoarseLoss:
        """All terms but L_sc."""
        face = self.face
        vertices, camera = face.vertices(c), face.camera(c)
        landmarks_px = camera.project(face.head.landmarks(vertices)).points_px
        terms = {
            **self._landmark_terms(vertices, camera, landmarks_px, seen),
            **self._picture_terms(c, vertices, landmarks_px, seen),
            "identity": squared_length(c.identity),
            "expression": squared_length(c.expression),
            "albedo": squared_length(c.albedo),
            "light": coloured_light(c.light),
            "exchange": landmarks_px.new_zeros(()),
        }
        total = torch.stack([getattr(self.weights, name) * term for name, term in terms.items()]).sum()
        return CoarseLoss(total, **terms)

    def _landmark_terms(self, vertices: Tensor, camera, landmarks_px: Tensor, seen: SeenPhotos) -> dict[str, Tensor]:
        sure, target_px = seen.confidence, seen.landmarks_px
        if self.outline is None:
            weights = jaw_and_inner_weights().to(sure)[_JAW] * sure[:, _JAW]
            outline = weighted_landmark_loss(landmarks_px[:, _JAW], target_px[:, _JAW], weights)
        else:
            outline = silhouette_loss(self.outline.seen(vertices, camera), target_px[:, _JAW], sure[:, _JAW])
        terms = {
            "outline": outline,
            "inner": weighted_landmark_loss(landmarks_px, target_px, inner_weights().to(sure) * sure),
            "eyelids": pair_distance_loss(landmarks_px, target_px, EYELID_PAIRS, sure),
            "lips": pair_distance_loss(landmarks_px, target_px, LIP_PAIRS, sure),
        }
        return {name: term / _HALF_FRAME_PX for name, term in terms.items()}

    def _picture_terms(
        self, c: FaceCoefficients, vertices: Tensor, landmarks_px: Tensor, seen: SeenPhotos
    ) -> dict[str, Tensor]:
        terms = dict.fromkeys(_PICTURE_TERMS, landmarks_px.new_zeros(()))
        judged = len(self.judges.absent) < len(fields(self.judges))
        if not self.weights.photometric and not judged:
            return terms
        drawn = self.face.render(c, seen.pictures.shape[-1], vertices)
        if self.weights.photometric:
            visible = seen.skin * self.face.front(drawn)
            terms["photometric"] = photometric_loss(drawn.rgb.permute(0, 3, 1, 2), seen.pictures, visible)
        if judged:
            # Who it is and in what mood is a matter of shape: judges shall not paint it on, nor light it.
            bare = replace(c, albedo=c.albedo.detach(), light=c.light.detach())
            colours = self.face.colours(bare, vertices).clamp(0, 1)
            picture = interpolate(drawn.fragments, self.face.head.faces, colours).permute(0, 3, 1, 2)
            # Around the head a render is the photo, so that judges compare faces and not backgrounds.
            mask = drawn.mask[:, None]
            whole = picture * mask + seen.pictures * (1 - mask)
            distances = self.judges.compare(whole, landmarks_px, seen.pictures, seen.landmarks_px)
            terms |= {_TERM_OF_JUDGE[judge]: distance for judge, distance in distances.items()}
        return terms
