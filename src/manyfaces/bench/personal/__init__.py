"""What person-specific models are judged by: what adapters gain on held-out frames, and how good details are."""

from manyfaces.bench.personal.detail import DetailCase, DetailReport, measure_detail
from manyfaces.bench.personal.transfer import HeldOut, TransferReport, measure_transfer

__all__ = ["DetailCase", "DetailReport", "HeldOut", "TransferReport", "measure_detail", "measure_transfer"]
