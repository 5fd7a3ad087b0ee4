"""How CPU kernels are compiled.

Imported only where a kernel is: numba alone takes a third of a second.
"""

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Any:
    """Compile without the interpreter lock, cached on disk where some folder can be written."""
    try:
        return numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:  # No folder for the cache: neither the package's, nor the user's.
        return numba.njit(nogil=True, error_model="numpy")(function)
