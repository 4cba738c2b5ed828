"""Pictures of every sort, made by Pillow and read back."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistant.core.errors import BadInput, StorageError
from assistant.core.media import Picture
from assistant.screen.pictures import load_picture, save_png

RED = (255, 0, 0)


def _save(image: Image.Image, path: Path, **how: object) -> Path:
    image.save(path, **how)  # type: ignore[arg-type]
    return path


def test_one_pixel(tmp_path: Path) -> None:
    picture = load_picture(_save(Image.new("RGB", (1, 1), RED), tmp_path / "dot.png"))
    assert picture.pixels.shape == (1, 1, 3)
    assert tuple(picture.pixels[0, 0]) == RED
    assert picture.name == "dot.png"
    assert not picture.is_screen


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_animated_takes_the_first_frame(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (8, 8), RED), Image.new("RGB", (8, 8), (0, 0, 255))]
    path = _save(frames[0], tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:])
    red, _, blue = load_picture(path).pixels[4, 4]
    assert red > 240 and blue < 15


def test_cmyk(tmp_path: Path) -> None:
    path = _save(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), tmp_path / "print.jpg", quality=95)
    red, green, blue = load_picture(path).pixels[8, 8]
    assert red > 200 and green < 60 and blue < 60


def test_sixteen_bits_keep_their_steps(tmp_path: Path) -> None:
    ramp = (np.arange(256, dtype=np.uint16) * 257)[None, :].repeat(4, axis=0)
    picture = load_picture(_save(Image.fromarray(ramp), tmp_path / "deep.png"))
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels[0, :, 0].tolist() == list(range(256))


def test_dark_sixteen_bits_stay_dark(tmp_path: Path) -> None:
    dark = np.full((4, 4), 200, np.uint16)
    assert load_picture(_save(Image.fromarray(dark), tmp_path / "dark.png")).pixels.max() <= 1


def test_floating_point_samples(tmp_path: Path) -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None, :].repeat(2, axis=0)
    row = load_picture(_save(Image.fromarray(ramp), tmp_path / "float.tiff")).pixels[0, :, 0]
    assert row[0] == 0 and row[-1] == 255 and (np.diff(row.astype(int)) >= 0).all()


def test_exif_turns_the_picture(tmp_path: Path) -> None:
    image = Image.new("RGB", (30, 10), "white")
    image.putpixel((0, 0), RED)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to show
    picture = load_picture(_save(image, tmp_path / "phone.png", exif=exif))
    assert (picture.width, picture.height) == (10, 30)
    assert tuple(picture.pixels[0, 9]) == RED


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "PA"])
def test_transparency_shows_white(tmp_path: Path, mode: str) -> None:
    clear = Image.new("RGBA", (6, 6), (0, 0, 0, 0))
    clear.putpixel((0, 0), (0, 0, 0, 255))
    image = clear.quantize(4) if mode == "P" else clear.convert("LA" if mode == "PA" else mode)
    path = _save(image, tmp_path / f"{mode}.png")
    pixels = load_picture(path).pixels
    assert tuple(pixels[3, 3]) == (255, 255, 255)
    assert pixels[0, 0].max() < 10


@pytest.mark.parametrize(
    ("mode", "white"), [("1", 1), ("L", 255), ("YCbCr", (255, 128, 128)), ("LAB", (255, 128, 128))]
)
def test_other_modes_become_rgb(tmp_path: Path, mode: str, white: object) -> None:
    picture = load_picture(_save(Image.new(mode, (5, 4), white), tmp_path / "x.tiff"))  # type: ignore[arg-type]
    assert picture.pixels.shape == (4, 5, 3)
    assert picture.pixels.min() > 250


def test_bytes() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (3, 2), RED).save(buffer, "PNG")
    assert load_picture(buffer.getvalue(), "pasted").name == "pasted"


_HUGE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
from assistant.screen.pictures import load_picture
from assistant.core.errors import BadInput
try:
    picture = load_picture(sys.argv[1])
    print(picture.width, picture.height)
except BadInput as error:
    print(error)
"""


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.skipif(sys.platform != "linux", reason="limits its own address space, which Linux can")
def test_twenty_thousand_squared_stays_within_memory(tmp_path: Path, suffix: str) -> None:
    """The JPEG is read smaller; the PNG is refused with the reason. Both below 1.5 GB of address space."""
    path = _save(Image.new("L", (20_000, 20_000), 200), tmp_path / f"huge.{suffix}")
    result = subprocess.run([sys.executable, "-c", _HUGE, str(path)], capture_output=True, text=True, check=True)
    if suffix == "jpg":
        width, height = map(int, result.stdout.split())
        assert width == height and 2_500 <= width <= 8_000
    else:
        assert "20,000 × 20,000 points" in result.stdout
        assert "smaller" in result.stdout


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no file"):
        load_picture(tmp_path / "nowhere.png")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="folder"):
        load_picture(tmp_path)


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "e.png").touch()
    with pytest.raises(BadInput, match="empty"):
        load_picture(tmp_path / "e.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "bmp"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_truncated(tmp_path: Path, suffix: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    path = _save(Image.fromarray(noise), tmp_path / f"t.{suffix}")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(BadInput, match=r"damaged or incomplete|not a picture") as caught:
        load_picture(path)
    assert caught.value.action


def test_wrong_type(tmp_path: Path) -> None:
    (tmp_path / "letter.png").write_text("Dear all,", encoding="utf-8")
    with pytest.raises(BadInput, match="not a picture"):
        load_picture(tmp_path / "letter.png")


def test_png_round_trip_is_exact_and_private(tmp_path: Path) -> None:
    pixels = np.random.default_rng(2).integers(0, 255, (20, 30, 3), np.uint8)
    path = tmp_path / "out.png"
    save_png(Picture(pixels), path)
    assert (load_picture(path).pixels == pixels).all()
    assert load_picture(path).sha256 == Picture(pixels).sha256
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_unwritable_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="can't be saved"):
        save_png(Picture(np.zeros((1, 1, 3), np.uint8)), tmp_path / "gone" / "x.png")
