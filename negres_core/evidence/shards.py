"""The record of a shard: what one session trained of a hypothesis that no session has judged yet."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from negres_core.design import Shard
from negres_core.evidence.commitment import Commitment
from negres_core.evidence.evidence import Timings
from negres_core.evidence.places import file_name
from negres_core.evidence.provenance import ProvenanceRecord
from negres_core.evidence.record import Record

if TYPE_CHECKING:
    from negres_core.evidence.store import Store


class ShardCell(Record):
    """One cell that a shard trained."""

    repeat: Annotated[int, Field(ge=0)]
    fold: Annotated[int, Field(ge=0)]
    replicates: list[str]
    """Ids of the replicates of all arms: of each stage and seed."""


class ShardRecord(Record):
    """What one shard of a hypothesis trained. It says nothing of the claim, and is removed once that is judged."""

    schema_version: Literal[1] = 1
    number: Annotated[int, Field(ge=1)]
    """Which shard it is, from 1."""
    of: Annotated[int, Field(ge=1)]
    """How many shards there are."""
    commitment: Commitment
    """What the run commits itself to; shards of one hypothesis have the same."""
    cells: list[ShardCell]
    """The cells of this shard, all trained; none if there are fewer cells than shards, or if a control failed."""
    failed: dict[str, str] = Field(default_factory=dict)
    """Controls that failed before training, with what they found. Then nothing was trained, since the verdict will be
    invalid."""
    timings: Timings
    provenance: ProvenanceRecord

    @property
    def shard(self) -> Shard:
        """The shard."""
        return Shard(self.number, self.of)

    @property
    def path(self) -> Path:
        """Where the record is kept, relative to the folder of a store."""
        return folder_of(self.commitment.hypothesis) / f"{self.number}-of-{self.of}.json"

    def substance(self) -> Mapping[str, object]:
        """Return the content that two trainings of the same shard share: all but times and places."""
        return self.model_dump(mode="json", exclude={"timings", "provenance"})


def folder_of(hypothesis: str) -> Path:
    """Return the folder of the shards of a hypothesis, relative to the folder of a store."""
    return Path("shards") / file_name(hypothesis, exactly=hypothesis)


def read_shards(store: Store) -> Iterator[ShardRecord]:
    """Yield the records of all shards in a store that can be trusted, sorted by their paths.

    Raises:
        EvidenceError: a newer version wrote one.
    """
    yield from _read(store, store.folder.glob("shards/*/*.json"))


def write_shard(store: Store, record: ShardRecord) -> None:
    """Write the record of a shard. Those of the hypothesis that are about something else are removed."""
    for other in read_shards_of(store, record.commitment.hypothesis):
        if record.commitment.differs_in(other.commitment):
            (store.folder / other.path).unlink(missing_ok=True)
    store.write_record(store.folder / record.path, record)


def read_shards_of(store: Store, hypothesis: str) -> Iterator[ShardRecord]:
    """Yield the records of the shards of one hypothesis; see `read_shards`."""
    yield from _read(store, (store.folder / folder_of(hypothesis)).glob("*.json"))


def _read(store: Store, paths: Iterable[Path]) -> Iterator[ShardRecord]:
    for path in sorted(paths):
        record = store.read_record(path, ShardRecord)
        # A file in another place than its own was copied there, and would be taken for a second shard.
        if record is not None and store.folder / record.path == path:
            yield record


def remove_shards(store: Store, hypothesis: str) -> None:
    """Remove the records of the shards of a hypothesis that was judged: its evidence names all that they trained."""
    for record in list(read_shards_of(store, hypothesis)):
        (store.folder / record.path).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # there was none, or it has records that cannot be trusted
        (store.folder / folder_of(hypothesis)).rmdir()
