"""Matrix products with a matrix that does not change."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

#: Rows that the layout is chosen for; it serves any number.
_TYPICAL_ROWS = 100
#: Fewer weights are not worth it: each call of the kernel begins with 14 microseconds of preparation.
_WORTH_PACKING = 2**16


class Product:
    """x W^T + b at inference; on CPUs with AVX, W is laid out once in the order in which the kernel reads it.

    The plain product lays it out anew in every call, which for a hundred rows takes a tenth of the time, for fifteen
    half of it. Results differ by rounding.

    Args:
        weight: (O, I).
        bias: (O,), if any.
        dtype: number format to multiply in; x is of it, too.
    """

    def __init__(self, weight: Float[Tensor, "O I"], bias: Float[Tensor, " O"] | None, dtype: torch.dtype):
        self._bias = None if bias is None else bias.detach().to(dtype, copy=True)
        weight = weight.detach().to(dtype, copy=True).contiguous()
        self._packed = _has_packed_kernel(weight)
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight, _TYPICAL_ROWS) if self._packed else weight

    def __call__(self, x: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """Apply to each row."""
        if self._packed:
            return torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, "none", [], "")
        return F.linear(x, self._weight, self._bias)


def _has_packed_kernel(weight: Tensor) -> bool:
    """Whether there is a kernel for packed weights like these; its operators are those of torch's own compiler."""
    if weight.numel() < _WORTH_PACKING or weight.device.type != "cpu":
        return False
    if not (torch.backends.mkldnn.is_available() and torch.backends.cpu.get_cpu_capability().startswith("AVX")):
        return False
    operators = ("_linear_pointwise", "_reorder_linear_weight", "_is_mkldnn_bf16_supported")
    if not all(hasattr(torch.ops.mkldnn, name) for name in operators):
        return False
    return weight.dtype == torch.float32 or (
        weight.dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )
