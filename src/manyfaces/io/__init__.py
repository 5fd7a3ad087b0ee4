"""Files in and out: pictures, networks, meshes, head files, checkpoints."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from manyfaces.io.atomic import atomic_path
    from manyfaces.io.bundles import write_bundle
    from manyfaces.io.checkpoints import Weights, load_into, load_weights, save_weights
    from manyfaces.io.gltf import MorphTarget, glb_bytes
    from manyfaces.io.gltf_animation import Animation
    from manyfaces.io.head_files import import_bfm, import_flame, load_head, save_head
    from manyfaces.io.image import LoadedImage, load_image, read_image, read_mask, write_image
    from manyfaces.io.litert import load_network
    from manyfaces.io.mesh_files import obj_text, ply_bytes
    from manyfaces.io.report_files import read_report, report_text
    from manyfaces.io.texture_files import read_texture

__all__ = [
    "Animation",
    "LoadedImage",
    "MorphTarget",
    "Weights",
    "atomic_path",
    "glb_bytes",
    "import_bfm",
    "import_flame",
    "load_head",
    "load_image",
    "load_into",
    "load_network",
    "load_weights",
    "obj_text",
    "ply_bytes",
    "read_image",
    "read_mask",
    "read_report",
    "read_texture",
    "report_text",
    "save_head",
    "save_weights",
    "write_bundle",
    "write_image",
]

# Loaded on first use: a command that reads one report must not wait for torch and the decoders.
_MODULES = {
    "atomic": ("atomic_path",),
    "bundles": ("write_bundle",),
    "checkpoints": ("Weights", "load_into", "load_weights", "save_weights"),
    "gltf": ("MorphTarget", "glb_bytes"),
    "gltf_animation": ("Animation",),
    "head_files": ("import_bfm", "import_flame", "load_head", "save_head"),
    "image": ("LoadedImage", "load_image", "read_image", "read_mask", "write_image"),
    "litert": ("load_network",),
    "mesh_files": ("obj_text", "ply_bytes"),
    "report_files": ("read_report", "report_text"),
    "texture_files": ("read_texture",),
}
_LAZY = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"manyfaces.io.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'manyfaces.io' has no attribute {name!r}")
