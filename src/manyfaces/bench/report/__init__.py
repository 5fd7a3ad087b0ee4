"""Reports: tables, plots and where they come from; the one way in which protocols write what they found."""

from manyfaces.bench.report.bars import Bar, bar, bar_table
from manyfaces.bench.report.error_map import draw_error_map
from manyfaces.bench.report.items import Items
from manyfaces.bench.report.plot import Curve, cumulative_curve, draw_curves
from manyfaces.bench.report.provenance import Provenance, provenance
from manyfaces.bench.report.screen import show_tables
from manyfaces.bench.report.table import Cell, Row, Table
from manyfaces.bench.report.writing import Picture, write_json, write_report

__all__ = [
    "Bar",
    "Cell",
    "Curve",
    "Items",
    "Picture",
    "Provenance",
    "Row",
    "Table",
    "bar",
    "bar_table",
    "cumulative_curve",
    "draw_curves",
    "draw_error_map",
    "provenance",
    "show_tables",
    "write_json",
    "write_report",
]
