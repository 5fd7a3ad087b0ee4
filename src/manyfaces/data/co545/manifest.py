"""What a benchmark holds, item by item, with checksums: the file that says it is complete, and that ships."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import torch

from manyfaces.core.config import from_dict
from manyfaces.core.errors import ConfigError, DataError
from manyfaces.data.co545.config import Co545Config
from manyfaces.io.atomic import atomic_path

MANIFEST = "co545.json"
FORMAT = 1


@dataclass(frozen=True)
class ItemRow:
    """What the manifest says of one item.

    Attributes:
        number: from 0.
        scene: of the clean picture.
        subject: whose face it is.
        expression: "neutral" or a name.
        kind: of occluder.
        attempt: which draw of the occluder it is.
        hidden_share: of the face's front.
        sha256: of picture, mask, vertex classes and truth.
    """

    number: int
    scene: int
    subject: str
    expression: str
    kind: str
    attempt: int
    hidden_share: float
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What `co545.json` says.

    Attributes:
        config: how the items were drawn.
        subjects: the people.
        rows: the items, in order.
        made_with: versions and processor, on which the last bits of pictures depend.
    """

    config: Co545Config
    subjects: tuple[str, ...]
    rows: tuple[ItemRow, ...]
    made_with: Mapping[str, str]


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        DataError: it is missing or damaged.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise DataError(f"{path} has format {values['format']}, this version reads {FORMAT}", "build it again")
        config = from_dict(Co545Config, values["config"])
        rows = tuple(ItemRow(**row) for row in values["items"])
        return Manifest(config, tuple(values["subjects"]), rows, dict(values["made_with"]))
    except OSError:
        raise DataError(f"there is no {path}", "manyfaces data build co545 --source openhead --out DIR") from None
    except (ValueError, KeyError, TypeError, ConfigError) as error:
        raise DataError(f"{path} is damaged: {error}", "build the benchmark again") from None


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest, one line for each item."""
    rows = ",\n".join(f"  {json.dumps(asdict(row))}" for row in manifest.rows)
    head = {
        "format": FORMAT,
        "config": asdict(manifest.config),
        "subjects": list(manifest.subjects),
        "made_with": dict(manifest.made_with),
    }
    text = json.dumps(head, indent=1).removesuffix("\n}") + f',\n "items": [\n{rows}\n ]\n}}\n'
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def this_machine() -> dict[str, str]:
    """What the last bits of a picture depend on here: versions, processor and its vector instructions."""
    packages = ("numpy", "torch", "opencv-python-headless", "numba")
    processor = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    return {**{name: version(name) for name in packages}, "processor": processor}
