"""Records that say they were measured after they arrived: no case may rest on such a clock."""

from dataclasses import replace

import numpy as np

from models.values.timeline import from_ms
from stations.formats.base import Block, Problem
from stations.station import Station


def without_future(block: Block, latest_ms: int, station: Station) -> Block:
    """Return the block with its records of after `latest_ms` among the problems."""
    batch = block.batch
    ahead = batch.passed_at_ms > latest_ms
    if not ahead.any():
        return block
    problems = [
        Problem(
            row=int(batch.row[position]),
            column="time",
            code="future",
            reason=(
                f"the record's time {from_ms(int(batch.passed_at_ms[position]), station.zone)} lies in the"
                f" future; it came by {from_ms(latest_ms, station.zone)} at the latest"
            ),
            raw=str(batch.serial[position]),
        )
        for position in np.flatnonzero(ahead).tolist()
    ]
    return replace(block, batch=batch.take(~ahead), problems=[*block.problems, *problems])
