from __future__ import annotations

import re
from pathlib import Path

import negres_core.report.paper
from negres_core.report.paper.references import cited_in, known_references, write_references


def test_only_what_is_cited_is_written_each_once_and_in_order():
    text = write_references([r"\cite{holm1979simple,negres} \cite{negres}"])
    assert re.findall(r"@\w+\{(\w+),", text) == ["holm1979simple", "negres"]
    assert write_references(["nothing is cited"]) == ""


def test_a_citation_in_the_text_of_a_record_is_none():
    assert cited_in([r"\textbackslash{}cite\{holm1979simple\}"]) == []


def test_every_entry_is_whole():
    entries = known_references()
    assert len(entries) > 30
    for key, entry in entries.items():
        plain = entry.replace(r"\{", "").replace(r"\}", "")
        assert plain.count("{") == plain.count("}"), key
        assert entry.isascii(), key
        fields = dict(re.findall(r"^  (\w+)\s*= \{(.*)", entry, re.MULTILINE))
        assert {"author", "title"} <= set(fields), key
        assert key == "negres" or re.search(r"\d{4}", key)[0] == fields["year"][:4], key
        where = {"article": "journal", "inproceedings": "booktitle", "book": "publisher", "misc": "howpublished"}
        assert where[re.match(r"@(\w+)", entry)[1]] in fields, key
        if "doi" in fields:
            assert re.fullmatch(r"10\.\d{4,5}/\S+\}", fields["doi"]), key


def test_every_entry_is_cited_somewhere():
    modules = Path(negres_core.report.paper.__file__).parent.glob("*.py")
    code = "".join(path.read_text(encoding="utf-8") for path in modules)
    assert [key for key in known_references() if f'"{key}"' not in code] == []
