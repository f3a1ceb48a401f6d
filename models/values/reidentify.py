"""Words of telling vehicles apart by their axles."""

from models.values.labelled import Labelled


class ConflictKind(Labelled):
    """Why two passages with one plate can't be one vehicle."""

    SIGNATURE = "signature", "轴距特征不符"
    TRAVEL_TIME = "travel_time", "行程时间不可能"
