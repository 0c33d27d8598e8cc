"""Read a page strictly: every element is closed in its order, and no two have the same id."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "input", "br", "hr", "source", "base"}


@dataclass
class Element:
    """An element with its attributes, and its text with that of the elements inside it."""

    tag: str
    attributes: dict[str, str | None]
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.parts.append(data)


def read(page: str) -> list[Element]:
    """Return the elements of a page, in the order of their start tags."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open, f"<{reader.open[-1].tag}> is not closed" if reader.open else ""
    ids = [each.attributes["id"] for each in reader.elements if "id" in each.attributes]
    assert len(ids) == len(set(ids)), "two elements have the same id"
    return reader.elements


def find(elements: list[Element], tag: str, **attributes: str) -> list[Element]:
    """Return the elements with a tag and attributes; an underscore stands for a hyphen, `class_` for class."""
    wanted = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
    return [
        each
        for each in elements
        if each.tag == tag and all(each.attributes.get(name) == value for name, value in wanted.items())
    ]
