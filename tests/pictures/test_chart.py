from __future__ import annotations

import io
import subprocess
import sys

import matplotlib
import pytest
from PIL import Image

from negres_core.pictures.chart import encode, new_figure, styled, wrap


def render(title="faces: training loss"):
    with styled():
        figure = new_figure(title, height=4)
        figure.subplots().plot([1, 2, 3])
        return encode(figure)


def test_a_figure_has_a_fixed_size_and_no_date():
    with Image.open(io.BytesIO(render())) as image:
        assert (image.format, image.size) == ("PNG", (1200, 400))
        assert set(image.info) <= {"dpi"}


def test_user_settings_change_nothing_and_are_not_changed():
    expected = render()

    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "savefig.dpi": 20}):
        assert render() == expected
        assert matplotlib.rcParams["axes.facecolor"] == "black"


@pytest.mark.parametrize("title", ["costs $5 to $x_{", "顔の再構成", "_hidden", "line\nbreak"])
def test_any_title_is_drawn_as_text_without_a_warning(title):
    assert render(title) != render("faces")


def test_no_window_is_opened_and_pyplot_is_not_imported():
    code = (
        "import sys; from tests.pictures.test_chart import render; render(); "
        "assert 'matplotlib.pyplot' not in sys.modules, 'pyplot'"
    )
    # What old versions of Matplotlib import is deprecated; a figure that cannot be shown is another warning.
    strict = ("-W", "error", "-W", "ignore::DeprecationWarning")
    subprocess.run([sys.executable, *strict, "-c", code], check=True)


def test_long_text_is_broken_into_lines():
    assert wrap("one two three", 8) == "one two\nthree"
