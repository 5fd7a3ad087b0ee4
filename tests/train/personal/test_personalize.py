"""One person's model out of photos: gathered, learned, written, read back."""

import json
import os
import signal

import pytest
import torch

from manyfaces.core.errors import ConfigError, InputError
from manyfaces.io.model_folders import PersonFolder, read_model_folder
from manyfaces.methods.personal.detail import SkinView, skin_view
from manyfaces.pipeline.personal_models import load_personal
from manyfaces.train.personal import personalize as module
from manyfaces.train.personal.personalize import PersonalizeOptions, best_view, personalize

OPTIONS = PersonalizeOptions(coarse_steps=2, detail_steps=2, width=4)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def base_folder(personal_stand_in, tmp_path_factory):
    return personal_stand_in.write_base(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def base(base_folder):
    return load_personal(base_folder, CPU)


@pytest.fixture(scope="module")
def photos(squares, tmp_path_factory):
    """Two photos of somebody, and one of a wall."""
    folder = tmp_path_factory.mktemp("sources") / "ada"
    for number in range(2):
        squares.photo(folder / f"{number}.png", squares.frame(squares.Square(squares.ADA, 60 + 20 * number)))
    squares.photo(folder / "wall.png", squares.frame())
    return folder


@pytest.fixture(scope="module")
def run(base, squares):
    def go(sources, out, options=OPTIONS, say=lambda _: None):
        return personalize(base, [sources], out, squares.SquareEyes(), options, say)

    return go


@pytest.fixture(scope="module")
def ada(run, photos, tmp_path_factory):
    """The finished folder, and what was said of it."""
    out = tmp_path_factory.mktemp("people") / "ada"
    return out, run(photos, out)


def test_skin_is_read_off_finer_pictures_than_the_face_is_learned_from(run, photos, tmp_path, monkeypatch):
    sides = {}

    def seen(face, surface, c, pictures, skin):
        sides["skin"] = pictures.shape[-1]
        return skin_view(face, surface, c, pictures, skin)

    def predicted(base, network, frames):
        sides["face"] = frames.pictures.shape[-1]
        return module_predicted(base, network, frames)

    module_predicted = module.predicted
    monkeypatch.setattr(module, "skin_view", seen)
    monkeypatch.setattr(module, "predicted", predicted)
    run(photos, tmp_path / "ada")
    assert sides == {"face": 32, "skin": 224}


def weights_of(folder):
    return (folder / "person.safetensors").read_bytes()


def test_the_folder_is_a_model(ada, base, base_folder):
    out, record = ada
    assert sorted(path.name for path in out.iterdir()) == ["model.json", "person.safetensors", "report.json"]
    read = read_model_folder(out)
    assert isinstance(read, PersonFolder)
    assert read.card == record.card
    assert read.card.base == str(base_folder)  # no model of that name is known
    loaded = load_personal(out, CPU)
    assert loaded.person is not None
    assert loaded.person.name == "ada"
    assert loaded.person.view.texture.shape == (1, 3, 32, 32)
    picture = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        own, everybodys = loaded.coarse.network(picture), base.coarse.network(picture)
        with loaded.coarse.network.adaptation.off():
            assert torch.equal(loaded.coarse.network(picture), everybodys)
    assert not torch.equal(own, everybodys)


def test_the_report_says_what_happened(ada, photos):
    out, record = ada
    report = json.loads((out / "report.json").read_text())
    assert report["frames"] == ["ada, frame 1", "ada, frame 2"] == list(record.frames)
    assert report["left_out"] == list(record.left_out)
    assert [line.split(": ")[0] for line in record.left_out] == [str(photos)]
    assert report["steps"] == [2, 2]
    assert all(0 < share < 0.5 for share in record.learned_share)  # of stand-ins, which are small beside their maps
    assert all(best <= first for first, best in record.losses)


def test_the_base_is_left_as_it_is(ada, base, base_folder):
    fresh = load_personal(base_folder, CPU)
    for mine, other in ((base.coarse.network, fresh.coarse.network), (base.student, fresh.student)):
        state = other.state_dict()
        assert all(torch.equal(tensor, state[name]) for name, tensor in mine.state_dict().items())


def test_one_photo_is_enough(run, photos, tmp_path):
    record = run(photos / "0.png", tmp_path / "one")
    assert record.card.n_frames == 1
    assert torch.isfinite(torch.tensor(record.losses)).all()
    assert load_personal(tmp_path / "one", CPU).person is not None


def test_stopped_within_a_stage_it_goes_on_and_ends_alike(ada, run, photos, tmp_path, monkeypatch):
    learn = module.CoarseTransfer.batch

    def stopping(self, step, split, *part):
        if (step, split) == (0, "train"):
            os.kill(os.getpid(), signal.SIGINT)
        return learn(self, step, split, *part)

    monkeypatch.setattr(module.CoarseTransfer, "batch", stopping)
    with pytest.raises(KeyboardInterrupt):
        run(photos, tmp_path / "ada")
    monkeypatch.undo()
    assert not (tmp_path / "ada" / "model.json").exists()
    assert (tmp_path / "ada" / "work" / "coarse" / "state.pt").exists()
    record = run(photos, tmp_path / "ada")
    assert record.losses == ada[1].losses
    assert weights_of(tmp_path / "ada") == weights_of(ada[0])


def test_stopped_between_the_stages_the_first_is_not_done_again(run, photos, tmp_path, monkeypatch):
    def stop(line):
        if line == "wrinkles and folds":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(photos, tmp_path / "ada", say=stop)
    # Other frames or settings are refused while the work is unfinished.
    with pytest.raises(ConfigError) as refused:
        run(photos / "0.png", tmp_path / "ada")
    assert "choose another --out" in refused.value.fix
    with pytest.raises(ConfigError):
        run(photos, tmp_path / "ada", PersonalizeOptions(coarse_steps=2, detail_steps=2, width=6))
    monkeypatch.setattr(module.CoarseTransfer, "batch", lambda *_: pytest.fail("learned again"))
    run(photos, tmp_path / "ada")
    assert not (tmp_path / "ada" / "work").exists()


def test_nobody_is_one_clear_error_and_nothing_is_written(run, photos, tmp_path):
    with pytest.raises(InputError, match="no frame shows a face well enough"):
        run(photos / "wall.png", tmp_path / "nobody")
    assert not (tmp_path / "nobody").exists()


def test_the_best_view_is_the_fullest_and_filled_from_the_others():
    visible = torch.zeros(3, 4, 4)
    visible[0, :, :1], visible[1, :, :3], visible[2, :, 3:] = 1.0, 1.0, 1.0
    visible[2, 0] = 1.0
    texture = torch.tensor([0.2, 0.4, 0.6])[:, None, None, None] * visible[:, None].expand(-1, 3, -1, -1)
    texture[2, 1, 1, 3] = 0.9
    tension = torch.arange(3.0)[:, None, None].expand(-1, 4, 4)
    best = best_view(SkinView(texture, visible, tension))
    assert best.texture.shape == (1, 3, 4, 4)
    # The third frame is as bright as the best one where both show skin: no step where it fills in, but its own detail.
    torch.testing.assert_close(best.texture[0, 0], torch.full((4, 4), 0.4))
    assert float(best.texture[0, 1, 1, 3]) == pytest.approx(0.6)
    assert bool(best.visible.all())
    assert torch.equal(best.tension[0], tension[1])


def test_of_equally_full_views_the_calmest_is_the_best():
    visible, texture = torch.ones(2, 2, 2), torch.zeros(2, 3, 2, 2)
    tension = torch.stack([torch.full((2, 2), -0.5), torch.full((2, 2), 0.1)])
    assert torch.equal(best_view(SkinView(texture, visible, tension)).tension[0], tension[1])
