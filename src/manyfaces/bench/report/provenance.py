"""Where figures come from: command, seed, settings, versions, machine."""

import platform
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

import manyfaces

PACKAGES = ("torch", "numpy", "scipy", "numba", "opencv-python-headless", "ai-edge-litert")


@dataclass(frozen=True)
class Provenance:
    """What it takes to get the same figures again.

    Attributes:
        command: that was given.
        seed: of everything drawn; None where nothing is.
        settings: everything else that was chosen.
        versions: of this package, Python and what figures depend on.
        hardware: CPU, threads, GPU, system.
        date: when, UTC, ISO 8601.
    """

    command: str
    seed: int | None
    settings: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    hardware: Mapping[str, str] = field(default_factory=dict)
    date: str = ""

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return asdict(self)

    def lines(self) -> tuple[str, ...]:
        """For the head of a page, most important first."""
        seed = () if self.seed is None else (f"seed {self.seed}",)
        settings = (f"{name} {value}" for name, value in self.settings.items())
        versions = (f"{name} {value}" for name, value in self.versions.items())
        facts = (", ".join((*seed, *settings)), ", ".join(self.hardware.values()), ", ".join(versions), self.date)
        return (f"`{self.command}`", *(fact for fact in facts if fact))


def provenance(seed: int | None = None, device: str | torch.device = "cpu", **settings: object) -> Provenance:
    """Say where figures come from that this process is about to write.

    Args:
        seed: of everything drawn.
        device: where the networks ran.
        settings: what else was chosen, such as the model; those that are None are left out.
    """
    chosen = {name: str(value) for name, value in settings.items() if value is not None}
    now = datetime.now(UTC).replace(microsecond=0)
    return Provenance(_command(), seed, chosen, _versions(), _hardware(torch.device(device)), now.isoformat())


def cpu_name() -> str:
    """As the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _command() -> str:
    program, *arguments = sys.argv or ["python"]
    ours = Path(program).stem == "manyfaces" or Path(program).parent.name == "manyfaces"
    return shlex.join(["manyfaces", *arguments]) if ours else "called from Python"


def _versions() -> dict[str, str]:
    found = {"manyfaces": manyfaces.__version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _hardware(device: torch.device) -> dict[str, str]:
    threads = torch.get_num_threads()
    hardware = {"cpu": cpu_name(), "threads": f"{threads} thread{'s' * (threads != 1)}"}
    if device.type == "cuda":
        hardware["gpu"] = torch.cuda.get_device_name(device)
    return {**hardware, "system": f"{platform.system()} {platform.machine()}"}
