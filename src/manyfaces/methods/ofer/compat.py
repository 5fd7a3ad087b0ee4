"""What the published OFER code does differently from the paper, by name; all of it off unless asked for.

Read in the published code (commit 1ea5756). Its weights were trained with some of these and tested with all of them,
so a comparison with published figures needs them, and nothing else does.
"""

from dataclasses import dataclass, fields

from manyfaces.core.errors import ChoiceError


@dataclass(frozen=True)
class Compat:
    """Which deviations to repeat.

    Attributes:
        bgr_input: give ArcFace the aligned crop with its channels reversed. The preparation script swaps the channels
            of pictures that were read as RGB already (`arcface_process.py`, blobFromImages with swapRB): all 20 of
            the published demo inputs are BGR, and so were most sets that the weights were trained on.
        skip_batch_norm_at_batch_one: leave out ArcFace's last batch norm when a batch holds one crop
            (`arcface.py`, "if x.shape[0] > 1"). The ranker was trained with batches of eight and is tested with one:
            with random weights the cosine between the two embeddings of a crop is 0.93 to 0.99.
        halve_jaw: pose the jaw by half of the angles that ExpGen predicts (`flameparamdiffusion_model.decode`).
            The paper has no such factor.
        wrong_ddim: sample identities with the published `ddim`: 251 steps, each aimed at the noise level of t - 1
            though the next t is t - 4, and a last one with the coefficients of t = 999. It leaves noise in: of
            N(1, 0.25^2) it makes samples of mean 0.42 and deviation 0.71.
    """

    bgr_input: bool = False
    skip_batch_norm_at_batch_one: bool = False
    halve_jaw: bool = False
    wrong_ddim: bool = False


#: The paper's method.
NO_QUIRKS = Compat()
#: All that the published test script does.
OFFICIAL = Compat(bgr_input=True, skip_batch_norm_at_batch_one=True, halve_jaw=True, wrong_ddim=True)
#: The names that `compat` takes one by one.
QUIRKS = tuple(field.name for field in fields(Compat))


def compat(names: str) -> Compat:
    """Turn words into a choice of quirks.

    Args:
        names: "official" (all), "none", or names of `QUIRKS` with commas between them.

    Raises:
        ChoiceError: a name is unknown.
    """
    if names in ("official", "none"):
        return OFFICIAL if names == "official" else NO_QUIRKS
    chosen = [name.strip() for name in names.split(",")]
    for name in chosen:
        if name not in QUIRKS:
            raise ChoiceError("quirk", name, ("official", "none", *QUIRKS))
    return Compat(**dict.fromkeys(chosen, True))
