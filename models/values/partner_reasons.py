"""Why a case moved because of another agency; the value is the reason of its step."""

from models.values.labelled import Labelled


class PartnerReason(Labelled):
    """What another agency's claim on the same act did to an own case."""

    PARTNER_FIRST = "partner_first", "同一违法行为已由在先的互认申请占用"
    PARTNER_FINED = "partner_fined", "对方已作出处罚决定"
    FINE_ANNULLED = "fine_annulled", "对方的处罚决定已撤销"
    RULED = "ruled", "裁定由对方办理"
    GOES_ON = "goes_on", "对方已解除，原案继续办理"
    FILED_AGAIN = "filed_again", "对方已解除，重新立案并保留原立案先后次序"
    REVOKED_BEFORE = "revoked_before", "恢复备份之前已撤销处罚决定并告知对方"
    TIME_BARRED = "time_barred", "对方解除时已过追究时效"
