"""The released models on a clip of a rendered person who moves: the real detector, the real networks."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from manyfaces import Predictor
from manyfaces.io.frames import open_frames
from manyfaces.io.video_writing import write_video
from manyfaces.pipeline.video import TrackOptions, find_person, track

N = 8


@pytest.fixture(scope="module")
def clip(person, tmp_path_factory) -> tuple[Path, np.ndarray]:
    """A person who moves 3 px a frame to the right, with the true points of each frame."""
    image, points_px = person
    path = tmp_path_factory.mktemp("clip") / "moving.mp4"
    shifts = [np.array([[1.0, 0.0, 3.0 * k], [0.0, 1.0, 0.0]]) for k in range(N)]
    with write_video(path, 25) as video:
        for k, shift in enumerate(shifts):
            video.add(k / 25, cv2.warpAffine(image, shift, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE))
    return path, np.stack([points_px + shift[:, 2] for shift in shifts])


@pytest.mark.parametrize("model", ["ofer-open", "sopi-open"])
def test_the_face_stays_on_the_person(clip, model):
    path, points_px = clip
    predictor = Predictor.from_pretrained(model)
    options = TrackOptions(occlusion="none")
    person = find_person(open_frames(path, every=3), predictor, options)
    results = list(track(open_frames(path), predictor, replace(options, person=person.identity)))
    assert [one.frame.number for one in results] == list(range(N))
    first = results[0].reconstruction
    interocular = np.linalg.norm(points_px[0][33] - points_px[0][263])
    for one, truth in zip(results, points_px, strict=True):
        made = one.reconstruction
        assert (made.best.identity == first.best.identity).all()
        points = made.cameras.project(made.head.landmarks(made.vertices, "468")).points_px[0].numpy()
        assert np.linalg.norm(points - truth, axis=-1).mean() / interocular < 0.1
    middle = [one.reconstruction.points_px.mean(0)[0] for one in results]
    assert np.diff(middle[1:]) == pytest.approx(3.0, abs=0.7)
