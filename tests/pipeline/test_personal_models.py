"""Bases and persons, read from their folders."""

import copy
from dataclasses import replace

import pytest
import torch

from manyfaces.assets import packaged_folder
from manyfaces.core.errors import InputError, WeightError
from manyfaces.io.checkpoints import load_weights, save_weights
from manyfaces.io.model_folders import PersonCard
from manyfaces.methods.personal.adapted import COARSE_OWN, Adapted, AdaptedSkin
from manyfaces.methods.personal.detail import SkinView
from manyfaces.pipeline.distill_person import SharedFace
from manyfaces.pipeline.person_folder import PersonRecord, save_person
from manyfaces.pipeline.personal_models import (
    Person,
    base_digests,
    base_name,
    load_personal,
    person_state,
)

CPU = torch.device("cpu")
SIDE = 32


@pytest.fixture(scope="module")
def base_folder(personal_stand_in, tmp_path_factory):
    return personal_stand_in.write_base(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def base(base_folder):
    return load_personal(base_folder, CPU)


def adapted_to(base, seed):
    """Somebody's adapters, about whom nothing is known."""
    torch.manual_seed(seed)
    coarse, student = copy.deepcopy((base.coarse.network, base.student))
    adapted = Adapted(coarse, 4, COARSE_OWN), AdaptedSkin(student, 4)
    for one in adapted:
        one.load_state_dict({name: t + 0.1 * torch.randn_like(t) for name, t in one.state_dict().items()})
    return adapted


@pytest.fixture(scope="module")
def person(base):
    layout = base.coarse.face.layout
    generator = torch.Generator().manual_seed(5)
    shared = SharedFace(
        identity=torch.randn(layout.identity, generator=generator),
        albedo=torch.randn(layout.albedo, generator=generator),
        light_change=torch.zeros(3, 9),
    )
    texture = torch.rand(1, 3, SIDE, SIDE, generator=generator)
    view = SkinView(texture, torch.ones(1, SIDE, SIDE), torch.zeros(1, SIDE, SIDE))
    return Person("ada", shared, view)


@pytest.fixture(scope="module")
def networks(base):
    return adapted_to(base, 1)


@pytest.fixture(scope="module")
def folder(base, person, networks, tmp_path_factory):
    return written(tmp_path_factory.mktemp("people") / "ada", base, networks, person)


def written(out, base, networks, person):
    card = PersonCard("person", base_name(base), base_digests(base), (4, 4), 9, "1.0")
    record = PersonRecord(card, ("a", "b"), ("c: blurred",), (1, 2), (0.5, 0.5), ((2.0, 1.0), (2.0, 1.0)), (0.01, 0.01))
    save_person(out, base, *networks, person, record)
    return out


def test_a_base_is_read_as_it_was_written(base, base_folder, personal_stand_in):
    assert base.person is None
    assert base.coarse.name == "tiny"
    assert base.coarse.config == personal_stand_in.TINY.coarse
    assert base.surface.side_px == SIDE
    expected = personal_stand_in.coarse_net().state_dict()
    assert all(torch.equal(t, expected[name]) for name, t in base.coarse.network.state_dict().items())
    nets = (base.coarse.network, base.teacher, base.student)
    assert not any(net.training for net in nets)
    assert [path.parent for path in base.files] == [base_folder] * 3


def test_a_published_base_has_another_camera_and_no_law_of_colours(personal_stand_in, tmp_path):
    config = personal_stand_in.orthographic()
    loaded = load_personal(personal_stand_in.write_base(tmp_path / "flat", config), CPU)
    assert loaded.coarse.face.projection == "orthographic"
    assert loaded.coarse.law is None


def test_a_person_is_read_as_they_were_written(base, folder, person, networks):
    loaded = load_personal(folder, CPU)
    assert loaded.person is not None
    for part, one, other in (
        ("shared", person.shared, loaded.person.shared),
        ("view", person.view, loaded.person.view),
    ):
        assert all(torch.equal(t, vars(other)[name]) for name, t in vars(one).items()), part
    picture, maps = torch.rand(1, 3, SIDE, SIDE), (torch.rand(1, 3, SIDE, SIDE), torch.rand(1, SIDE, SIDE))
    with torch.no_grad():
        assert torch.equal(loaded.coarse.network(picture), networks[0](picture))
        assert torch.equal(loaded.student(*maps), networks[1](*maps))
        assert not torch.equal(loaded.student(*maps), base.student(*maps))


def test_a_persons_file_holds_nothing_of_the_base(networks, person):
    state = person_state(*networks, person)
    own = {"identity", "albedo", "light_change", "texture", "visible", "tension"}
    assert own < set(state)
    others = set(state) - own
    assert all(name.startswith(("coarse/", "detail/")) for name in others)
    whole = {"coarse/head.2.bias", "detail/detail_latent", "detail/relief_mm"}
    assert whole < others
    assert all("norm" in name or ".adapter." in name for name in others - whole)


def test_other_weights_of_the_base_are_refused(base, person, networks, personal_stand_in, tmp_path):
    other = load_personal(personal_stand_in.write_base(tmp_path / "tiny", seed=1), CPU)
    out = written(tmp_path / "ada", other, networks, person)
    again = personal_stand_in.detail_nets(seed=7)[1]
    save_weights(tmp_path / "tiny" / "detail.safetensors", again.state_dict(), personal_stand_in.TINY.detail)
    with pytest.raises(WeightError, match="made for other weights of") as refused:
        load_personal(out, CPU)
    assert "personalize again" in refused.value.fix


def test_a_file_that_lacks_something_is_refused(base, person, networks, tmp_path):
    out = written(tmp_path / "ada", base, networks, person)
    state = load_weights(out / "person.safetensors").state
    save_weights(out / "person.safetensors", {n: t for n, t in state.items() if n != "texture"}, {})
    with pytest.raises(WeightError, match="holds no 'texture'"):
        load_personal(out, CPU)
    (out / "person.safetensors").write_bytes((out / "person.safetensors").read_bytes()[:100])
    with pytest.raises(WeightError, match="damaged"):
        load_personal(out, CPU)


def test_what_is_no_base_is_refused():
    with pytest.raises(InputError, match="ofer-open is no base of person-specific models"):
        load_personal("ofer-open", CPU)


def test_heads_and_quirks_are_refused(base_folder):
    with pytest.raises(InputError, match="takes neither another head nor quirks"):
        load_personal(base_folder, CPU, head="openhead")
    with pytest.raises(InputError, match="takes neither another head nor quirks"):
        load_personal(base_folder, CPU, compat="halve_jaw")


def test_bases_are_named_by_what_finds_them(base, base_folder, empty_cache):
    assert base_name(base) == str(base_folder)
    kept = empty_cache / "models" / "tiny"
    assert base_name(replace(base, files=tuple(kept / path.name for path in base.files))) == "tiny"
    named = replace(base, coarse=replace(base.coarse, name="personal-open"))
    shipped = packaged_folder() / "personal-open"
    assert base_name(replace(named, files=tuple(shipped / path.name for path in base.files))) == "personal-open"
    # A folder that bears a released model's name is another model.
    assert base_name(named) == str(base_folder)
