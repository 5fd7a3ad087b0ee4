"""Pictures in and out: any file people have becomes 8-bit RGB, upright, of a size that can be worked with."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, JpegImagePlugin, UnidentifiedImageError

from manyfaces.core.errors import ChoiceError, ImageError, MaskError
from manyfaces.io.atomic import atomic_path

SHORTEST_SIDE_PX = 32
"""Pictures with a shorter side than this hold no face that can be found."""

LONGEST_SIDE_PX = 4096
"""Larger pictures are made smaller when read: no face needs more, and memory stays bounded."""

MOST_PIXELS = 178_000_000
"""Pictures with more pixels are refused, unless they are JPEG, which can be made smaller while being decoded."""

# EXIF orientation (tag 0x0112) -> what turns the stored picture upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SUFFIXES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class LoadedImage:
    """A picture that was read.

    Attributes:
        rgb: (H, W, 3) uint8, upright.
        original_size: (height, width) in pixels before it was made smaller, upright.
    """

    rgb: UInt8[np.ndarray, "H W 3"]
    original_size: tuple[int, int]

    @property
    def scale(self) -> float:
        """Pixels of `rgb` per pixel of the original along a side; 1 unless the picture was very large."""
        return max(self.rgb.shape[:2]) / max(self.original_size)


def read_image(source: str | Path | Image.Image | np.ndarray) -> UInt8[np.ndarray, "H W 3"]:
    """Read a picture as 8-bit RGB; `load_image` also tells its original size.

    Args:
        source: a file, a PIL image, or an array: (H, W), (H, W, 3) or (H, W, 4), uint8 or uint16.

    Returns:
        (H, W, 3) uint8, turned upright (EXIF), transparency over white, the first frame of an animation, 16 bits
        scaled to 8, the longer side at most `LONGEST_SIDE_PX`.

    Raises:
        ImageError: it cannot be read, or is too small or too large.
    """
    return load_image(source).rgb


def load_image(source: str | Path | Image.Image | np.ndarray) -> LoadedImage:
    """Read a picture as 8-bit RGB and say how large it was; see `read_image`."""
    if isinstance(source, np.ndarray):
        image, what = _from_array(source), "the array"
    elif isinstance(source, Image.Image):
        image, what = source, "the image"
    elif isinstance(source, str | Path):
        path = Path(source)
        return _guarded(path, lambda: _load_file(path))
    else:
        raise ImageError(f"a {type(source).__name__} is no picture", "give a path, a PIL image or a uint8 array")
    return _guarded(what, lambda: _finish(image, what))


def read_mask(path: str | Path, size: tuple[int, int]) -> Bool[np.ndarray, "H W"]:
    """Read an occlusion mask: nonzero is hidden.

    Args:
        path: a picture of the photo's size, best a black and white PNG; any channel above zero counts (alpha aside).
        size: (height, width) of the photo as `read_image` gave it. A mask of a very large photo is made smaller
            as the photo was.

    Raises:
        MaskError: it cannot be read, or is of another size.
    """
    try:
        loaded = load_image(path)
    except ImageError as error:
        raise MaskError(f"the mask cannot be used: {error.message}", error.fix) from error
    if loaded.rgb.shape[:2] != tuple(size):
        (height, width), (own_height, own_width) = size, loaded.rgb.shape[:2]
        raise MaskError(
            f"the mask {path} has {own_width}x{own_height} px, the photo {width}x{height} px",
            "draw the mask on the photo itself, so that both have the same size",
        )
    return loaded.rgb.max(axis=-1) > 0


def write_image(path: str | Path, rgb: UInt8[np.ndarray, "H W 3"], quality: int = 92) -> None:
    """Write a PNG or JPEG file, whole or not at all.

    Args:
        path: ends in .png, .jpg or .jpeg.
        rgb: (H, W, 3) uint8.
        quality: of JPEG, 1 to 95.

    Raises:
        ChoiceError: another suffix.
        OutputError: the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise ChoiceError("picture format", suffix, _SUFFIXES)
    with atomic_path(path) as temporary:
        if suffix == ".png":
            Image.fromarray(rgb).save(temporary, format="PNG")
        else:
            Image.fromarray(rgb).save(temporary, format="JPEG", quality=quality, subsampling=0)


def _guarded(what: object, load: Callable[[], LoadedImage]) -> LoadedImage:
    # Every way a decoder fails becomes one error that names the file.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return load()
    except MemoryError as error:
        raise ImageError(f"{what} needs more memory than there is", "make the picture smaller first") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise ImageError(
            f"{what} is damaged or not a picture: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
            "copy or download it again, or save it anew as JPEG or PNG",
        ) from error


def _load_file(path: Path) -> LoadedImage:
    if path.is_dir():
        raise ImageError(f"{path} is a folder, not a picture", "name a file in it")
    if not path.exists():
        raise ImageError(f"{path} does not exist", "check the name")
    if path.stat().st_size == 0:
        raise ImageError(f"{path} is empty (0 bytes)", "copy or download it again")
    with _open(path) as image:
        if not isinstance(image, JpegImagePlugin.JpegImageFile):
            return _finish(image, path)
        full_size = image.size
        # The decoder itself halves large pictures, to no less than this size.
        image.draft(None, (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
        return _finish(image, path, full_size)


def _open(path: Path) -> Image.Image:
    try:
        return Image.open(path)
    except UnidentifiedImageError as error:
        raise ImageError(f"{path} is not a picture in a known format", "convert it to JPEG or PNG") from error
    except Image.DecompressionBombError:
        # Pillow refuses by size alone. JPEG decodes at a reduced size, so the limit need not hold for it.
        with path.open("rb") as file:
            is_jpeg = file.read(3) == b"\xff\xd8\xff"
        if is_jpeg:
            return JpegImagePlugin.JpegImageFile(str(path))
        raise ImageError(
            f"{path} has too many pixels to read safely", f"make it smaller, below {MOST_PIXELS // 10**6} megapixels"
        ) from None


def _finish(image: Image.Image, what: object, full_size: tuple[int, int] | None = None) -> LoadedImage:
    size = full_size or image.size
    if min(size) < SHORTEST_SIDE_PX:
        raise ImageError(
            f"{what} has {size[0]}x{size[1]} px, too few to show a face",
            f"the shorter side must be at least {SHORTEST_SIDE_PX} px",
        )
    if image.width * image.height > MOST_PIXELS:
        raise ImageError(f"{what} has {size[0]}x{size[1]} px, too many", "make the picture smaller first")
    image.load()
    # After loading, since that turns a TIFF upright by itself; before the conversions, some of which drop the EXIF.
    size, orientation = full_size or image.size, image.getexif().get(0x0112, 1)
    image = _to_rgb(image, what)
    factor = LONGEST_SIDE_PX / max(size)
    if factor < 1:
        target = (max(1, round(size[0] * factor)), max(1, round(size[1] * factor)))
        image = image.resize(target, Image.Resampling.BOX, reducing_gap=2.0)
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    swapped = orientation in (5, 6, 7, 8)
    return LoadedImage(np.array(image), size if swapped else (size[1], size[0]))


def _to_rgb(image: Image.Image, what: object) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(np.asarray(image), what).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, image).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(values: np.ndarray, what: object) -> Image.Image:
    if values.dtype.kind == "f":
        raise ImageError(f"{what} holds floating-point values", "save it with 8 or 16 bits per channel")
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > 65535:
        raise ImageError(f"{what} holds values from {low} to {high}, beyond 16 bits", "save it with 8 or 16 bits")
    # 257 = 65535 / 255: full scale goes to full scale.
    return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))


def _from_array(array: np.ndarray) -> Image.Image:
    if array.dtype not in (np.uint8, np.uint16):
        raise ImageError(
            f"the array holds {array.dtype}, not uint8", "for values in [0, 1]: (255 * array).round().astype(np.uint8)"
        )
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ImageError(f"the array has shape {array.shape}", "needed: (height, width, 3), RGB")
    if 0 in array.shape:
        raise ImageError(f"the array has shape {array.shape}: no pixels", "needed: (height, width, 3), RGB")
    if array.dtype == np.uint16:
        array = ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(array))
