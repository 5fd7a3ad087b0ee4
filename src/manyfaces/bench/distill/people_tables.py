"""The paper's tables of held-out people, ours beside the printed ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from manyfaces.bench.distill import published
from manyfaces.bench.distill.conditions import CONDITIONS, LEVELS, NATURALLY, PATTERNED, UNOCCLUDED
from manyfaces.bench.distill.networks import CONTROL, MOPI, SOPI, TEACHER
from manyfaces.bench.distill.people import (
    CHI_SQUARE,
    COLOURS,
    HISTOGRAM,
    ME,
    ME_RADIAL,
    MEAN_FACE,
    MSE_X,
    MSE_Y,
    SAID,
    VIEWS,
    PeopleScores,
)
from manyfaces.bench.report import Cell, Row, Table
from manyfaces.core.seeds import torch_generator
from manyfaces.metrics import Interval, bootstrap_mean
from manyfaces.metrics.bootstrap import percentile_interval, resampled_means
from manyfaces.metrics.frame_points import normalised, normalised_square

MAIN = (MEAN_FACE, TEACHER, SOPI, MOPI, CONTROL)
"""The methods that have rows in all tables; the others are ablations of SOPI or MOPI."""
FIGURE_WORDS = {ME: "ME", MSE_X: "MSE x", MSE_Y: "MSE y"}
HISTOGRAM_NOTE = (
    "The paper does not define its histogram dissimilarity; ours is the earth mover's distance of the colours on the "
    "front of the face, grey levels, mean over red, green and blue. A perfect face does not get 0: renders lack what "
    "photos have."
)
PEOPLE_NOTE = "Intervals: 95 %, people resampled."


@dataclass(frozen=True)
class PeopleTables:
    """All tables of one measurement.

    Attributes:
        scores: what was measured.
        seed: of the intervals.
    """

    scores: PeopleScores
    seed: int

    def all(self) -> tuple[Table, ...]:
        """In the order of the paper, then what it has not."""
        return (
            self.levels(ME, "Table 1: landmark error ME, pixels of 224", published_levels("CelebA")),
            self.squares(),
            self.levels(ME, "Table 1: ME, % of 224", published_levels("AFLW2000-3D"), normalised),
            self.histograms("Table 2: histogram dissimilarity", LEVELS, _printed_histograms()),
            self.one_condition(NATURALLY, "Tables 3 and 4: things that really hide faces", _printed_natural()),
            self.natural_kinds(),
            self.one_condition(PATTERNED, "Tables 5 and 6: stars and crowns", _printed_patterns()),
            self.ablation(MOPI, "Table 7: terms of MOPI's loss, behind stars and crowns", _printed_terms()),
            self.ablation(SOPI, "Figure 6 in figures: losses of SOPI, behind one large square", (), "SHOFI"),
            self.spreads(),
            self.levels(ME_RADIAL, "ME read as a difference of distances from the origin, pixels"),
            self.histograms("Histogram dissimilarity, chi-square", tuple(CONDITIONS), (), CHI_SQUARE),
        )

    @property
    def methods(self) -> tuple[str, ...]:
        """Those of the main tables that were measured."""
        return tuple(name for name in MAIN if name in self.scores.methods)

    def mean(self, values: Float[np.ndarray, " n"], form: str = ".2f", of: Callable[[float], float] = float) -> Cell:
        """A mean over people with its interval, in another unit if wanted."""
        known = values[~np.isnan(values)]
        if not len(known):
            return Cell(None)
        generator = torch_generator(self.seed, "distill intervals")
        ends = bootstrap_mean(torch.from_numpy(known), torch.arange(len(known)), generator)
        return Cell(of(float(known.mean())), Interval(of(ends.low), of(ends.high)), form)

    def ratio(self, above: str, below: str, condition: str, figure: str = ME) -> Cell:
        """Of two methods' means, people resampled; nothing where one was not measured."""
        if not {above, below} <= set(self.scores.methods):
            return Cell(None)
        return self.ratio_of(*(self.scores.figure(name, condition, figure) for name in (above, below)))

    def ratio_of(self, above: Float[np.ndarray, " n"], below: Float[np.ndarray, " n"]) -> Cell:
        """Of two means of the same people."""
        both = torch.from_numpy(np.stack([above, below], 1))
        generator = torch_generator(self.seed, "distill ratios")
        drawn = resampled_means(both, torch.arange(len(both)), generator)
        top, bottom = both.mean(0).tolist()
        return Cell(top / bottom if bottom else None, percentile_interval(drawn[:, 0] / drawn[:, 1]), ".2f")

    def levels(
        self, figure: str, title: str, printed: Sequence[Row] = (), of: Callable[[float], float] = float
    ) -> Table:
        """What hides the face down, methods across, and the teacher's error over the student's."""
        methods = self.methods
        rows = tuple(
            (
                condition,
                *(self.mean(self.scores.figure(name, condition, figure), ".2f", of) for name in methods),
                self.ratio(TEACHER, SOPI, condition, figure),
            )
            for condition in CONDITIONS
        )
        fitted = tuple(_row(name, cells, methods) for name, cells in (_named(row) for row in printed))
        notes = (PEOPLE_NOTE, *((published.NOTE,) if printed else ()))
        return Table(title, ("hidden by", *methods, "teacher / sopi"), rows, fitted, notes)

    def squares(self) -> Table:
        """Mean squares of both axes."""
        methods = [name for name in self.methods if name != MEAN_FACE]
        columns = [f"{name} {axis}" for name in methods for axis in ("x", "y")]
        rows = tuple(
            (c, *(self.mean(self.scores.figure(name, c, axis)) for name in methods for axis in (MSE_X, MSE_Y)))
            for c in CONDITIONS
        )
        printed = []
        for condition, by_method in published.TABLE_1["CelebA"].items():
            pairs = [by_method[name].mse if name in by_method else (None, None) for name in methods]
            printed.append((f"{condition} (paper, CelebA)", *(Cell(v, form=".2f") for pair in pairs for v in pair)))
        title = "Table 1: mean square of the landmarks' differences, square pixels of 224"
        return Table(title, ("hidden by", *columns), rows, tuple(printed), (PEOPLE_NOTE, published.NOTE))

    def histograms(
        self, title: str, conditions: Sequence[str], printed: Sequence[Row], figure: str = HISTOGRAM
    ) -> Table:
        """Dissimilarity of colours, what hides the face down, methods across."""
        methods, form = self.methods, ".2f" if figure == HISTOGRAM else ".3f"
        rows = tuple(
            (c, *(self.mean(self.scores.figure(name, c, figure), form) for name in methods)) for c in conditions
        )
        fitted = tuple(_row(name, cells, methods, ratio=False) for name, cells in (_named(row) for row in printed))
        return Table(title, ("hidden by", *methods), rows, fitted, (HISTOGRAM_NOTE, PEOPLE_NOTE))

    def one_condition(self, condition: str, title: str, printed: Sequence[Row]) -> Table:
        """Methods down, all figures across."""
        rows = tuple(self._line(name, condition) for name in self.methods)
        return Table(title, ("method", *_LINE), rows, tuple(printed), (_UNITS, PEOPLE_NOTE, published.NOTE))

    def natural_kinds(self) -> Table:
        """ME by the thing that hides the face."""
        kinds = np.array(self.scores.kinds[NATURALLY])
        rows = tuple(
            (
                kind,
                str(int((kinds == kind).sum())),
                *(self.mean(self.scores.figure(name, NATURALLY, ME)[kinds == kind]) for name in self.methods),
            )
            for kind in CONDITIONS[NATURALLY]
        )
        title = "Table 3 by what hides the face: ME, pixels of 224"
        return Table(title, ("hidden by", "people", *self.methods), rows, (), (PEOPLE_NOTE,))

    def ablation(self, family: str, title: str, printed: Sequence[Row], condition: str = PATTERNED) -> Table:
        """The runs of one network, with the baselines."""
        runs = [name for name in self.scores.methods if name.split("-")[0] == family]
        names = [MEAN_FACE, *runs] + ([SOPI, CONTROL] if family == MOPI else [TEACHER])
        shown = [name for name in dict.fromkeys(names) if name in self.scores.methods]
        rows = tuple((*self._line(name, condition), *self._collapse(name)) for name in shown)
        columns = ("run", *_LINE, "ME clear", "spread of views", "varies")
        fitted = tuple((*row, Cell(None), Cell(None), Cell(None)) for row in printed)
        notes = (
            _UNITS,
            "Spread of views: how far the points of seven occluded views of one person are apart, pixels. Varies: "
            "variance of the identity coefficients over people, percent of the first student's; a network that says "
            "the same of everyone has none.",
            *((published.NOTE,) if printed else ()),
        )
        return Table(title, columns, rows, fitted, notes)

    def spreads(self) -> Table:
        """How much the albedo follows the colour of what hides the face."""
        columns = self.scores.columns
        names = [name for name in self.scores.methods if f"{name}/{COLOURS}" in columns]
        first = columns.get(f"{TEACHER}/{COLOURS}")
        rows = tuple(
            (
                name,
                self.mean(columns[f"{name}/{COLOURS}"]),
                Cell(None) if first is None else self.ratio_of(columns[f"{name}/{COLOURS}"], first),
            )
            for name in names
        )
        note = (
            "Deviation of the mean albedo, grey levels, over five colours (black, white, red, green, blue) of the same "
            "large square; what Figure 3 of the paper shows."
        )
        return Table("Colour of what hides the face", ("method", "spread", "/ teacher"), rows, (), (note, PEOPLE_NOTE))

    def _line(self, name: str, condition: str) -> Row:
        def figure(which: str, of: Callable[[float], float] = float) -> Cell:
            return self.mean(self.scores.figure(name, condition, which), ".2f", of)

        px = (figure(ME), figure(MSE_X), figure(MSE_Y))
        percent = (figure(ME, normalised), figure(MSE_X, normalised_square), figure(MSE_Y, normalised_square))
        return (name, *px, *percent, figure(HISTOGRAM))

    def _collapse(self, name: str) -> tuple[Cell, Cell, Cell]:
        columns = self.scores.columns
        clear = self.mean(self.scores.figure(name, UNOCCLUDED, ME))
        if f"{name}/{VIEWS}" not in columns:
            return clear, Cell(None), Cell(0.0, form=".0f")
        share = self.varies(name)
        return clear, self.mean(columns[f"{name}/{VIEWS}"]), Cell(share and 100 * share, form=".0f")

    def varies(self, name: str) -> float | None:
        """Variance over people of what a network says of their identity, over that of SOPI; behind patterns."""
        said = self.scores.columns
        if f"{name}/{SAID}" not in said or f"{SOPI}/{SAID}" not in said:
            return None
        own, usual = (float(said[f"{n}/{SAID}"][:, self.scores.identity].var(0).sum()) for n in (name, SOPI))
        return own / usual if usual else None


_LINE = ("ME", "MSE x", "MSE y", "ME %", "MSE x %", "MSE y %", "histogram")
_UNITS = "ME in pixels of 224, MSE in square pixels; with %, in percent of 224 and its squares; histogram: grey levels."


def published_levels(data: str) -> tuple[Row, ...]:
    """Table 1's ME as rows of a name and a cell for each method of `MAIN`."""
    rows = published.TABLE_1[data]
    return tuple(
        (f"{condition} (paper, {data})", *(_printed(of[name].me if name in of else None) for name in MAIN))
        for condition, of in rows.items()
    )


def _printed_histograms() -> tuple[Row, ...]:
    return tuple(
        (f"{condition} (paper, {data})", *(_printed(of.get(name)) for name in MAIN))
        for data, rows in published.TABLE_2.items()
        for condition, of in rows.items()
    )


def _printed_natural() -> tuple[Row, ...]:
    return tuple(
        (f"{name} (paper, CelebA)", _printed(me), *(Cell(None),) * 5, _printed(published.TABLE_4[name]))
        for name, me in published.TABLE_3.items()
    )


def _printed_patterns() -> tuple[Row, ...]:
    return tuple(_printed_lines(published.TABLE_5, published.TABLE_6))


def _printed_terms() -> tuple[Row, ...]:
    return tuple(_printed_lines(published.TABLE_7, {}))


def _printed_lines(
    table: Mapping[str, Mapping[str, published.Printed]], colours: Mapping[str, Mapping[str, float]]
) -> Iterator[Row]:
    """Rows with the columns of `_LINE`: CelebA was measured in pixels, AFLW2000-3D in percent."""
    for data, rows in table.items():
        for name, printed in rows.items():
            errors, nothing = (printed.me, *printed.mse), (None,) * 3
            values = (*errors, *nothing) if data == "CelebA" else (*nothing, *errors)
            last = colours.get(data, {}).get(name)
            yield (f"{name} (paper, {data})", *(_printed(value) for value in (*values, last)))


def _printed(value: float | None) -> Cell:
    return Cell(value, form=".2f")


def _named(row: Row) -> tuple[str, Mapping[str, str | Cell]]:
    name, *cells = row
    return str(name), dict(zip(MAIN, cells, strict=True))


def _row(name: str, cells: Mapping[str, str | Cell], methods: Sequence[str], ratio: bool = True) -> Row:
    return (name, *(cells[method] for method in methods), *((Cell(None),) if ratio else ()))
