"""What kinds of bad input there are, in the words that people read; the details are told beside them."""

from models.values.labelled import Labelled


class ProblemKind(Labelled):
    """Why a file or a row lies in quarantine; the value is the code that formats and intake give."""

    EMPTY = "empty", "没有记录"
    HEADER = "header", "表头不符"
    DELIMITER = "delimiter", "分隔符不符"
    MISSING_COLUMN = "missing_column", "缺少列"
    UNKNOWN_COLUMN = "unknown_column", "有未知的列"
    REPEATED_COLUMN = "repeated_column", "列重复"
    ENCODING = "encoding", "文字编码不符"
    BINARY = "binary", "不是文本文件"
    OTHER_FORMAT = "other_format", "格式不符"
    TOO_LARGE = "too_large", "文件过大"
    BAD_JSON = "bad_json", "JSON 格式错误"
    TOO_MANY_PROBLEMS = "too_many_problems", "无法读取的记录过多"
    UNREADABLE = "unreadable", "文件无法读取"
    NO_IMAGE = "no_image", "图片无法打开"
    NO_CLIP = "no_clip", "视频片段过大"
    UNKNOWN_KIND = "unknown_kind", "文件类型无法识别"
    LINE_TOO_LONG = "line_too_long", "记录过长"
    LINE_TOO_SHORT = "line_too_short", "记录过短"
    CUT_OFF = "cut_off", "字段不完整"
    FIELD_COUNT = "field_count", "字段个数不符"
    MISSING_VALUE = "missing_value", "缺少数值"
    BAD_INTEGER = "bad_integer", "应为整数"
    BAD_NUMBER = "bad_number", "应为数字"
    BAD_TIME = "bad_time", "时间无法读取"
    NO_SUCH_TIME = "no_such_time", "当地没有这个时间"
    FUTURE = "future", "时间在将来"
    CONFLICT = "conflict", "与已接收的记录矛盾"
    WRONG_STATION = "wrong_station", "属于其他检测点"
    UNSAFE_NAME = "unsafe_name", "文件名不能使用"
    REPEATED_KEY = "repeated_key", "同一字段出现两次"
    AXLE_COUNT = "axle_count", "轴数与轴重不符"
    AXLES = "axles", "轴数过多"
    OTHER_RECORD = "other_record", "不是称重记录"
    BAD_CLASS = "bad_class", "车型代码不符"
    NO_TYPE = "no_type", "缺少记录类型"
    UNKNOWN_BLOCK = "unknown_block", "数据段未知"
    REPEATED_BLOCK = "repeated_block", "数据段重复"
    MISSING = "missing", "缺少字段"
    EXTRA_FORBIDDEN = "extra_forbidden", "有未知的字段"
    STRING_TYPE = "string_type", "应为文字"
    STRING_PATTERN_MISMATCH = "string_pattern_mismatch", "写法不符"
    # A schema library names many more.
    OTHER = "other", "内容不符合要求"

    @classmethod
    def _missing_(cls, _: object) -> "ProblemKind":
        """Return the words for what has none of its own."""
        return cls.OTHER
