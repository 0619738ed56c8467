"""Receipt stage: delivery notes and receipt reports, from files by their layouts and from JSON messages."""

from .delivery_note import LAYOUT as DELIVERY_NOTE
from .inbound_report import LAYOUT as INBOUND_REPORT
from .layout import NoticeLayout, notices_of
from .notice import Notice, NoticeLine
from .payload import notice_of
from .rukudan import LAYOUT as RUKUDAN
from .wareneingang import LAYOUT as WARENEINGANG

# Exactly one must recognise a file.
LAYOUTS: tuple[NoticeLayout, ...] = (DELIVERY_NOTE, RUKUDAN, INBOUND_REPORT, WARENEINGANG)

__all__ = ["LAYOUTS", "Notice", "NoticeLayout", "NoticeLine", "notice_of", "notices_of"]
