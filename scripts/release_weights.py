"""Copy the trained parts of a recipe into the package, as they ship, and write their checksums.

python scripts/release_weights.py RUNS ofer-open
python scripts/release_weights.py RUNS sopi-open (mopi-open, teacher-open, personal-open)
"""

import argparse
from pathlib import Path

from manyfaces.assets import packaged_folder
from manyfaces.assets.cache import sha256_of
from manyfaces.io.atomic import atomic_path
from manyfaces.io.checkpoints import load_weights, save_weights
from manyfaces.pipeline import released

# The encoder whitens its inputs by deviations that 16 bits cannot hold.
FULL_PRECISION = ("points",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("name")
    arguments = parser.parse_args()
    model, folder = released(arguments.name), packaged_folder()
    (folder / model.name).mkdir(exist_ok=True)
    for part in model.parts:
        weights = load_weights(arguments.runs / part / "weights.safetensors")
        target = folder / model.name / f"{part}.safetensors"
        save_weights(target, weights.state, weights.config, weights.notes, half=part not in FULL_PRECISION)
        print(f"{target.name}: {target.stat().st_size / 1e6:.1f} MB, {weights.notes}")
    shipped = sorted(p for p in folder.rglob("*") if p.suffix in (".npz", ".safetensors"))
    lines = [f"{sha256_of(p)}  {p.relative_to(folder).as_posix()}" for p in shipped]
    with atomic_path(folder / "SHA256SUMS") as temporary:
        temporary.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
