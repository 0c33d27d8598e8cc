from __future__ import annotations

import io
import subprocess
import sys

import matplotlib
import pytest
from PIL import Image

from negres_core.pictures.chart import encode, new_figure, styled, wrap


def draw(title="faces: training loss"):
    with styled():
        figure = new_figure(title, height=4)
        figure.subplots().plot([1, 2, 3])
        return encode(figure)


def test_a_figure_is_so_many_pixels_and_has_no_date():
    with Image.open(io.BytesIO(draw())) as image:
        assert (image.format, image.size) == ("PNG", (1200, 400))
        assert set(image.info) <= {"dpi"}


def test_a_users_settings_change_nothing_and_are_left_as_they_were():
    expected = draw()

    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "savefig.dpi": 20}):
        assert draw() == expected
        assert matplotlib.rcParams["axes.facecolor"] == "black"


@pytest.mark.parametrize("title", ["costs $5 to $x_{", "顔の再構成", "_hidden", "line\nbreak"])
def test_no_title_is_a_formula_or_a_warning(title):
    assert draw(title) != draw("faces")


def test_there_is_no_window_and_no_state_of_pyplot():
    code = (
        "import sys; from tests.pictures.test_chart import draw; draw(); "
        "assert 'matplotlib.pyplot' not in sys.modules, 'pyplot'"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_long_text_is_broken():
    assert wrap("one two three", 8) == "one two\nthree"
