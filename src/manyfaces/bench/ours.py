"""The project's own models as methods of the photo protocol."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.bench.baselines import HeadPrior, head_prior
from manyfaces.bench.equality import SamplerEquality, sampler_equality
from manyfaces.bench.face_points import Choose, HypothesisPoints, Reconstructor
from manyfaces.bench.kept import Kept, weights_digest
from manyfaces.bench.models import DEFAULT_MODEL
from manyfaces.bench.synthetic import SyntheticSizes, run_synthetic
from manyfaces.bench.synthetic_report import SyntheticReport
from manyfaces.bench.synthetic_set import SyntheticSetConfig, build_synthetic_set
from manyfaces.core.seeds import stream_seed, torch_generator
from manyfaces.detect import POINTS_68_FROM_468, FaceDetector
from manyfaces.diffusion import ANCESTRAL, FAST, SamplerConfig
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.methods.ofer import Ofer
from manyfaces.pipeline import Predictor, Reconstruction
from manyfaces.pipeline.loading import load_ofer
from manyfaces.pipeline.models import load_open_ofer
from manyfaces.pipeline.ofer_method import OferMethod

N_EXPRESSIONS = 15


def predictor_reconstructor(
    detector: FaceDetector,
    model: str = DEFAULT_MODEL,
    seed: int = 0,
    device: str = "cpu",
    kept: Kept | None = None,
) -> Reconstructor:
    """A model of the catalogue with 15 joint hypotheses: the k-th ranked identity with the k-th expression.

    Args:
        detector: finds faces in the model's stead, so that no picture is searched twice.
        model: its name, or the folder of an imported one.
        seed: of its sampling.
        device: where it runs.
        kept: where results are kept, and taken from when the same is asked for again.
    """
    loaded = replace(load_ofer(model, torch.device(device)), detector=detector)
    predictor = Predictor(OferMethod(loaded))
    basis = (model, seed, weights_digest(loaded.ofer, loaded.encoder)) if kept else ()

    def reconstruct(
        image: np.ndarray, occlusion: np.ndarray | Literal["auto"], choose: Choose, /
    ) -> HypothesisPoints | None:
        boxes = np.array([face.box_px for face in predictor.detect(image)], float).reshape(-1, 4)
        row = choose(boxes)
        if row is None:
            return None
        item = (basis, row, _digest(image), occlusion if isinstance(occlusion, str) else _digest(occlusion))
        arrays = kept.get(*item) if kept else None
        if arrays is None:
            with torch.inference_mode():
                [result] = predictor.reconstruct(
                    image, occlusion=occlusion, identities="varied", n_expressions=N_EXPRESSIONS, seed=seed, face=row
                )
            arrays = {"points_68_px": points_68_px(result), "visible": result.visible}
            if kept:
                kept.put(*item, arrays=arrays)
        return HypothesisPoints(**arrays)

    return reconstruct


def _digest(array: np.ndarray) -> str:
    return hashlib.sha256(f"{array.shape}{array.dtype}".encode() + array.tobytes()).hexdigest()


def points_68_px(result: Reconstruction) -> Float[np.ndarray, "M 68 2"]:
    """The 68 points of every hypothesis as its camera shows them: the same means of dense points as the detector's."""
    points = result.head.landmarks(result.vertices, "468")
    return POINTS_68_FROM_468.astype(float) @ result.cameras.project(points).points_px.double().cpu().numpy()


def default_prior() -> HeadPrior:
    """Random open heads."""
    return head_prior(HeadModel(load_head("openhead")))


N_EQUALITY_CONDITIONS = 20
N_EQUALITY_SAMPLES = 1000


def run_released_synthetic(
    out: Path,
    model: str = DEFAULT_MODEL,
    device: str = "cpu",
    seed: int = 0,
    config: SyntheticSetConfig | None = None,
    sizes: SyntheticSizes | None = None,
    equality: bool | None = None,
) -> SyntheticReport:
    """The synthetic protocol on a released model.

    Args:
        out: folder for the results.
        model: its name.
        device: where the networks run.
        seed: of faces and of sampling.
        config: what is rendered.
        sizes: how much is sampled.
        equality: compare the fast sampler with DDPM-1000 too, tens of thousands of samples with 1000 steps each; by
            default only where there is a GPU.
    """
    loaded = load_open_ofer(model, torch.device(device))
    faces = build_synthetic_set(
        loaded.head, loaded.mesh, loaded.encoder, config or SyntheticSetConfig(seed=stream_seed(seed, "faces"))
    )
    if equality is None:
        equality = torch.device(device).type != "cpu"
    gaps = sampler_gaps(loaded.ofer, faces.condition[:N_EQUALITY_CONDITIONS].to(device), seed) if equality else None
    return run_synthetic(loaded.ofer, loaded.head, faces, out, sizes, seed, gaps, device, model)


def sampler_gaps(
    ofer: Ofer, condition: Float[Tensor, "n C"], seed: int = 0, n_samples: int = N_EQUALITY_SAMPLES
) -> dict[str, SamplerEquality]:
    """For both generators: how far the fast sampler is from DDPM-1000, in units of what two of its seeds are apart."""
    identity = ofer.sample_identities(condition, 1, torch_generator(seed, "identity"))[:, 0]

    def identities(sampler: SamplerConfig, generator: torch.Generator) -> Tensor:
        parts = condition.split(1)
        return torch.cat([ofer.sample_identities(part, n_samples, generator, sampler).cpu() for part in parts])

    def expressions(sampler: SamplerConfig, generator: torch.Generator) -> Tensor:
        drawn = [
            ofer.sample_expressions(one, face, n_samples, generator, sampler)
            for one, face in zip(condition.split(1), identity.split(1), strict=True)
        ]
        return torch.cat([torch.cat([d.expression, d.jaw], -1).cpu() for d in drawn])

    networks = {"idgen": identities, "expgen": expressions}
    return {name: sampler_equality(draw, FAST, ANCESTRAL, seed) for name, draw in networks.items()}
