"""Every stage: a font that knows Chinese, put into the file if the server has one."""

import logging
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from odoo import tools

_logger = logging.getLogger(__name__)

# TrueType outlines only; the first one that is there is taken. Debian: fonts-wqy-zenhei, fonts-wqy-microhei,
# fonts-arphic-uming.
FILES = ("wqy-zenhei.ttc", "wqy-microhei.ttc", "uming.ttc")
# Where distributions put fonts, and the same beside an Odoo that is unpacked elsewhere.
FOLDERS = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts")]
FOLDERS += [prefix / "share" / "fonts" for prefix in list(Path(tools.__file__).parents)[5:6]]
# Readers that have Asian fonts show it without having it in the file.
FALLBACK = "STSong-Light"


def font_name():
    """The name of the registered font."""
    path = _found()
    return _embedded(path) or _fallback() if path else _fallback()


@cache
def _found():
    for name in FILES:
        for folder in FOLDERS:
            path = next(folder.rglob(name), None)
            if path:
                return path
    _logger.info("Paper is printed without a font of its own: none of %s is here.", ", ".join(FILES))
    return None


@cache
def _embedded(path):
    try:
        pdfmetrics.registerFont(TTFont(path.stem, str(path), subfontIndex=0))
    except (TTFError, OSError):
        _logger.warning("The font %s cannot be read.", path, exc_info=True)
        return None
    return path.stem


@cache
def _fallback():
    pdfmetrics.registerFont(UnicodeCIDFont(FALLBACK))
    return FALLBACK
