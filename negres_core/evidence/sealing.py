"""The seal of a run, which is registered with it, and what earlier looks at the same rows used up."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from negres_core.dataset import Dataset
from negres_core.design import Seal
from negres_core.evidence.claim_records import RowsRecord
from negres_core.evidence.record import Record


class SealRecord(Record):
    """Rows of a data set that are sealed while hypotheses explore the others."""

    phase: Literal["exploring", "confirming"]
    """"exploring": the run saw the open rows only; "confirming": it was trained on them, and tested on the sealed."""
    data: str
    """SHA-256 of the whole data set."""
    open_rows: str
    """SHA-256 of the open rows as a data set."""
    total: Annotated[int, Field(ge=2)]
    """Rows of the whole data set."""
    sealed: RowsRecord
    chosen: Literal["share", "last rows", "named rows"]
    """How they were chosen: a share by their content, a share from the end of a time series, or by the user."""
    share: Annotated[float, Field(gt=0, le=0.5)] | None
    """The share that was asked for; null if the rows were named."""

    @classmethod
    def of(cls, seal: Seal, data: Dataset, *, confirming: bool) -> SealRecord:
        """Return the record of the seal of a whole data set."""
        return cls(
            phase="confirming" if confirming else "exploring",
            data=data.digest,
            open_rows=seal.open_data.digest,
            total=seal.total,
            sealed=RowsRecord.of(seal.rows),
            chosen=seal.chosen,
            share=seal.share,
        )

    def has_same_rows(self, other: SealRecord | None) -> bool:
        """Return whether another seal has the same sealed rows of the same data set."""
        return other is not None and (self.data, self.sealed) == (other.data, other.sealed)

    def hides_from(self, data: str, other: SealRecord | None) -> bool:
        """Return whether these sealed rows were surely hidden from another run.

        Args:
            data: the digest of the data set that the other run saw.
            other: its seal, if it had one.
        """
        if other is None:
            return data != self.data  # the open rows, or other data
        if other.data != self.data:
            return True
        if other.phase == "confirming":
            return False
        # Smaller shares are parts of larger ones; rows that a user named may lie anywhere.
        is_nested = self.chosen == other.chosen != "named rows"
        return self.sealed == other.sealed or (is_nested and (other.share or 0) >= (self.share or 0))

    def concerns(self, data: str, other: SealRecord | None) -> bool:
        """Return whether another run saw rows of the same data set; for the arguments, see `hides_from`."""
        return data in (self.data, self.open_rows) or (other is not None and other.data == self.data)

    @property
    def rows_in_words(self) -> str:
        """How many rows are sealed, in words."""
        return f"{self.sealed.count:,} of {self.total:,} rows"


class PriorLooks(Record):
    """Earlier looks at the rows of a run with a seal, as the ledger and the evidence folder knew them when it began."""

    verdicts: Annotated[int, Field(ge=0)] = 0
    """Verdicts of the hypotheses in `decided`; those of changed arms or claims that were replaced since count, too."""
    decided: list[str] = Field(default_factory=list)
    """Hypotheses with verdicts: on any rows of the data set; for a confirmation, on open rows only."""
    registered: list[str] = Field(default_factory=list)
    """Other hypotheses that are registered on such rows and have no verdict here."""
    opened: list[str] = Field(default_factory=list)
    """Hypotheses that were registered to open the same sealed rows: of a confirmation, other ones before it was."""
    reopened: Annotated[int, Field(ge=0)] = 0
    """For a confirmation: how often it was itself registered to open them before, with other arms, claim or design."""
    seen: list[str] = Field(default_factory=list)
    """For a confirmation: hypotheses that saw sealed rows, or may have, without opening these ones: they sealed
    nothing, or other rows."""

    @property
    def is_first_opening(self) -> bool:
        """Whether nobody had opened or seen the sealed rows of a confirmation before."""
        return not (self.opened or self.reopened or self.seen)
