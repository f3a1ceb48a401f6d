"""What becomes of a document's number."""

from models.values.labelled import Labelled


class DocumentState(Labelled):
    """How far a numbered document has come; the value is the word in database and log."""

    RESERVED = "reserved", "已编号，未签章"
    SEALED = "sealed", "已签章"
    VOID = "void", "已作废"
