"""The units that networks predict coefficients in."""

import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.faces import CoefficientLayout, CoefficientRegressor

LAYOUT = CoefficientLayout(identity=3, expression=2, albedo=1)


def test_predictions_are_deviations_about_the_training_faces():
    net = CoefficientRegressor(LAYOUT, scaled=True)
    faces = torch.randn(50, LAYOUT.size) * 3 + 5
    net.fit_scale(faces)
    torch.testing.assert_close(net.in_coefficients(torch.zeros(2, LAYOUT.size)), faces.mean(0).expand(2, -1))
    one = torch.eye(LAYOUT.size)
    torch.testing.assert_close((net.in_coefficients(one) - net.mean).diagonal(), faces.std(0))


def test_what_never_varies_can_be_predicted():
    net = CoefficientRegressor(LAYOUT, scaled=True)
    net.fit_scale(torch.ones(10, LAYOUT.size))
    assert bool((net.deviation > 0).all())


def test_half_precision_ends_where_coefficients_begin():
    net = CoefficientRegressor(LAYOUT, scaled=True)
    net.mean.fill_(1000.0)
    said = net.in_coefficients(torch.full((1, LAYOUT.size), 0.25, dtype=torch.bfloat16))
    assert said.dtype == torch.float32
    assert torch.equal(said, torch.full((1, LAYOUT.size), 1000.25))


def test_published_networks_predict_coefficients_as_they_are():
    net = CoefficientRegressor(LAYOUT, scaled=False)
    raw = torch.randn(2, LAYOUT.size)
    assert torch.equal(net.in_coefficients(raw), raw)
    assert not net.state_dict()
    with pytest.raises(InputError, match="as they are"):
        net.fit_scale(raw)


def test_a_student_takes_its_teachers_units():
    teacher, student = (CoefficientRegressor(LAYOUT, scaled=True) for _ in range(2))
    teacher.fit_scale(torch.randn(20, LAYOUT.size))
    student.take_scale(teacher)
    assert torch.equal(student.mean, teacher.mean)
    assert torch.equal(student.deviation, teacher.deviation)
    teacher.mean.zero_()
    assert bool(student.mean.any())  # a copy
