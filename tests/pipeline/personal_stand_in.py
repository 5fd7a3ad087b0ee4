"""A base of person-specific models in miniature, as files; the tests have it as a fixture.

Its weights are random: it says something else of every picture, and can learn.
"""

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from manyfaces.core.config import to_json
from manyfaces.faces import CoefficientLayout
from manyfaces.io.checkpoints import save_weights
from manyfaces.io.model_folders import CARD_NAME, PersonalCard, PersonalFolder
from manyfaces.methods.personal import CoarseConfig, CoarseNet, DetailConfig, PersonalConfig
from manyfaces.nn import DisplacementMae, DisplacementUNet, MaeConfig, UNet2dConfig
from manyfaces.nn.vit import ViTConfig

LAYOUT = CoefficientLayout(identity=6, expression=7, albedo=5)
_MAPS = ViTConfig(width=16, n_blocks=1, heads=2, side_px=32, patch_px=8)
TINY = PersonalConfig(
    coarse=CoarseConfig(
        layout=LAYOUT,
        vit=ViTConfig(width=16, n_blocks=2, heads=2, side_px=32, patch_px=8),
        hidden=24,
        scaled=True,
        white_light=False,
        projection="perspective",
    ),
    detail=DetailConfig(
        teacher=UNet2dConfig(width=4, levels=2), student=MaeConfig(_MAPS, width=16, n_blocks=1, heads=2)
    ),
)


def coarse_net(config: CoarseConfig = TINY.coarse, seed: int = 0) -> CoarseNet:
    """A network that is no longer at its start."""
    torch.manual_seed(seed)
    net = CoarseNet(config)
    if config.scaled:
        of_part = {"angles": 0.1, "light": 0.05, "translation": 0.1}
        net.fit_scale(torch.randn(500, config.layout.size))
        net.mean.zero_()
        for name, part in config.layout.slices.items():
            net.deviation[part] = of_part.get(name, 1.0)
    nn.init.normal_(net.head[2].weight, std=0.1)
    return net.eval()


def detail_nets(config: DetailConfig = TINY.detail, seed: int = 0) -> tuple[DisplacementUNet, DisplacementMae]:
    """Teacher and student; the teacher sees a millimetre here and there."""
    torch.manual_seed(seed)
    teacher, student = DisplacementUNet(config.teacher), DisplacementMae(config.student)
    nn.init.normal_(teacher.head.weight, std=0.1)
    nn.init.normal_(student.decoder_pred.weight, std=0.02)
    return teacher.eval(), student.eval()


def write_base(folder: Path, config: PersonalConfig = TINY, seed: int = 0) -> Path:
    """The files of a base that was trained here."""
    folder.mkdir(parents=True)
    card = PersonalCard("personal", "openhead", config, (), "1.0")
    of = PersonalFolder(folder, card)
    teacher, student = detail_nets(config.detail, seed)
    save_weights(of.weights("coarse"), coarse_net(config.coarse, seed).state_dict(), config.coarse)
    save_weights(of.weights("detail-teacher"), teacher.state_dict(), config.detail)
    save_weights(of.weights("detail"), student.state_dict(), config.detail)
    (folder / CARD_NAME).write_text(to_json(card))
    return folder


def orthographic(config: PersonalConfig = TINY) -> PersonalConfig:
    """As the published model: another camera, white light, coefficients as they are."""
    coarse = replace(config.coarse, scaled=False, white_light=True, projection="orthographic")
    return replace(config, coarse=coarse)
