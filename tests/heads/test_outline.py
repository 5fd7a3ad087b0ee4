"""The outline of the open head: candidates, what is hidden at a turn, and the marched jaw line made from it."""

import numpy as np
import pytest
import torch

from manyfaces.core.errors import HeadFileError
from manyfaces.heads import HeadModel, face_part, marched_contour, outline_candidates, outline_mesh
from manyfaces.heads.landmarks import check_embedding
from manyfaces.heads.outline import turned_camera
from manyfaces.io.head_files import load_head


@pytest.fixture(scope="module")
def head() -> HeadModel:
    return HeadModel(load_head("openhead"))


def test_candidates_keep_away_from_nose_ears_eyes_and_mouth(head: HeadModel):
    candidates = outline_candidates(head)
    assert candidates.sum() > 300
    for name in ("ears", "neck", "eyeballs", "inner_mouth", "lips"):
        assert not (candidates & head.mask(name)).any()
    points = head.landmarks(head.template)
    distance = torch.cdist(head.template[candidates], points)
    assert distance[:, 36:].min() > 0.013
    assert distance[:, 27:36].min() > 0.016
    assert (distance[:, :17].min(0).values < 0.015).all()  # but the jaw line is lined with them


def test_a_turned_head_hides_the_side_it_is_turned_to(head: HeadModel):
    mesh = outline_mesh(head)
    yaw = torch.tensor([0.0, 30.0, -30.0]).deg2rad()
    seen = mesh.seen(head.template.expand(3, -1, -1), turned_camera(yaw))
    assert seen.jaw_seen[0].all()
    assert seen.jaw_seen[1, :9].all()
    assert not seen.jaw_seen[1, 12:].any()
    assert not seen.jaw_seen[2, :5].any()
    marked = seen.hidden_replaced(seen.annotated_rim())
    assert torch.equal(marked[0], seen.jaw_px[0])
    hidden = ~seen.jaw_seen[1]
    # Heights stay, but for the mesh' own spacing, and what was hidden comes out to the silhouette.
    assert (marked[1, hidden, 1] - seen.jaw_px[1, hidden, 1]).abs().max() < 6
    assert (marked[1, hidden, 0] >= seen.jaw_px[1, hidden, 0] - 0.5).all()
    assert (marked[1, hidden, 0] - seen.jaw_px[1, hidden, 0]).max() > 2


def test_the_marched_jaw_line(head: HeadModel):
    limit = 24
    table = marched_contour(head, limit)
    assert table.limit_deg == limit
    check_embedding("the table", table, len(head.faces))
    mesh = outline_mesh(head)
    torch.testing.assert_close(torch.tensor(table.face_ids[0]).long(), mesh.jaw.face_ids)
    for row, turn in ((limit, 24.0), (2 * limit, -24.0)):
        seen = mesh.seen(head.template, turned_camera(torch.tensor([turn]).deg2rad()))
        corners = head.faces[torch.tensor(table.face_ids[row]).long()]
        marched = (head.template[corners] * torch.tensor(table.barycentrics[row])[..., None]).sum(1)
        shown = turned_camera(torch.tensor([turn]).deg2rad()).project(marched).points_px
        torch.testing.assert_close(shown, seen.hidden_replaced(seen.annotated_rim()), atol=1e-3, rtol=0)


def test_a_part_of_a_head_has_the_same_points(head: HeadModel):
    data = head.data
    keep = np.zeros(len(data.faces), bool)
    keep[data.landmarks["68"].face_ids] = True
    part = HeadModel(face_part(data, keep))
    assert set(part.data.landmarks) == {"68"}  # others lie on triangles that are gone
    identity = torch.randn(2, 9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(part.landmarks(part(identity)), head.landmarks(head(identity)))
    with pytest.raises(HeadFileError, match="keep at least one"):
        face_part(data, np.zeros(len(data.faces), bool))
