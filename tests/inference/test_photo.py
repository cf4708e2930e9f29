# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file a user may offer is read truly or refused in one sentence."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.errors import InputError
from dressform.inference.photo import MAX_EDGE, MIN_EDGE, read_photo
from PIL import Image, ImageCms

WIDTH, HEIGHT = 120, 90
COLOURS = np.array([[220, 30, 30], [30, 200, 40], [40, 60, 220], [230, 220, 60]], np.uint8)


def quarters(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Red, green over blue, yellow: any turn, flip or channel mix-up shows."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:height // 2, :width // 2], picture[:height // 2, width // 2:] = COLOURS[0], COLOURS[1]
    picture[height // 2:, :width // 2], picture[height // 2:, width // 2:] = COLOURS[2], COLOURS[3]
    return picture


def corners(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    return np.array([pixels[y, x] for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)], int)


def saved(folder: Path, name: str, picture: Image.Image | None = None, **options: object) -> Path:
    path = folder / name
    (picture or Image.fromarray(quarters())).save(path, **options)
    return path


def refusal(path: Path, role: str = "person photo") -> InputError:
    with pytest.raises(InputError) as caught:
        read_photo(path, role)
    error = caught.value
    assert error.message.endswith(".")
    assert error.hint
    assert "\n" not in str(error)
    return error


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tiff", "a.webp", "a.jpg"])
def test_each_format_gives_the_same_picture(tmp_path: Path, name: str) -> None:
    lossless = {"lossless": True} if name.endswith("webp") else {"quality": 98, "subsampling": 0} if name.endswith("jpg") else {}
    path = saved(tmp_path, name, **lossless)
    photo = read_photo(path)
    assert photo.pixels.shape == (HEIGHT, WIDTH, 3)
    assert photo.pixels.dtype == np.uint8
    assert photo.alpha is None
    assert np.abs(corners(photo.pixels) - COLOURS).max() <= 3
    assert photo.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_wrong_extension_does_not_matter_when_the_content_is_an_image(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.png")
    assert read_photo(path.rename(tmp_path / "photo.jpg")).pixels.shape == (HEIGHT, WIDTH, 3)


def test_unicode_and_spaces_in_the_path(tmp_path: Path) -> None:
    folder = tmp_path / "Ünïcode folder 写真"
    folder.mkdir()
    path = saved(folder, "my photo — 写真 ñ.png")
    assert read_photo(path).path == path


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_honoured(tmp_path: Path, orientation: int) -> None:
    upright = Image.fromarray(quarters())
    undo = {2: [Image.Transpose.FLIP_LEFT_RIGHT], 3: [Image.Transpose.ROTATE_180], 4: [Image.Transpose.FLIP_TOP_BOTTOM],
            5: [Image.Transpose.TRANSPOSE], 6: [Image.Transpose.ROTATE_90], 7: [Image.Transpose.TRANSVERSE],
            8: [Image.Transpose.ROTATE_270]}
    stored = upright
    for step in undo.get(orientation, []):
        stored = stored.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = read_photo(saved(tmp_path, "turned.png", stored, exif=exif))
    assert photo.pixels.shape == (HEIGHT, WIDTH, 3)
    assert np.array_equal(corners(photo.pixels), COLOURS)


def test_exif_rotation_survives_the_reduction_of_a_big_photo(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = Image.fromarray(quarters(3000, 1500)).transpose(Image.Transpose.ROTATE_90)
    photo = read_photo(saved(tmp_path, "big.jpg", stored, exif=exif, quality=95))
    assert photo.pixels.shape == (MAX_EDGE // 2, MAX_EDGE, 3)
    assert np.abs(corners(photo.pixels) - COLOURS).max() <= 4


def test_broken_exif_costs_a_warning_at_most(tmp_path: Path) -> None:
    photo = read_photo(saved(tmp_path, "a.jpg", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f garbage"))
    assert photo.pixels.shape == (HEIGHT, WIDTH, 3)


def test_alpha_is_kept_apart_and_colours_stay_as_they_are(tmp_path: Path) -> None:
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:, :30], alpha[:, 30:60] = 0, 128
    photo = read_photo(saved(tmp_path, "a.png", Image.fromarray(np.dstack([quarters(), alpha]))))
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, alpha)
    assert np.array_equal(photo.pixels, quarters())


def test_an_opaque_alpha_channel_says_nothing(tmp_path: Path) -> None:
    opaque = np.dstack([quarters(), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    assert read_photo(saved(tmp_path, "a.png", Image.fromarray(opaque))).alpha is None


def test_palette_images_with_a_transparent_colour(tmp_path: Path) -> None:
    palette = Image.fromarray(quarters()).quantize(4)
    index = palette.getpixel((0, 0))
    photo = read_photo(saved(tmp_path, "a.png", palette, transparency=index))
    assert photo.alpha is not None
    assert photo.alpha[HEIGHT // 4, WIDTH // 4] == 0
    assert photo.alpha[-1, -1] == 255
    assert np.abs(corners(photo.pixels)[1:] - COLOURS[1:]).max() <= 2


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P"])
def test_grey_bilevel_and_palette_images(tmp_path: Path, mode: str) -> None:
    photo = read_photo(saved(tmp_path, "a.png", Image.fromarray(quarters()).convert(mode)))
    assert photo.pixels.shape == (HEIGHT, WIDTH, 3)
    if mode in ("L", "LA"):
        assert np.array_equal(photo.pixels[..., 0], np.asarray(Image.fromarray(quarters()).convert("L")))


@pytest.mark.parametrize("name", ["a.jpg", "a.tiff"])
def test_cmyk_keeps_its_colours_roughly_and_says_so(tmp_path: Path, name: str) -> None:
    photo = read_photo(saved(tmp_path, name, Image.fromarray(quarters()).convert("CMYK")))
    assert np.abs(corners(photo.pixels) - COLOURS).max() < 40
    assert any("CMYK" in warning for warning in photo.warnings)


@pytest.mark.parametrize("name", ["a.png", "a.tiff"])
def test_16_bit_grey_is_scaled_not_clipped(tmp_path: Path, name: str) -> None:
    ramp = np.linspace(0, 65535, WIDTH).astype(np.uint16)[None].repeat(HEIGHT, 0)
    photo = read_photo(saved(tmp_path, name, Image.fromarray(ramp)))
    assert np.abs(photo.pixels[0, :, 0].astype(int) - np.round(ramp[0] / 257).astype(int)).max() <= 1
    assert any("8 bits" in warning for warning in photo.warnings)


def test_16_bit_rgb(tmp_path: Path) -> None:
    rows = b"".join(b"\x00" + quarters()[row].astype(">u2").__mul__(257).astype(">u2").tobytes() for row in range(HEIGHT))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    path = tmp_path / "deep.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, 2, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    assert np.array_equal(corners(read_photo(path).pixels), COLOURS)


@pytest.mark.parametrize("top", [1.0, 255.0, 9000.0])
def test_float_tiff_is_brought_to_8_bits(tmp_path: Path, top: float) -> None:
    ramp = np.linspace(0, top, WIDTH, dtype=np.float32)[None].repeat(HEIGHT, 0)
    ramp[0, 0] = np.nan
    pixels = read_photo(saved(tmp_path, "a.tiff", Image.fromarray(ramp))).pixels
    assert pixels[5, -1, 0] == 255
    assert abs(int(pixels[5, WIDTH // 2, 0]) - 128) <= 2


def swapped_profile() -> bytes:
    """The bytes of an sRGB profile with the red and the green primary exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(data[132 + 12 * k:136 + 12 * k]): 132 + 12 * k for k in range(struct.unpack(">I", data[128:132])[0])}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    data[red:red + 4], data[green:green + 4] = data[green:green + 4], data[red:red + 4]
    return bytes(data).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def test_an_embedded_profile_is_honoured(tmp_path: Path) -> None:
    photo = read_photo(saved(tmp_path, "a.png", icc_profile=swapped_profile()))
    assert np.abs(corners(photo.pixels) - COLOURS[:, [1, 0, 2]]).max() <= 3


def test_an_srgb_profile_changes_nothing(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = read_photo(saved(tmp_path, "a.png", icc_profile=profile))
    assert np.array_equal(photo.pixels, quarters())
    assert photo.warnings[1:] == ()


def test_a_broken_profile_is_a_warning(tmp_path: Path) -> None:
    photo = read_photo(saved(tmp_path, "a.png", icc_profile=b"not a profile"))
    assert np.array_equal(photo.pixels, quarters())
    assert any("profile" in warning for warning in photo.warnings)


def test_big_photos_are_reduced_and_the_user_is_told(tmp_path: Path) -> None:
    photo = read_photo(saved(tmp_path, "big.jpg", Image.fromarray(quarters(6000, 3000)), quality=95))
    assert photo.pixels.shape == (MAX_EDGE // 2, MAX_EDGE, 3)
    assert any("6000 x 3000" in warning for warning in photo.warnings)
    assert np.abs(corners(photo.pixels) - COLOURS).max() <= 3


def test_a_small_photo_is_read_with_a_warning(tmp_path: Path) -> None:
    assert any("soft" in warning for warning in read_photo(saved(tmp_path, "a.png")).warnings)


def test_the_role_is_named(tmp_path: Path) -> None:
    assert "garment photo gone.png" in refusal(tmp_path / "gone.png", "garment photo").message


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.png").code == "no_file"
    assert refusal(tmp_path).code == "not_a_file"
    assert refusal(Path("bad\x00name.png")).code == "not_readable"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_does_not_hang_the_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert refusal(tmp_path / "pipe.png").code == "not_a_file"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, "a.png")

    def denied(_self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)        # the tests may run as root, whom no mode stops
    assert refusal(path).code == "not_readable"


@pytest.mark.parametrize(("name", "content", "words"), [
    ("a.pdf", b"%PDF-1.7 ...", "PDF"),
    ("a.gif", b"GIF89a" + bytes(40), "GIF"),
    ("a.svg", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    ("page.jpg", b"\n<!doctype html><html></html>", "web page"),
    ("a.heic", b"\x00\x00\x00\x18ftypheic" + bytes(32), "HEIC"),
    ("a.mp4", b"\x00\x00\x00\x18ftypisom" + bytes(32), "video"),
    ("a.jpg", b"just some text that somebody called a photo", "JPEG"),
    ("a.psd", b"8BPS" + bytes(60), "Photoshop"),
])
def test_other_file_types_are_named(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    error = refusal(path)
    assert error.code == "wrong_type"
    assert words in error.message


def test_heic_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(b"\x00\x00\x00\x18ftypmif1" + bytes(32))
    assert "JPEG" in refusal(path).hint


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    assert refusal(tmp_path / "a.jpg").code == "empty_file"


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tiff"])
def test_a_truncated_file_is_damaged(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    path = saved(tmp_path, name, Image.fromarray(noise), **({"compression": "tiff_lzw"} if name.endswith("tiff") else {}))
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    assert refusal(path).code in ("corrupt_image", "wrong_type")


def test_a_damaged_png_is_damaged(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.png")
    data = bytearray(path.read_bytes())
    middle = data.index(b"IDAT") + 20
    data[middle:middle + 8] = b"\xff" * 8
    path.write_bytes(bytes(data))
    assert refusal(path).code == "corrupt_image"


def test_animations_are_refused(tmp_path: Path) -> None:
    frames = [Image.fromarray(quarters()), Image.fromarray(quarters()[::-1].copy())]
    for name in ("a.png", "a.webp"):
        path = saved(tmp_path, name, frames[0], save_all=True, append_images=frames[1:])
        assert refusal(path).code == "animated"


def png_that_declares(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\x00" * 1000)
    chunks = [(b"IHDR", header), (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks)


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (20_000, 10_000), (11_000, 10_000)])
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, width: int, height: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import ImageFile

    path = tmp_path / "bomb.png"
    path.write_bytes(png_that_declares(width, height))
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _self: pytest.fail("the bomb was decoded"))
    assert refusal(path).code == "too_many_pixels"


def test_tiny_images_are_refused(tmp_path: Path) -> None:
    assert refusal(saved(tmp_path, "one.png", Image.new("RGB", (1, 1)))).code == "too_small"
    assert refusal(saved(tmp_path, "thin.png", Image.new("RGB", (5000, MIN_EDGE + 10)))).code == "too_small"
    assert refusal(saved(tmp_path, "low.png", Image.new("RGB", (MIN_EDGE - 1, 500)))).code == "too_small"


def test_the_reader_leaves_pillows_own_limits_alone() -> None:
    before = Image.MAX_IMAGE_PIXELS
    with pytest.raises(InputError):
        read_photo(Path("gone.png"))
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.slow
def test_a_100_megapixel_photo_is_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(quarters(100, 100)).resize((10_000, 10_000), Image.Resampling.NEAREST).save(buffer, "JPEG", quality=80)
    path = tmp_path / "huge.jpg"
    path.write_bytes(buffer.getvalue())
    photo = read_photo(path)
    assert photo.pixels.shape == (MAX_EDGE, MAX_EDGE, 3)
    assert np.abs(corners(photo.pixels) - COLOURS).max() <= 4
