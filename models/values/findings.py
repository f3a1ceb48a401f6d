"""Findings: the flags a passage may carry, and the doubts an officer must settle."""

from models.values.labelled import Labelled


class FindingKind(Labelled):
    """What is suspected of a passage; the value is the word in database, export and log."""

    OVERLOAD = "overload", "涉嫌超限"
    PLATE_UNREAD = "plate_unread", "超限车辆号牌无法识别"


class Doubt(Labelled):
    """What is uncertain about a finding beyond its record's quality codes."""

    LAYOUT_OPEN = "layout_open", "轴距不足以判定车型布局，按同轴数最高限值计算"
    NO_FRAME = "no_frame", "没有可用于识别号牌的抓拍图片"
    FRAME_DAMAGED = "frame_damaged", "抓拍图片不完整或无法打开"
    PLATE_DISAGREES = "plate_disagrees", "识别的号牌与站点上传的号牌不一致"
    FRAMES_DISAGREE = "frames_disagree", "各抓拍图片识别的号牌不一致"
