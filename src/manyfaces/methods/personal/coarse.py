"""The coarse network: a face's crop in, its shape, expression, pose, colours, light and camera out."""

from dataclasses import replace

from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.faces import CoefficientRegressor
from manyfaces.methods.personal.config import CoarseConfig
from manyfaces.nn.transformer import start_dense
from manyfaces.nn.vit import ViT


class CoarseNet(CoefficientRegressor):
    """Class token to coefficients, by one hidden layer (Mao et al., CVPR 2025, section 3.2)."""

    def __init__(self, config: CoarseConfig):
        super().__init__(config.layout, config.scaled)
        self.config = config
        self.vit = ViT(config.vit)
        self.head = nn.Sequential(
            nn.Linear(config.vit.width, config.hidden), nn.GELU(), nn.Linear(config.hidden, config.layout.size)
        )
        start_dense(self.head)
        last = self.head[2]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)  # starts as the mean face

    def forward(self, pictures: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B K"]:
        """Coefficients of faces, whatever hides them.

        Args:
            pictures: crops in R-Net's frame (`detect.rnet_crop`), RGB in [0, 1], `vit.side_px` a side.

        Raises:
            InputError: crops of another size.
        """
        said = self.in_coefficients(self.head(self.vit(pictures)))
        if not self.config.white_light:
            return said
        c = self.config.layout.split(said)
        return replace(c, light=c.light.mean(-2, keepdim=True).expand_as(c.light)).joined()
