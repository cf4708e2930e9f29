# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading photos: every file a user may offer becomes an upright sRGB picture, or one clear sentence.

The order of the checks matters: the file first, then its first bytes, then the size its header declares, and only then the
decoder. A small file that claims a huge picture is refused before any memory is spent on it.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps

from .errors import InputError
from .records import Image, Photo

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
"""Pillow decoders that may run; everything else is refused unopened."""
DECODER_FAILURES = (OSError, SyntaxError, ValueError, EOFError, OverflowError, IndexError, TypeError, struct.error, zlib.error)
"""What Pillow's decoders raise when they meet damaged data."""
MAX_BYTES = 400 * 1024 * 1024
"""A 100-megapixel 16-bit RGB TIFF without compression has 600 MB at most; real ones are compressed and far below this."""
MAX_PIXELS = 100_000_000
"""Declared pixels; the largest medium-format cameras have 100 to 102 million, and 300 MB of RGB is what a laptop can bear."""
PIXEL_SLACK = 1.05
"""Lets a "100-megapixel" camera's 11648 x 8736 pass."""
MIN_EDGE = 64
"""Pixels of the short edge. Below it a whole person has a face of under 8 pixels and nothing can be told apart."""
SMALL_EDGE = 400
"""Pixels of the long edge below which a warning says that the result will be soft."""
MAX_EDGE = 2048
"""Working size, pixels of the long edge. Measured at 1536 x 2048: 3.5 to 4.3 CPU seconds and 1.0 GB for the person stage (1.6 s at
768 x 1024); a 2048 px texture shows no more."""
FLOAT_MODES = ("F",)
DEEP_MODES = ("I", "I;16", "I;16L", "I;16B", "I;16N")

_KNOWN_STRANGERS: tuple[tuple[bytes, int, str], ...] = (
    (b"%PDF", 0, "a PDF document"),
    (b"%!PS", 0, "a PostScript file"),
    (b"GIF8", 0, "a GIF"),
    (b"PK\x03\x04", 0, "a ZIP archive or office document"),
    (b"8BPS", 0, "a Photoshop document"),
    (b"gimp xcf", 0, "a GIMP document"),
    (b"\x1aE\xdf\xa3", 0, "a video"),
    (b"#!", 0, "a script"),
)
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_EXPORT_HINT = "Export it as JPEG or PNG and give that file."


def read_photo(path: Path, role: str = "person photo") -> Photo:
    """Read an image file as an upright 8-bit sRGB photo of at most :data:`MAX_EDGE` pixels along its long edge.

    EXIF rotation, transparency and embedded colour profiles are honoured; CMYK, palette, grey, 16-bit and float images are
    converted. What was done and the user should know stands in ``Photo.warnings``.

    Args:
        path: JPEG, PNG, WebP, TIFF or BMP.
        role: what the picture is, for the sentences (``person photo``, ``garment photo``).

    Raises:
        InputError: ``no_file``, ``not_a_file``, ``not_readable``, ``empty_file``, ``file_too_big``, ``wrong_type``, ``animated``,
            ``too_many_pixels``, ``too_small``, ``corrupt_image``.
    """
    path = Path(path)
    subject = f"The {role} {path.name or path}"
    data = _read_bytes(path, subject)
    _refuse_strangers(data, subject)
    notes: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")        # Pillow's own bomb and metadata warnings: the limits here are stricter
            picture = _decode(data, subject, notes)
            picture = _upright(picture, notes, path.name)
            pixels, alpha = _to_srgb(picture, notes, path.name)
    except MemoryError as cause:
        raise InputError("too_many_pixels", f"{subject} does not fit into memory.", "Give a smaller picture.") from cause
    if min(pixels.shape[:2]) < MIN_EDGE:
        raise _too_small(subject, pixels.shape[1], pixels.shape[0])
    if max(pixels.shape[:2]) < SMALL_EDGE:
        notes.append(f"{path.name} has only {pixels.shape[1]} x {pixels.shape[0]} pixels: the result will be soft.")
    return Photo(pixels, alpha, path, hashlib.sha256(data).hexdigest(), tuple(notes))


def _read_bytes(path: Path, subject: str) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError("not_a_file", f"{subject} is a folder.", "Give an image file.")
        if not stat.S_ISREG(status.st_mode):
            raise InputError("not_a_file", f"{subject} is not a regular file.", "Give an image file.")
        if status.st_size == 0:
            raise InputError("empty_file", f"{subject} is empty.", "Copy or download it again.")
        if status.st_size > MAX_BYTES:
            raise InputError("file_too_big", f"{subject} has {status.st_size / 2**20:.0f} MB; at most {MAX_BYTES >> 20} MB are read.",
                             _EXPORT_HINT)
        return path.read_bytes()
    except FileNotFoundError as cause:
        raise InputError("no_file", f"{subject} does not exist.", f"There is no file at {path}.") from cause
    except PermissionError as cause:
        raise InputError("not_readable", f"{subject} may not be read.", "Check the permissions of the file and its folder.") from cause
    except (OSError, ValueError) as cause:         # ValueError: a null byte in the name
        reason = os.strerror(cause.errno) if isinstance(cause, OSError) and cause.errno else str(cause)
        raise InputError("not_readable", f"{subject} cannot be read ({reason}).", "Copy it to a local folder and try again.") from cause


def _refuse_strangers(data: bytes, subject: str) -> None:
    """Name the common file types that are not photos, so that the sentence says what the file is."""
    head = data[:512]
    if head[4:8] == b"ftyp":
        kind = "a HEIC photo" if head[8:12] in _HEIF_BRANDS else "an AVIF picture" if head[8:12] == b"avif" else "a video"
        raise InputError("wrong_type", f"{subject} is {kind}, which is not read.",
                         _EXPORT_HINT + (" (iPhone: Settings, Camera, Formats, Most Compatible.)" if "HEIC" in kind else ""))
    for signature, offset, name in _KNOWN_STRANGERS:
        if head[offset:offset + len(signature)] == signature:
            raise InputError("wrong_type", f"{subject} is {name}, not a photo.", _EXPORT_HINT)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml", b"<!doctype", b"<html")):
        kind = "an SVG drawing" if b"<svg" in data[:4096].lower() else "a web page or XML file"
        raise InputError("wrong_type", f"{subject} is {kind}, not a photo.", _EXPORT_HINT)


def _decode(data: bytes, subject: str, notes: list[str]) -> Pillow.Image:
    """Open, check the declared size, decode once, and bring it down to the working size."""
    try:
        picture = Pillow.open(io.BytesIO(data), formats=FORMATS)
    except Pillow.DecompressionBombError as cause:
        raise InputError("too_many_pixels", f"{subject} declares more than {MAX_PIXELS // 10**6} million pixels.",
                         "Give a smaller picture.") from cause
    except Pillow.UnidentifiedImageError as cause:
        raise InputError("wrong_type", f"{subject} is not a JPEG, PNG, WebP, TIFF or BMP image, whatever its name says.",
                         _EXPORT_HINT) from cause
    except DECODER_FAILURES as cause:
        raise _corrupt(subject, cause) from cause
    width, height = picture.size
    if width * height > MAX_PIXELS * PIXEL_SLACK:
        raise InputError("too_many_pixels", f"{subject} has {width} x {height} pixels; at most {MAX_PIXELS // 10**6} million are read.",
                         "Give a smaller picture; 2048 pixels along the long edge are enough.")
    if min(width, height) < MIN_EDGE:
        raise _too_small(subject, width, height)
    if picture.format in ("PNG", "WEBP") and getattr(picture, "is_animated", False):
        raise InputError("animated", f"{subject} is an animation.", "Save one frame of it as JPEG or PNG and give that file.")
    if picture.format == "TIFF" and _has_second_page(data):
        notes.append(f"{Path(subject).name} has several pages: the first one is used.")
    shrink = max(width, height) / MAX_EDGE
    try:
        if shrink > 1:
            picture.draft(None, (round(width / shrink), round(height / shrink)))    # JPEG decodes at 1/2, 1/4 or 1/8; else no effect
        picture.load()
    except DECODER_FAILURES as cause:
        raise _corrupt(subject, cause) from cause
    if shrink > 1:
        target = (max(1, round(width / shrink)), max(1, round(height / shrink)))
        notes.append(f"{subject.removeprefix('The ')} was reduced from {width} x {height} to {target[0]} x {target[1]} pixels.")
        picture = _reduced(picture, target)
    if min(picture.size) < MIN_EDGE:
        raise _too_small(subject, width, height)
    return picture


def _has_second_page(data: bytes) -> bool:
    """Whether a TIFF has more pages; only the second directory is read, for a chain of them may be broken or endless."""
    try:
        with Pillow.open(io.BytesIO(data), formats=("TIFF",)) as pages:
            pages.seek(1)
    except DECODER_FAILURES:
        return False
    return True


def _reduced(picture: Pillow.Image, size: tuple[int, int]) -> Pillow.Image:
    """Resample, keeping what the conversions after it need (profile, EXIF)."""
    info, exif = picture.info, picture.getexif()
    if picture.mode in DEEP_MODES:
        picture = _from_deep(picture)
    if picture.mode in ("P", "PA", "1", "La", "RGBa") or "transparency" in info:
        picture = picture.convert("RGBA" if _has_alpha(picture) else "RGB")
        info = {k: v for k, v in info.items() if k != "transparency"}
    small = picture.resize(size, Pillow.Resampling.LANCZOS, reducing_gap=3.0)
    small.info = dict(info)
    if exif:
        small.info["exif"] = exif.tobytes()
    return small


def _upright(picture: Pillow.Image, notes: list[str], name: str) -> Pillow.Image:
    try:
        profile = picture.info.get("icc_profile")
        turned = ImageOps.exif_transpose(picture)
        if profile:
            turned.info["icc_profile"] = profile
        return turned
    except Exception:                              # broken EXIF must not cost the photo
        notes.append(f"{name}: the EXIF data is broken and was ignored; check that the person stands upright.")
        return picture


def _to_srgb(picture: Pillow.Image, notes: list[str], name: str) -> tuple[Image, Image | None]:
    """(H, W, 3) sRGB and (H, W) alpha or None."""
    profile = picture.info.get("icc_profile")
    if picture.mode in FLOAT_MODES or picture.mode in DEEP_MODES:
        notes.append(f"{name} has more than 8 bits a channel and was converted to 8 bits.")
        picture = _from_float(picture) if picture.mode in FLOAT_MODES else _from_deep(picture)
    alpha: Image | None = None
    if _has_alpha(picture):
        rgba = picture.convert("RGBA")
        opacity = np.asarray(rgba.getchannel("A"))
        alpha = None if opacity.min() == 255 else opacity.copy()
        picture = rgba.convert("RGB") if picture.mode != "LA" else picture.getchannel("L")
    if profile:
        converted = _through_profile(picture, profile, notes, name)
        if converted is not None:
            return np.array(converted), alpha
    if picture.mode == "CMYK":
        notes.append(f"{name} is CMYK without a colour profile: its colours are approximate.")
    return np.array(picture.convert("RGB")), alpha


def _through_profile(picture: Pillow.Image, profile: bytes, notes: list[str], name: str) -> Pillow.Image | None:
    """The picture converted by its embedded profile, or None where the profile says nothing new or is broken."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        if space == "RGB" and "srgb" in (source.profile.profile_description or "").lower():
            return None
        wanted = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}.get(space)
        if wanted is None or (wanted != picture.mode and not (wanted == "RGB" and picture.mode in ("P", "1", "RGBX"))):
            raise ValueError(f"a {space} profile in a {picture.mode} image")
        if picture.mode != wanted:
            picture = picture.convert(wanted)
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except Exception:                              # littlecms rejects broken profiles with several exception types
        notes.append(f"{name}: the colour profile is broken or does not fit the image and was ignored.")
        return None
    if space in ("CMYK", "Lab"):
        notes.append(f"{name} was converted from {space} to sRGB.")
    return converted


def _has_alpha(picture: Pillow.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info


def _from_deep(picture: Pillow.Image) -> Pillow.Image:
    """16- or 32-bit integers to 8-bit grey; 32-bit files that hold 16-bit values are told by their maximum."""
    values = np.asarray(picture).astype(np.float32)
    top = float(values.max(initial=0.0))
    full = 255.0 if top <= 255 and picture.mode == "I" else 65535.0 if top <= 65535 else top
    grey = Pillow.fromarray(np.clip(values * (255.0 / full) + 0.5, 0, 255).astype(np.uint8))
    grey.info = {k: v for k, v in picture.info.items() if k != "transparency"}
    return grey


def _from_float(picture: Pillow.Image) -> Pillow.Image:
    """Float grey to 8 bits: 0..1 and 0..255 are taken as such, other ranges are stretched."""
    values = np.nan_to_num(np.asarray(picture, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    if low >= 0 and high <= 1.001:
        values = values * 255.0
    elif not (low >= 0 and high <= 255.5):
        values = (values - low) * (255.0 / max(high - low, 1e-12))
    grey = Pillow.fromarray(np.clip(values + 0.5, 0, 255).astype(np.uint8))
    grey.info = dict(picture.info)
    return grey


def _too_small(subject: str, width: int, height: int) -> InputError:
    return InputError("too_small", f"{subject} has only {width} x {height} pixels.",
                      f"Give a photo of at least {MIN_EDGE} pixels along its short edge; 1000 or more look good.")


def _corrupt(subject: str, cause: Exception) -> InputError:
    truncated = "truncated" in str(cause).lower()
    return InputError("corrupt_image", f"{subject} is {'cut off' if truncated else 'damaged'} and cannot be decoded.",
                      "Copy or download it again, or save it anew in an image program.")
