"""Teacher and students."""

from dataclasses import replace

import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.faces import CoefficientLayout
from manyfaces.methods.distill import N_VIEWS, PUBLISHED, DistillConfig, Mopi, RNet, Sopi
from manyfaces.nn.resnet import ResNetConfig

SMALL = DistillConfig(
    CoefficientLayout(4, 3, 2), ResNetConfig((1, 1), widths=(8, 12), stem=8), picture_px=32, scaled=True, pooling=2
)
K = SMALL.layout.size


def test_the_published_teacher_has_seven_heads_of_the_published_sizes():
    with torch.device("meta"):
        state = RNet(PUBLISHED).state_dict()
    heads = [state[f"final_layers.{k}.weight"].shape for k in range(7)]
    assert heads == [(n, 2048, 1, 1) for n in (80, 64, 80, 3, 27, 2, 1)]
    assert "mean" not in state


def test_a_new_teacher_says_the_mean_face():
    teacher = RNet(SMALL).eval()
    teacher.fit_scale(torch.randn(50, K) + 3)
    said = teacher(torch.rand(2, 3, 32, 32))
    torch.testing.assert_close(said, teacher.mean.expand(2, K))


def test_scale_is_mean_and_deviation():
    teacher = RNet(SMALL)
    faces = torch.randn(100, K) * 2 + 1
    teacher.fit_scale(faces)
    torch.testing.assert_close(teacher.mean, faces.mean(0))
    torch.testing.assert_close(teacher.deviation, faces.std(0))


def test_an_unscaled_network_takes_no_scale():
    with pytest.raises(InputError, match="as they are"):
        RNet(replace(SMALL, scaled=False)).fit_scale(torch.zeros(2, K))


def test_pictures_of_another_size_are_refused():
    with pytest.raises(InputError, match="32 x 32 pixels, not 40 x 40"):
        Sopi(SMALL)(torch.rand(1, 3, 40, 40))


def test_other_than_seven_views_are_refused():
    with pytest.raises(InputError, match="7 views of a face, not 6"):
        Mopi(SMALL).views(torch.rand(1, 6, 3, 32, 32))


def test_mopi_starts_as_the_student_it_goes_on_from():
    sopi, mopi = Sopi(SMALL).eval(), Mopi(SMALL).eval()
    mopi.start_from(sopi)
    pictures = torch.rand(2, N_VIEWS, 3, 32, 32)
    expected = sopi(pictures.flatten(0, 1)).unflatten(0, (2, N_VIEWS))
    torch.testing.assert_close(mopi.views(pictures), expected)
    torch.testing.assert_close(mopi(pictures[:, 0]), expected[:, 0])


def test_each_view_has_its_own_head_and_a_picture_alone_their_mean():
    mopi = Mopi(SMALL).eval()
    picture = torch.rand(1, 3, 32, 32)
    said = mopi.views(picture[:, None].expand(-1, N_VIEWS, -1, -1, -1))
    assert float(said.detach().std(1).max()) > 1e-4
    torch.testing.assert_close(mopi(picture), said.mean(1))
