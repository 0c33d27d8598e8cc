"""What the rows of every page are filtered by."""

from __future__ import annotations

from negres_core.errors import show
from negres_core.evidence import Evidence
from negres_core.report.page.families import family_name


class Searchable:
    """A hypothesis as a template shows it, with what its row is filtered by.

    Attributes:
        evidence: the evidence that its row shows.
    """

    evidence: Evidence

    @property
    def family(self) -> str:
        """The name of the test's file."""
        return family_name(self.evidence)

    @property
    def words(self) -> str:
        """What a search looks through."""
        return show(f"{self.evidence.title} {self.evidence.data.name} {self.evidence.hypothesis}").lower()
