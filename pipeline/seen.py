"""Which records of a file came before, told by their content keys."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """The keys of one block, ascending, and between which instants its passages lie."""

    first_ms: int
    last_ms: int
    keys: NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class SeenKeys:
    """The content keys of one file's blocks, 8 bytes a record."""

    blocks: list[_Block] = field(default_factory=list)

    def repeated(self, passed_at_ms: NDArray[np.int64], keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell which records (N,) of the next block equal an earlier one of it or of the blocks before."""
        ascending = np.sort(keys)
        result = np.zeros(len(keys), dtype=bool)
        if (ascending[1:] == ascending[:-1]).any():
            result[:] = True
            result[np.unique(keys, return_index=True)[1]] = False
        block = _Block(first_ms=int(passed_at_ms.min()), last_ms=int(passed_at_ms.max()), keys=ascending)
        for other in self.blocks:
            # Equal records have equal times, and few blocks of a file overlap in time.
            if other.first_ms <= block.last_ms and block.first_ms <= other.last_ms:
                within = np.flatnonzero((passed_at_ms >= other.first_ms) & (passed_at_ms <= other.last_ms))
                place = np.searchsorted(other.keys, keys[within]).clip(max=len(other.keys) - 1)
                result[within] |= other.keys[place] == keys[within]
        self.blocks.append(block)
        return result
