"""The figures of single items, which is what two reports are compared by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from manyfaces.core.errors import InputError


@dataclass(frozen=True)
class Items:
    """What each item of a protocol scored.

    Attributes:
        protocol: what must be equal for two reports to be comparable: the protocol's name, the part of the data, ...
        names: of the items, each once.
        subjects: whose each item is; items of one subject are not independent.
        values: by name of the figure, one number for each item; not a number where it is missing.

    Raises:
        InputError: lengths differ, or a name appears twice.
    """

    protocol: Mapping[str, str]
    names: tuple[str, ...]
    subjects: tuple[str, ...]
    values: Mapping[str, Float[np.ndarray, " n"]]

    def __post_init__(self) -> None:
        lengths = {len(self.subjects), *(len(column) for column in self.values.values())} - {len(self.names)}
        if lengths or len(set(self.names)) != len(self.names):
            raise InputError(f"{len(self.names)} items need as many subjects and values, and names that differ")

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON; missing values are null."""
        return {
            "protocol": dict(self.protocol),
            "names": list(self.names),
            "subjects": list(self.subjects),
            "values": {
                name: [None if np.isnan(v) else float(v) for v in column] for name, column in self.values.items()
            },
        }

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> "Items":
        """The items that `plain` wrote.

        Raises:
            InputError: lengths differ.
            KeyError, TypeError, ValueError, AttributeError: it is something else.
        """
        columns = {
            str(name): np.array([np.nan if v is None else v for v in column], float)
            for name, column in plain["values"].items()
        }
        protocol = {str(key): str(value) for key, value in plain["protocol"].items()}
        return Items(protocol, tuple(plain["names"]), tuple(plain["subjects"]), columns)
