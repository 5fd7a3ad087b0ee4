"""The silhouette re-projection loss by hand."""

import importlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from manyfaces.core.errors import ChoiceError
from manyfaces.geometry import Outline, Rim
from manyfaces.losses import silhouette_loss
from manyfaces.metrics import scored_points

TARGET = torch.tensor([[-5.0, 1.0], [0.0, 10.0], [8.0, 1.0]])


def outline() -> Outline:
    """Three jaw points, the last of which is hidden; vertex 2 lies on its target but is no silhouette vertex."""
    return Outline(
        jaw_px=torch.tensor([[-5.0, 0.0], [0.0, 10.0], [5.0, 0.0]]),
        jaw_seen=torch.tensor([True, True, False]),
        rim_px=torch.tensor([[6.0, 1.0], [9.0, 1.1], [8.0, 1.0]])[:, None].expand(-1, 2, -1),
        silhouette=torch.tensor([True, True, False]),
        up=torch.tensor([0.0, -1.0]),
        jaw_sides=torch.tensor([-1.0, 0.0, 1.0]),
        rim=left_vertices(3),
        ends=torch.zeros(3, 2, 3),
    )


def left_vertices(count: int) -> Rim:
    return Rim("vertices", torch.arange(count), torch.zeros(count).long(), torch.ones(count))


def paper_loss(seen: Outline, target: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    return silhouette_loss(seen, target, weights, match="nearest")


def test_by_hand():
    # 1 + 0 from what is seen, 1 + 0.1 from the hidden point to the nearer vertex; over 2 x 3 coordinates.
    assert float(paper_loss(outline(), TARGET)) == pytest.approx(2.1 / 6)
    assert float(paper_loss(outline(), TARGET, torch.tensor([0.0, 0.0, 0.5]))) == pytest.approx(1.1 / 2)


def test_drawn_to_where_an_annotator_would_mark_it():
    # Vertices 0 and 1 are equally high, and 1 is further out; the target has no say in it: 4 + 0.1 in place of 1 + 0.1.
    target = TARGET + torch.tensor([[0.0, 0.0], [0.0, 0.0], [-3.0, 0.0]])
    assert float(silhouette_loss(outline(), target)) == pytest.approx((1 + 4.1) / 6)
    assert float(paper_loss(outline(), target)) == pytest.approx((1 + 1) / 6)
    with pytest.raises(ChoiceError, match="nearest"):
        silhouette_loss(outline(), target, match="best")


def test_without_silhouette_the_hidden_point_itself():
    bare = replace(outline(), silhouette=torch.zeros(3, dtype=torch.bool))
    assert float(paper_loss(bare, TARGET)) == pytest.approx((1 + 0 + 4) / 6)


def test_gradient_goes_to_the_chosen_vertex_and_the_points_that_are_seen():
    start = outline()
    jaw, rim = start.jaw_px.clone().requires_grad_(), start.rim_px.clone().requires_grad_()
    paper_loss(replace(start, jaw_px=jaw, rim_px=rim), TARGET).backward()
    assert jaw.grad is not None
    assert rim.grad is not None
    torch.testing.assert_close(jaw.grad * 6, torch.tensor([[0.0, -1.0], [0.0, 0.0], [0.0, 0.0]]))
    torch.testing.assert_close(rim.grad.sum(1) * 6, torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]))


def test_a_batch_is_the_mean_of_its_items():
    one = outline()
    parts = {key: getattr(one, key) for key in ("jaw_px", "jaw_seen", "rim_px", "silhouette", "up", "ends")}
    two = replace(one, **{key: torch.stack([part, part]) for key, part in parts.items()})
    two = replace(two, silhouette=torch.tensor([[True, True, False], [False, False, False]]))
    loss = paper_loss(two, torch.stack([TARGET, TARGET]))
    assert float(loss) == pytest.approx((2.1 / 6 + 5 / 6) / 2)


def test_scored_points_do_not_depend_on_the_annotation():
    jaw = torch.linspace(-1, 1, 17)
    seen = Outline(
        jaw_px=torch.stack([60 * jaw, 60 - 60 * jaw.abs()], -1),
        jaw_seen=jaw < 0.9,
        rim_px=torch.tensor([[70.0, 1.0], [80.0, 30.0], [61.0, 0.0]])[:, None].expand(-1, 2, -1),
        silhouette=torch.tensor([True, True, False]),
        up=torch.tensor([0.0, -1.0]),
        jaw_sides=jaw.sign(),
        rim=left_vertices(3),
        ends=torch.zeros(3, 2, 3),
    )
    points = torch.rand(68, 2, generator=torch.Generator().manual_seed(0))
    scored = scored_points(seen, points)
    torch.testing.assert_close(scored[:16], seen.jaw_px[:16])
    assert scored[16].tolist() == [70.0, 1.0]
    assert torch.equal(scored[17:], points[17:])


def test_silhouettes_beat_landmark_marching(repository: Path, monkeypatch: pytest.MonkeyPatch):
    """Heads turned by 15 to 45 degrees, means over 4 seeds; docs/methods/personal-foundations.md has the figures."""
    monkeypatch.syspath_prepend(str(repository))
    bench = importlib.import_module("benchmarks.outline")
    head = bench.front_head()
    tasks = [bench.make_task(head, seed, n_heads=24) for seed in bench.SEEDS]

    def mean(treatment: str, *names: str) -> list[float]:
        scores = [bench.scores(task, bench.fit(treatment, task)) for task in tasks]
        return [sum(score[name] for score in scores) / len(scores) for name in names]

    names = ("boundary, unseen", "boundary, annotated", "hidden", "inner")
    static, marched, ours = (mean(treatment, *names) for treatment in ("static", "marched", "silhouette"))
    assert all(o < m < s for o, m, s in zip(ours, marched, static, strict=True))
    assert ours[0] < 0.9 * marched[0]
