import numpy as np
import pytest
from PIL import Image

from manyfaces.core.errors import ChoiceError, ImageError, MaskError, OutputError
from manyfaces.io import image as image_room
from manyfaces.io.image import load_image, read_image, read_mask, write_image


@pytest.fixture
def picture():
    """(40, 56, 3): red grows to the right, green downwards."""
    rgb = np.zeros((40, 56, 3), np.uint8)
    rgb[..., 0] = np.arange(56) * 4
    rgb[..., 1] = np.arange(40)[:, None] * 6
    return rgb


def near(a, b, tolerance):
    return a.shape == b.shape and np.abs(a.astype(int) - b.astype(int)).max() <= tolerance


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "webp"])
def test_lossless_files_come_back_exactly(tmp_path, picture, suffix):
    options = {"lossless": True} if suffix == "webp" else {}
    Image.fromarray(picture).save(tmp_path / f"a.{suffix}", **options)
    assert (read_image(tmp_path / f"a.{suffix}") == picture).all()


def test_the_suffix_does_not_matter(tmp_path, picture):
    Image.fromarray(picture).save(tmp_path / "a.jpg", format="PNG")
    assert (read_image(str(tmp_path / "a.jpg")) == picture).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_exif_turns_the_picture_upright(tmp_path, picture, orientation, suffix):
    # What a camera would store so that the turned picture is upright: the inverse of what the reader does.
    stored = {
        1: picture,
        2: picture[:, ::-1],
        3: picture[::-1, ::-1],
        4: picture[::-1],
        5: picture.swapaxes(0, 1),
        6: np.rot90(picture, 1),
        7: picture[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(picture, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / f"a.{suffix}", exif=exif)
    loaded = load_image(tmp_path / f"a.{suffix}")
    assert (loaded.rgb == picture).all()
    assert loaded.original_size == (40, 56)


def test_cmyk(tmp_path, picture):
    Image.fromarray(picture).convert("CMYK").save(tmp_path / "a.jpg", quality=100)
    assert near(read_image(tmp_path / "a.jpg"), picture, 12)


def test_grey_and_palette(tmp_path, picture):
    grey = picture[..., 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    assert (read_image(tmp_path / "grey.png") == grey[..., None]).all()
    two = Image.fromarray(np.where(grey > 100, 1, 0).astype(np.uint8), mode="P")
    two.putpalette([10, 20, 30, 200, 150, 100])
    two.save(tmp_path / "palette.png")
    expected = np.where(grey[..., None] > 100, (200, 150, 100), (10, 20, 30))
    assert (read_image(tmp_path / "palette.png") == expected).all()


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bits_keep_their_brightness(tmp_path, picture, suffix):
    grey = picture[..., 0].astype(np.uint16) * 257
    Image.fromarray(grey).save(tmp_path / f"a.{suffix}")
    assert (read_image(tmp_path / f"a.{suffix}")[..., 0] == picture[..., 0]).all()


def test_sixteen_bit_colour(tmp_path, picture):
    import cv2

    cv2.imwrite(str(tmp_path / "a.png"), picture[..., ::-1].astype(np.uint16) * 257)
    assert near(read_image(tmp_path / "a.png"), picture, 1)


def test_transparency_goes_over_white(tmp_path, picture):
    alpha = np.full((40, 56, 1), 255, np.uint8)
    alpha[:20] = 0
    alpha[20:30] = 51  # a fifth
    rgba = np.concatenate([picture, alpha], 2)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    for rgb in (read_image(tmp_path / "a.png"), read_image(rgba)):
        assert (rgb[:20] == 255).all()
        assert near(rgb[20:30], np.round(picture[20:30] * 0.2 + 255 * 0.8).astype(np.uint8), 1)
        assert (rgb[30:] == picture[30:]).all()


def test_a_transparent_colour_goes_over_white(tmp_path):
    image = Image.new("RGB", (40, 40), (1, 2, 3))
    image.save(tmp_path / "a.png", transparency=(1, 2, 3))
    assert (read_image(tmp_path / "a.png") == 255).all()


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_an_animation_gives_its_first_frame(tmp_path, suffix):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if suffix == "webp" else {}
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], **options)
    assert near(read_image(tmp_path / f"a.{suffix}"), np.full((40, 40, 3), (255, 0, 0), np.uint8), 1)


def test_a_pil_image_is_read_and_left_alone(picture):
    image = Image.fromarray(picture)
    assert (read_image(image) == picture).all()
    rgb = read_image(image)
    rgb[:] = 0
    assert (np.asarray(image) == picture).all()


def test_arrays(picture):
    assert (read_image(picture) == picture).all()
    assert read_image(picture) is not picture
    assert (read_image(picture[:, ::-1]) == picture[:, ::-1]).all()
    assert (read_image(picture.astype(np.uint16) * 257) == picture).all()
    assert (read_image(picture[..., 0]) == picture[..., :1]).all()


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (np.zeros((40, 40, 3), np.float32), "float32"),
        (np.zeros((40, 40, 3), bool), "bool"),
        (np.zeros((40, 40, 3), np.int64), "int64"),
        (np.zeros((3, 40, 40), np.uint8), "shape"),
        (np.zeros((1, 40, 40, 3), np.uint8), "shape"),
        (np.zeros((0, 40, 3), np.uint8), "no pixels"),
        (np.zeros((1, 1, 3), np.uint8), "1x1 px"),
        (np.zeros((31, 400, 3), np.uint8), "400x31 px"),
    ],
)
def test_arrays_of_no_use(array, word):
    with pytest.raises(ImageError, match=word) as caught:
        read_image(array)
    assert caught.value.fix


def test_files_of_no_use(tmp_path, picture):
    (tmp_path / "zero.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("this is not a picture")
    (tmp_path / "folder.jpg").mkdir()
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    Image.fromarray(np.zeros((40, 40), np.float32)).save(tmp_path / "float.tiff")
    for name, word in {
        "zero.jpg": "0 bytes",
        "text.jpg": "not a picture",
        "folder.jpg": "is a folder",
        "missing.jpg": "does not exist",
        "dot.png": "1x1 px",
        "float.tiff": "floating-point",
    }.items():
        with pytest.raises(ImageError, match=word) as caught:
            read_image(tmp_path / name)
        assert name in caught.value.message
        assert caught.value.fix


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "tiff"])
@pytest.mark.filterwarnings("ignore:Truncated File Read")
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_truncated_file_is_an_error(tmp_path, suffix, share):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = tmp_path / f"whole.{suffix}"
    Image.fromarray(noise).save(whole)
    (tmp_path / f"half.{suffix}").write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    with pytest.raises(ImageError, match=r"half\."):
        read_image(tmp_path / f"half.{suffix}")


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_very_long_picture_is_made_smaller(tmp_path, suffix):
    Image.new("RGB", (20_000, 1_000), (200, 100, 50)).save(tmp_path / f"a.{suffix}")
    loaded = load_image(tmp_path / f"a.{suffix}")
    assert loaded.rgb.shape == (205, 4096, 3)
    assert loaded.original_size == (1000, 20_000)
    assert loaded.scale == pytest.approx(4096 / 20_000)
    assert near(loaded.rgb, np.full((205, 4096, 3), (200, 100, 50), np.uint8), 3)


def test_making_smaller_keeps_things_in_place(tmp_path, monkeypatch):
    monkeypatch.setattr(image_room, "LONGEST_SIDE_PX", 100)
    big = np.zeros((300, 400, 3), np.uint8)
    big[:, 200:] = 255
    Image.fromarray(big).save(tmp_path / "a.png")
    rgb = read_image(tmp_path / "a.png")
    assert rgb.shape == (75, 100, 3)
    assert (rgb[:, :49] == 0).all()
    assert (rgb[:, 51:] == 255).all()


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(image_room.Image, "MAX_IMAGE_PIXELS", 1000)
    Image.new("RGB", (100, 100)).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match="too many pixels"):
        read_image(tmp_path / "a.png")


def test_a_large_jpeg_passes_where_pillow_refuses(tmp_path, monkeypatch):
    monkeypatch.setattr(image_room.Image, "MAX_IMAGE_PIXELS", 1000)
    monkeypatch.setattr(image_room, "LONGEST_SIDE_PX", 50)
    Image.new("RGB", (400, 400), (200, 100, 50)).save(tmp_path / "a.jpg")
    assert near(read_image(tmp_path / "a.jpg"), np.full((50, 50, 3), (200, 100, 50), np.uint8), 3)


def test_more_pixels_than_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr(image_room, "MOST_PIXELS", 1000)
    with pytest.raises(ImageError, match="too many"):
        read_image(np.zeros((100, 100, 3), np.uint8))


def test_a_mask_is_what_is_not_black(tmp_path):
    mask = np.zeros((40, 60), np.uint8)
    mask[5:10, 7:20] = 255
    mask[30, 30] = 1
    for image in (Image.fromarray(mask), Image.fromarray(mask > 0), Image.fromarray(mask).convert("RGB")):
        image.save(tmp_path / "mask.png")
        assert (read_mask(tmp_path / "mask.png", (40, 60)) == (mask > 0)).all()


def test_a_mask_of_another_size_names_both(tmp_path):
    Image.new("L", (60, 40)).save(tmp_path / "mask.png")
    with pytest.raises(MaskError, match=r"60x40 px.*40x60 px"):
        read_mask(tmp_path / "mask.png", (60, 40))


def test_a_mask_of_a_very_large_photo_is_made_smaller_too(tmp_path, monkeypatch):
    monkeypatch.setattr(image_room, "LONGEST_SIDE_PX", 64)
    Image.new("L", (128, 96), 255).save(tmp_path / "mask.png")
    assert read_mask(tmp_path / "mask.png", read_image(np.zeros((96, 128, 3), np.uint8)).shape[:2]).all()


def test_an_unreadable_mask_is_a_mask_error(tmp_path):
    (tmp_path / "mask.png").write_text("not a picture")
    with pytest.raises(MaskError, match="mask"):
        read_mask(tmp_path / "mask.png", (40, 40))


def test_writing_and_reading_again(tmp_path, picture):
    write_image(tmp_path / "new" / "a.png", picture)
    assert (read_image(tmp_path / "new" / "a.png") == picture).all()
    write_image(tmp_path / "a.JPG", picture, quality=95)
    assert near(read_image(tmp_path / "a.JPG"), picture, 12)


def test_writing_where_it_cannot_be(tmp_path, picture):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_image(tmp_path / "file" / "a.png", picture)
    with pytest.raises(ChoiceError, match=r"\.png"):
        write_image(tmp_path / "a.xyz", picture)
