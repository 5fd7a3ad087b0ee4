"""Examples of detail as cameras and coarse networks leave them: pictures, unwrapped by the faces that are predicted."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.data.subjects.clips import Clip, ClipConfig, ClipLaw
from manyfaces.data.subjects.examples import DetailExamples
from manyfaces.data.subjects.moods import FrameLaw
from manyfaces.data.subjects.painting import painter
from manyfaces.data.subjects.subject import Subject, SubjectLaw
from manyfaces.data.subjects.textures import CameraConfig, holes
from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.methods.personal import CoarseNet
from manyfaces.methods.personal.detail import skin_px, skin_view
from manyfaces.render.sampling import shrunk
from manyfaces.render.unwrapping import unwrap_photo

_SURELY = 0.9
_LOOKS = 1 << 30


class PicturedSource:
    """Draws pictures of subjects, and reads their skin as that of photos is read.

    Where `DetailSource` lays skin out by the true face, here a coarse network says where the face is, how it is turned
    and how strained its skin is; and pictures have hair, shade, mottled skin and a mediocre camera.

    Args:
        law: draws the persons.
        frames: draws their expressions, poses and light.
        network: predicts coarse faces, wherever it is.
        camera: what hides skin; how well it is seen is the pictures' own.
    """

    def __init__(self, law: SubjectLaw, frames: FrameLaw, network: CoarseNet, camera: CameraConfig | None = None):
        self._face, self._surface = law.face, law.surface
        self._frames, self._network, self._camera = frames, network, camera or CameraConfig()
        self._size_px = skin_px(network.config.picture_px)
        self._clips = ClipLaw(law.face, law.surface, ClipConfig(size_px=self._size_px, frames=frames.config))
        self._painter = painter(law.face.head, law.surface.layout)

    @torch.no_grad()
    def frames_of(self, subject: Subject, n: int, generator: torch.Generator) -> DetailExamples:
        """Draw n photos of one person, each with a look of its own.

        Returns:
            Examples on the texture map of the predicted faces. The relief of skin that the picture shows is what is
            true at the pixel; of the rest, what is true at the texel.
        """
        drawn = self._frames.sample(subject, n, generator).joined()
        looks = torch.randint(_LOOKS, (n,), generator=generator).tolist()
        shown = 1 - holes(n, self._surface.side_px, self._camera, generator)
        read = [
            self._read(self._clips.taken(subject, subject.face.layout.split(vector), look, 0), one_shown)
            for vector, look, one_shown in zip(drawn.split(1), looks, shown.split(1), strict=True)
        ]
        return replace(DetailExamples.joined(read), frame=torch.arange(n))

    def _read(self, clip: Clip, shown: Float[Tensor, "1 S S"]) -> DetailExamples:
        """What is read off a clip of one frame."""
        face, surface, own_face = self._face, self._surface, clip.subject.face
        pictures = clip.pictures.float() / 255
        device = next(self._network.parameters(), pictures).device
        small = shrunk(pictures, self._network.config.picture_px).to(device)
        c = face.layout.split(self._network(small).float().cpu())
        vertices = face.vertices(c)
        drawn = own_face.render(own_face.layout.split(clip.coefficients), self._size_px)
        view = skin_view(face, surface, c, pictures, own_face.front(drawn))
        # The truth rides along as another picture; where it is mixed with what is not skin, it is not known.
        truth = self._painter.on(drawn, torch.stack([clip.displacement_m, torch.ones_like(clip.displacement_m)], -1))
        camera = face.camera(c).scaled(self._size_px / RNET_PX)
        true_m, known = unwrap_photo(truth, vertices, camera, surface.layout).texture.unbind(-1)
        visible = view.visible * shown * (known > _SURELY)
        return DetailExamples(
            texture=view.texture * visible[:, None],
            visible=visible,
            tension=view.tension,
            displacement_m=torch.where(visible > 0, true_m, clip.displacement_m),
            coefficients=c.joined(),
            vertices=vertices,
            coarse_albedo=surface.layout.of(clip.subject.colours[None]),
            subject=torch.tensor([clip.subject.number]),
            frame=torch.zeros(1, dtype=torch.long),
        )
