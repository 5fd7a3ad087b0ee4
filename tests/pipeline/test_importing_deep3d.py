"""The published weights of R-Net become a model folder whose weights are theirs; a failed import leaves nothing."""

from pathlib import Path
from types import ModuleType

import pytest
import torch

from manyfaces.cli import app
from manyfaces.core.errors import AssetError, InputError, WeightError
from manyfaces.io.checkpoints import load_into, load_weights
from manyfaces.io.model_folders import DistillFolder, read_model_folder
from manyfaces.methods.distill import DistillConfig, RNet
from manyfaces.nn.resnet import ResNetConfig
from manyfaces.pipeline.catalogue import find_model, models_folder, own_models, summary_of
from manyfaces.pipeline.importing_deep3d import import_deep3d
from manyfaces.pipeline.loading import load_ofer

SMALL = DistillConfig(backbone=ResNetConfig((1, 2), (4, 8), stem=4, block="bottleneck"))


@pytest.fixture
def checkpoint(resnet_stand_in: ModuleType, tmp_path: Path) -> Path:
    path = tmp_path / "epoch_20.pth"
    torch.save(resnet_stand_in.deep3d((1, 2), 4), path)
    return path


def test_the_model_is_what_the_file_holds(checkpoint: Path, empty_cache: Path) -> None:
    lines: list[str] = []
    folder = import_deep3d(checkpoint, "rnet-bfm", lines.append, SMALL)
    assert folder == empty_cache / "models" / "rnet-bfm"
    assert lines[-1].startswith("the model rnet-bfm, 86 tensors, lies in")
    model = read_model_folder(find_model("rnet-bfm"))  # pyright: ignore[reportArgumentType]
    assert isinstance(model, DistillFolder)
    assert (model.name, model.card.network, model.card.head, model.card.sizes) == ("rnet-bfm", "rnet", "bfm", SMALL)
    assert (model.card.sources[0].file, model.card.sources[0].size) == ("epoch_20.pth", checkpoint.stat().st_size)
    network, published = RNet(model.card.sizes), torch.load(checkpoint, weights_only=True)["net_recon"]
    load_into(network, load_weights(model.weights()))
    assert all(torch.equal(published[name], tensor) for name, tensor in network.state_dict().items())
    assert own_models() == ["rnet-bfm"]
    assert summary_of("rnet-bfm") == "R-Net on bfm; imported"


def test_a_failed_import_leaves_nothing(checkpoint: Path, empty_cache: Path) -> None:
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(WeightError, match="damaged"):
        import_deep3d(checkpoint, "rnet-bfm", print, SMALL)
    with pytest.raises(InputError, match="cannot be the name"):
        import_deep3d(checkpoint, "../rnet", print, SMALL)
    assert not models_folder().exists()
    with pytest.raises(AssetError, match=r"rnet-bfm was not imported yet.*manyfaces assets import deep3d"):
        find_model("rnet-bfm")


def test_it_is_no_model_of_ofer(checkpoint: Path, empty_cache: Path) -> None:
    import_deep3d(checkpoint, "rnet-bfm", print, SMALL)
    with pytest.raises(InputError, match="rnet-bfm is no model of OFER"):
        load_ofer("rnet-bfm", torch.device("cpu"))


@pytest.mark.parametrize(
    ("text", "said"), [("{", "not valid JSON"), ("[]", "JSON object"), ('{"method": "distill"}', "lacks network, head")]
)
def test_damaged_cards_are_named(empty_cache: Path, text: str, said: str) -> None:
    folder = models_folder() / "rnet-bfm"
    folder.mkdir(parents=True)
    (folder / "model.json").write_text(text)
    with pytest.raises(WeightError, match=rf"model.json cannot be used.*{said}"):
        read_model_folder(folder)


def test_the_commands(
    bfm_stand_in: ModuleType,
    resnet_stand_in: ModuleType,
    tmp_path: Path,
    empty_cache: Path,
    capsys: pytest.CaptureFixture,
) -> None:
    assert app.run(["assets", "import", "bfm", str(bfm_stand_in.write_makers_files(tmp_path))]) == 0
    out = capsys.readouterr().out
    assert "bfm: 99 vertices, 80 identity and 64 expression components" in out
    assert "landmarks: 68" in out
    assert "masks: front, skin" in out
    assert "colour components: 80" in out
    assert f"kept as {empty_cache / 'heads' / 'bfm.npz'}" in out
    (tmp_path / "std_exp.txt").unlink()
    assert app.run(["assets", "import", "bfm", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(f"error: {tmp_path} holds no std_exp.txt. fix: ")
    torch.save(resnet_stand_in.deep3d((1, 2), 4), tmp_path / "epoch_20.pth")
    assert app.run(["assets", "import", "deep3d", str(tmp_path / "epoch_20.pth")]) == 1
    assert "does not fit: it lacks backbone." in capsys.readouterr().err
