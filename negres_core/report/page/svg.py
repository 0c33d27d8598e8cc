"""Figures of Matplotlib as parts of a page: text as text, no style that a strict policy would refuse, unique ids."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from markupsafe import Markup

from negres_core.errors import MOST_IN_A_LINE, show

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
DROPPED = {f"{SVG}metadata", f"{SVG}style"}
_NUMBER = re.compile(r"-?\d+\.\d+")


Label = tuple[str, dict[str, str]]
"""A text of a figure, as it is shown, and its attributes."""


def inline(svg: bytes, labels: Iterable[Label] = (), *, id: str, title: str, description: str) -> Markup:
    """Return a figure as an SVG element for a page.

    Matplotlib writes colours and lines as style attributes, which a strict content security policy refuses. They become
    attributes of SVG, which the style sheet of the page can override.

    Args:
        svg: a file that Matplotlib wrote.
        labels: its texts, which lie above everything else.
        id: begins all ids of the figure, so that no two figures of a page share one.
        title: the name of the figure, for those who hear the page.
        description: what it shows, in sentences.
    """
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in DROPPED or (child.tag == f"{SVG}defs" and all(each.tag in DROPPED for each in child)):
                parent.remove(child)
    _rename(root, id)
    for element in root.iter():
        _restyle(element)
    for marker in root.iterfind(f".//{SVG}defs/{SVG}path"):
        for name in ("fill", "stroke"):  # a marker has the colours of each place that uses it
            marker.attrib.pop(name, None)
    width, height = root.get("viewBox", "0 0 0 0").split()[2:]
    for name, value in (("width", width), ("height", height), ("role", "img")):
        root.set(name, value)
    root.set("aria-labelledby", f"{id}-title {id}-text")
    root.attrib.pop("version", None)
    for place, (tag, part, text) in enumerate((("title", "title", title), ("desc", "text", description))):
        element = ElementTree.Element(f"{SVG}{tag}", {"id": f"{id}-{part}"})
        element.text = show(text, most=MOST_IN_A_LINE)
        root.insert(place, element)
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        element.tail = None
        if element.tag not in ("title", "desc"):
            element.text = None
    for text, attributes in labels:
        ElementTree.SubElement(root, "text", attributes).text = text
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # the serializer escapes all text


def _rename(root: ElementTree.Element, id: str) -> None:
    """Keep only the ids that something refers to, and make them unique on the page."""
    for element in root.iter():
        if (target := element.attrib.pop(f"{XLINK}href", None)) is not None:
            element.set("href", f"#{id}-{target.removeprefix('#')}")
    used = {target.removeprefix("#") for each in root.iter() if (target := each.get("href"))}
    for element in root.iter():
        if (name := element.attrib.pop("id", None)) is not None and f"{id}-{name}" in used:
            element.set("id", f"{id}-{name}")


def _restyle(element: ElementTree.Element) -> None:
    """Turn the style of an element into attributes, and round its coordinates to a hundredth of a pixel."""
    for rule in filter(None, element.attrib.pop("style", "").split(";")):
        name, _, value = (part.strip() for part in rule.partition(":"))
        element.set(name, value)
    for name in ("d", "x", "y"):
        if (text := element.get(name)) is not None:
            text = text.replace("\n", " ")
            element.set(name, _NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), text).strip())
