from __future__ import annotations

import re

from negres_core.report.page.canvas import Canvas
from negres_core.report.paper.pdf import CREATOR, print_pages, show_pages


def test_each_plot_is_a_page_of_its_size_and_the_file_says_who_made_it():
    pdf = print_pages([Canvas(100, 500), Canvas(72, 200)])
    assert re.findall(rb"/MediaBox \[([^\]]*)\]", pdf) == [b" 0 0 500 100 ", b" 0 0 200 72 "]
    assert f"/Creator ({CREATOR})".encode() in pdf
    assert b"/CreationDate" not in pdf
    assert pdf == print_pages([Canvas(100, 500), Canvas(72, 200)])


def test_pages_are_shown_below_each_other():
    tex = show_pages("forest.pdf", [2, 3], caption="Caption.", label="fig:negres-1")
    assert re.findall(r"page=(\d),width=\\textwidth\]\{forest.pdf\}", tex) == ["2", "3"]
    assert "\\caption{Caption.}\n\\label{fig:negres-1}\n\\end{figure*}\n" in tex
