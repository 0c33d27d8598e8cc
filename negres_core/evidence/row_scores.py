"""Scores of single test rows: a file beside the evidence, packed into bits if every score is 0 or 1."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from negres_core.evidence.record import Record

RowUnit = Literal["rows", "groups", "blocks of rows"]
"""What a column of row scores stands for. Metrics that are not means over rows have pseudo-values of blocks."""


class RowScores(Record):
    """The file of the scores of single test rows, each arm under each seed, in the order of the test rows."""

    file: Annotated[str, Field(pattern=r"^row-scores-[0-9a-f]{16}\.bin$")]
    """File name, in the folder of the evidence."""
    sha256: str
    form: Literal["bits", "float32"]
    """bits: 8 scores of 0 or 1 in a byte, each seed of an arm padded to whole bytes. float32: little-endian."""
    unit: RowUnit
    arms: Annotated[int, Field(ge=1, le=2)]
    seeds: Annotated[int, Field(ge=1, le=10_000)]
    columns: Annotated[int, Field(ge=1, le=1 << 31)]

    @property
    def size_bytes(self) -> int:
        """Size of the file."""
        return self.arms * self.seeds * (-(-self.columns // 8) if self.form == "bits" else 4 * self.columns)


class PartRecord(Record):
    """The effect in a part of the test rows, such as a class. It is a hint where arms differ, and decides nothing."""

    part: str
    """For example "class 3"; "all rows" comes first."""
    rows: Annotated[int, Field(ge=1)]
    effect: float
    """Mean difference, averaged over seeds; positive if the treatment is better."""
    interval_95: tuple[float, float]
    """For these trainings, on rows like these, not corrected for the number of parts."""
    better: Annotated[int, Field(ge=0)]
    """Rows on which the treatment is better under every seed."""
    worse: Annotated[int, Field(ge=0)]
    """Rows on which it is worse under every seed."""


def pack_scores(scores: np.ndarray, unit: RowUnit) -> tuple[RowScores, bytes]:
    """Return the record of scores, (arms, seeds, columns), and the content of their file."""
    is_binary = bool(np.isin(scores, (0, 1)).all())
    packed = np.packbits(scores.astype(bool), axis=2) if is_binary else scores.astype("<f4")
    content = packed.tobytes()
    sha256 = hashlib.sha256(content).hexdigest()
    arms, seeds, columns = scores.shape
    record = RowScores(
        file=f"row-scores-{sha256[:16]}.bin",
        sha256=sha256,
        form="bits" if is_binary else "float32",
        unit=unit,
        arms=arms,
        seeds=seeds,
        columns=columns,
    )
    return record, content


def unpack_scores(record: RowScores, content: bytes) -> np.ndarray:
    """Return the scores in the content of a file, (arms, seeds, columns), float64.

    Raises:
        ValueError: the content is not that of the record.
    """
    if len(content) != record.size_bytes or hashlib.sha256(content).hexdigest() != record.sha256:
        raise ValueError("its row scores do not match their digest")
    shape = (record.arms, record.seeds, -1)
    if record.form == "bits":
        bits = np.unpackbits(np.frombuffer(content, np.uint8).reshape(shape), axis=2, count=record.columns)
        return bits.astype(np.float64)
    return np.frombuffer(content, "<f4").reshape(shape).astype(np.float64)
