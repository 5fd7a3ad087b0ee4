"""Examples of detail as cameras and coarse networks leave them: pictures, unwrapped by the faces that are predicted."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.data.subjects.clips import Clip, ClipConfig, ClipLaw
from manyfaces.data.subjects.examples import DetailExamples, DetailSource
from manyfaces.data.subjects.moods import FrameLaw
from manyfaces.data.subjects.painting import painter
from manyfaces.data.subjects.subject import Subject, SubjectLaw
from manyfaces.data.subjects.textures import CameraConfig, holes
from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.faces import FaceCoefficients
from manyfaces.methods.personal import CoarseNet
from manyfaces.methods.personal.detail import skin_px, skin_view
from manyfaces.render.sampling import shrunk
from manyfaces.render.unwrapping import unwrap_photo

_SURELY = 0.9
_LOOKS = 1 << 30


class PicturedSource(DetailSource):
    """Draws pictures of subjects, and reads their skin as that of photos is read.

    Where `DetailSource` lays skin out by the true face, here a coarse network says where the face is, how it is turned
    and how strained its skin is; and pictures have hair, shade, mottled skin and a mediocre camera.

    Args:
        law: draws the persons.
        frames: draws their expressions, poses and light.
        network: predicts coarse faces, wherever it is.
        camera: what hides skin; how well it is seen is the pictures' own.
        n_subjects: see `DetailSource`.
        subject_seed: of the persons.
    """

    def __init__(
        self,
        law: SubjectLaw,
        frames: FrameLaw,
        network: CoarseNet,
        camera: CameraConfig | None = None,
        n_subjects: int = 1 << 30,
        subject_seed: int = 0,
    ):
        super().__init__(law, frames, camera, n_subjects, subject_seed)
        self._network = network
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
        layout = subject.face.layout
        drawn = self.frames.sample(subject, n, generator).joined()
        looks = torch.randint(_LOOKS, (n,), generator=generator).tolist()
        hidden = holes(n, self.law.surface.side_px, self.camera, generator)
        read = []
        for number, (vector, look) in enumerate(zip(drawn.split(1), looks, strict=True)):
            clip = self._clips.taken(subject, layout.split(vector), look, 0)
            one = self._read(clip, subject, layout.split(vector), 1 - hidden[number : number + 1])
            read.append(replace(one, frame=torch.tensor([number])))
        return DetailExamples.joined(read)

    def _read(
        self, clip: Clip, subject: Subject, true: FaceCoefficients, shown: Float[Tensor, "1 S S"]
    ) -> DetailExamples:
        face, surface = self.law.face, self.law.surface
        pictures = clip.pictures.float() / 255
        device = next(self._network.parameters(), pictures).device
        small = shrunk(pictures, self._network.config.picture_px).to(device)
        c = face.layout.split(self._network(small).float().cpu())
        drawn = subject.face.render(true, self._size_px)
        view = skin_view(face, surface, c, pictures, subject.face.front(drawn))
        vertices = face.vertices(c)
        # The truth rides along as another picture; where it is mixed with what is not skin, it is not known.
        of_skin = clip.displacement_m[..., None]
        truth = self._painter.on(drawn, torch.cat([of_skin, torch.ones_like(of_skin), torch.ones_like(of_skin)], -1))
        seen = unwrap_photo(truth, vertices, face.camera(c).scaled(self._size_px / RNET_PX), surface.layout).texture
        visible = view.visible * shown * (seen[..., 1] > _SURELY)
        return DetailExamples(
            texture=view.texture * visible[:, None],
            visible=visible,
            tension=view.tension,
            displacement_m=torch.where(visible > 0, seen[..., 0], clip.displacement_m) * (surface.skin > 0),
            coefficients=c.joined(),
            vertices=vertices,
            coarse_albedo=surface.layout.of(subject.colours[None]),
            subject=torch.tensor([subject.number]),
            frame=torch.zeros(1, dtype=torch.long),
        )
