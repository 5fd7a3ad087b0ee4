"""An imported model in miniature: the paper's structure, random weights, encoders of a few thousand numbers."""

import dataclasses

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from manyfaces.core.config import to_dict, to_json
from manyfaces.io.checkpoints import save_weights
from manyfaces.io.head_files import load_head, save_head
from manyfaces.io.model_folders import ModelCard
from manyfaces.methods.ofer import PAPER, FrontFace, Ofer, RankConfig, UNetConfig
from manyfaces.methods.ofer.image_encoder import ArcFaceEncoder, FarlArcFaceEncoder

N_IDENTITY, N_EXPRESSION, N_FRONT = 12, 10, 40
TRUNK = UNetConfig(widths=(24, 12), heads=2, head_dim=4, n_qkv=2, time_dim=16)
SIZES = dataclasses.replace(
    PAPER,
    idgen=TRUNK,
    expgen=TRUNK,
    idrank=RankConfig(widths=(32,), n_vertices=N_FRONT, centred=False),
    n_identity=N_IDENTITY,
    n_expression=N_EXPRESSION,
)


class TinyArcFace(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(48, 512)
        self.features = nn.BatchNorm1d(512)
        nn.init.normal_(self.features.running_mean, std=0.3)

    def unnormalised(self, aligned):
        return self.fc(F.adaptive_avg_pool2d(aligned, 4).flatten(1))

    def forward(self, aligned):
        return self.features(self.unnormalised(aligned))


class TinyFarl(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(48, 512)

    def forward(self, portrait):
        return self.fc(F.adaptive_avg_pool2d(portrait, 4).flatten(1))


def tiny_arcface_encoder():
    return ArcFaceEncoder(TinyArcFace())


def tiny_farl_arcface_encoder():
    return FarlArcFaceEncoder(TinyArcFace(), TinyFarl())


TINY_ENCODERS = {
    "idgen": tiny_arcface_encoder,
    "idrank": tiny_farl_arcface_encoder,
    "expgen": tiny_farl_arcface_encoder,
}


def flame_like(name="flame20", landmarks=("68",)):
    """The open head with no more than FLAME has; random networks draw wild coefficients, so they move it little."""
    data = load_head("openhead")
    weights = data.skinning_weights.copy()
    weights[:, 1] += weights[:, 2]  # the jaw turns nothing: a random network turns it by several whole turns
    weights[:, 2] = 0
    return dataclasses.replace(
        data,
        name=name,
        identity_basis=data.identity_basis[:20] / 20,
        joint_identity_basis=data.joint_identity_basis[:20] / 20,
        expression_basis=data.expression_basis[:20] / 20,
        skinning_weights=weights,
        pose_correctives=np.zeros_like(data.pose_correctives),
        landmarks={key: data.landmarks[key] for key in landmarks},
        masks={},
        albedo=None,
        expression_samples=None,
        jaw_samples=None,
    )


def write_head(folder, name="flame20", landmarks=("68",)):
    """A head file in our own layout; its name is the head's."""
    path = folder / f"{name}.npz"
    save_head(path, flame_like(name, landmarks))
    return path


def write_model(folder, head="flame20"):
    """A model folder as `manyfaces assets import ofer` writes it."""
    folder.mkdir(parents=True)
    front = np.nonzero(load_head("openhead").masks["front"])[0][::7][:N_FRONT]
    torch.manual_seed(3)
    encoders = {part: make() for part, make in TINY_ENCODERS.items()}
    ofer = Ofer(SIZES, FrontFace(torch.zeros(N_FRONT, 3), torch.zeros(N_IDENTITY, N_FRONT, 3)), encoders)
    for part in encoders:
        save_weights(folder / f"{part}.safetensors", getattr(ofer, part).state_dict(), {"ofer": to_dict(SIZES)})
    np.save(folder / "front_indices.npy", front)
    (folder / "model.json").write_text(to_json(ModelCard("ofer", head, SIZES, {}, (), "test")))
    return folder
