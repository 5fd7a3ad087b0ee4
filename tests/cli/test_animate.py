"""`manyfaces animate` with stand-ins for the model and the tracker: what reaches them, what is said and returned."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from manyfaces.cli import app
from manyfaces.core.errors import NoFaceError
from manyfaces.io.frames import FrameStream, open_frames
from manyfaces.io.video_writing import write_video
from manyfaces.pipeline import Options, Predictor
from manyfaces.pipeline.animation import Character
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.video import LostFrame, TrackedFrame

FILES = ["animation.glb", "animation.npz", "report.json", "side_by_side.mp4"]


class FakePredictor(Predictor):
    """A ball for a face; keeps what it was asked."""

    def __init__(self, synthetic):
        self.synthetic = synthetic

    def options(self, **given):
        return Options(**given)

    def reconstruct(self, photo, **options):
        self.asked = options
        return [self.synthetic.ball_reconstruction(options["n_expressions"])]


class Tracker:
    """Finds the driver on every frame but the darkest."""

    def __init__(self, synthetic):
        self.synthetic = synthetic
        self.stop_at = None

    def find_person(self, stream, predictor, options):
        self.first_pass = len(list(stream))
        return type("Person", (), {"identity": "the driver"})

    def track(self, stream, predictor, options, say):
        self.options = options
        say("frame 1 shows 2 faces: the largest is followed")
        for frame in stream:
            if frame.number == self.stop_at:
                raise KeyboardInterrupt
            if frame.rgb.mean() < 5:
                yield LostFrame(frame.number, frame.time_s, "no face")
            else:
                result = self.synthetic.ball_reconstruction(1, photo=frame.rgb, hidden_mask=None)
                yield TrackedFrame(frame, SeenFace.__new__(SeenFace), result)


@pytest.fixture
def predictor(synthetic, monkeypatch):
    fake = FakePredictor(synthetic)

    def load(name, device, head):
        fake.loaded = (name, device, head)
        return fake

    monkeypatch.setattr(Predictor, "from_pretrained", load)
    monkeypatch.delenv("MANYFACES_DEBUG", raising=False)
    return fake


@pytest.fixture
def tracker(synthetic, monkeypatch):
    fake = Tracker(synthetic)
    monkeypatch.setattr("manyfaces.pipeline.video.find_person", fake.find_person)
    monkeypatch.setattr("manyfaces.pipeline.video.track", fake.track)
    return fake


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A photo, and a clip of six frames, the first of them dark."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save("me.jpg")
    with write_video("clip.mp4", 25) as video:
        for k in range(6):
            video.add(k / 25, np.full((48, 64, 3), 40 * k, np.uint8))
    return tmp_path


def run(capsys, *arguments):
    code = app.run(["animate", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_photo_and_a_clip(capsys, predictor, tracker, place):
    more = "--hypothesis 2 --face 1 --driver-face 3 --seed 7 --neutral first --device cpu --vertices"
    code, out, err = run(capsys, "me.jpg", "--drive", "clip.mp4", "--out", "out", *more.split())
    assert (code, err) == (0, "note: frame 1 shows 2 faces: the largest is followed\n")
    assert sorted(p.name for p in Path("out").iterdir()) == FILES
    assert predictor.loaded == ("ofer-open", "cpu", None)
    assert predictor.asked == {"identities": "varied", "n_expressions": 2, "face": 1, "seed": 7}
    assert tracker.options.person == "the driver"
    assert (tracker.options.face, tracker.options.model_options) == (3, {"seed": 7})
    report = json.loads(Path("out/report.json").read_text())
    assert report["frames"] == {"looked_at": 6, "tracked": 5, "lost": 1}
    assert (report["character"], report["run"]["person"], report["run"]["hypothesis"]) == ("me", "me.jpg", 2)
    assert out.startswith("5 frames in ")
    assert "1 more without the driver" in out
    assert out.splitlines()[-1] == "Open out/side_by_side.mp4"
    assert len(list(open_frames("out/side_by_side.mp4"))) == 6
    with np.load("out/animation.npz") as file:
        assert file["vertices"].shape == (5, 162, 3)


def test_wrinkles_can_be_left_out(capsys, predictor, tracker, place, monkeypatch):
    characters, wrinkles = [], SimpleNamespace(grid=None, displacement=print)

    def animate(character, *arguments):
        characters.append(character)
        raise NoFaceError("enough")

    wrinkled = replace(Character.of(predictor.reconstruct("me.jpg", n_expressions=1)[0]), detail=wrinkles)
    monkeypatch.setattr("manyfaces.pipeline.animation.load_character", lambda *arguments: wrinkled)
    monkeypatch.setattr("manyfaces.pipeline.animation.animate", animate)
    for flags in ([], ["--smooth"]):
        assert "enough" in run(capsys, "me.jpg", "--drive", "clip.mp4", "-o", "out", *flags)[2]
    assert [who.detail for who in characters] == [wrinkles, None]


def test_a_part_of_the_clip(capsys, predictor, tracker, place):
    assert run(capsys, "me.jpg", "--drive", "clip.mp4", "-o", "out", "--seconds", 0.2, "--every", 2)[0] == 0
    assert tracker.first_pass == 3
    assert json.loads(Path("out/report.json").read_text())["frames"]["looked_at"] == 3


def test_the_model_is_that_of_the_folder(capsys, predictor, tracker, place, monkeypatch):
    Path("person").mkdir()
    made = {"format": 1, "head": "flame20", "run": {"model": "ofer-flame20", "head": "mine.npz"}}
    Path("person/report.json").write_text(json.dumps(made))
    for more, loaded in (
        ((), ("ofer-flame20", "mine.npz")),
        (("--model", "other"), ("other", None)),
        (("--head", "b.npz"), ("ofer-flame20", "b.npz")),
    ):
        code, _, err = run(capsys, "person", "--drive", "clip.mp4", "--out", "out", "--device", "cpu", *more)
        assert (predictor.loaded[0], predictor.loaded[2]) == loaded
        # There are no faces in it.
        assert (code, err.count("\n")) == (1, 1)
        assert "the reconstruction in person is damaged" in err


def test_a_camera_is_stopped_by_ctrl_c(capsys, predictor, tracker, place, monkeypatch):
    frames = list(open_frames("clip.mp4"))
    opened = []

    def camera(source, every):
        opened.append(source)
        return FrameStream("camera 0", 25.0, None, (frame for frame in frames))

    monkeypatch.setattr("manyfaces.io.frames.open_frames", camera)
    tracker.stop_at = 4
    code, out, _ = run(capsys, "me.jpg", "--drive", "0", "--out", "out")
    assert (code, opened) == (0, [0])
    assert tracker.options.person is None
    assert "3 frames" in out
    assert "stopped there" in out
    Path("0").write_bytes(Path("clip.mp4").read_bytes())
    opened.clear()
    code = run(capsys, "me.jpg", "--drive", "0", "--out", "out")[0]
    assert (code, set(opened)) == (130, {Path("0")})


def test_a_cut_clip_is_done_as_far_as_it_goes(capsys, predictor, tracker, place):
    content = Path("clip.mp4").read_bytes()
    Path("folder").mkdir()
    for k, frame in enumerate(open_frames("clip.mp4")):
        Image.fromarray(frame.rgb).save(f"folder/{k}.png")
    Path("folder/3.png").write_bytes(b"no picture")
    code, out, err = run(capsys, "me.jpg", "--drive", "folder", "--out", "out")
    assert code == 1
    assert "4 frames" in out
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "3.png" in errors[0]
    assert sorted(p.name for p in Path("out").iterdir()) == FILES
    Path("cut.mp4").write_bytes(content[:100])
    code, _, err = run(capsys, "me.jpg", "--drive", "cut.mp4", "--out", "other")
    assert (code, err.count("\n")) == (1, 1)


def test_mistakes_are_one_line(capsys, predictor, tracker, place, monkeypatch):
    good = {"person": "me.jpg", "--drive": "clip.mp4", "--out": "out"}
    for changes, code, said in (
        ({"person": "absent.jpg"}, 1, "no photo or folder absent.jpg"),
        ({"person": "."}, 1, "holds no reconstruction"),
        ({"--drive": "absent.mp4"}, 1, "there is no video absent.mp4"),
        ({"--drive": "me"}, 1, "there is no video me"),
        ({"--out": "me.jpg"}, 1, "is a file"),
        ({"--hypothesis": "0"}, 2, "--hypothesis is 0"),
        ({"--seconds": "-1"}, 2, "--seconds is -1"),
        ({"--every": "0"}, 2, "--every is 0"),
        ({"--face": "all"}, 2, "--face 'all'"),
        ({"--driver-face": "-1"}, 1, "face is -1"),
        ({"--device": "tpu"}, 1, "tpu"),
    ):
        given = {**good, **changes}
        person = given.pop("person")
        got, _, err = run(capsys, person, *(part for pair in given.items() for part in pair))
        assert (got, err.count("\n")) == (code, 1), err
        assert said in err

    def nobody(stream, predictor, options):
        raise NoFaceError("clip.mp4: no face was found on any of 6 frames")

    monkeypatch.setattr("manyfaces.pipeline.video.find_person", nobody)
    code, _, err = run(capsys, "me.jpg", "--drive", "clip.mp4", "--out", "nothing")
    assert (code, err) == (1, "error: clip.mp4: no face was found on any of 6 frames\n")
    assert list(Path("nothing").iterdir()) == []
