"""The device that a command runs on."""

from manyfaces.core.errors import ChoiceError, InputError


def resolve_device(name: str) -> str:
    """Turn `auto` into a device name, and refuse one that this machine does not have."""
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, index = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (index and not index.isdecimal()):
        raise ChoiceError("device", name, ["auto", "cpu", "cuda", "cuda:INDEX", "mps"])
    if kind == "cuda" and (not torch.cuda.is_available() or int(index or 0) >= torch.cuda.device_count()):
        raise InputError(f"this machine has no device {name}", "use --device auto or --device cpu")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise InputError(f"this machine has no device {name}", "use --device auto or --device cpu")
    return name
