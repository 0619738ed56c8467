"""Days and moments: a moment is stored in UTC, and the zone of the shop or account says which day it is."""

from datetime import datetime

import pytz

from odoo.tools import SQL


def local_day(moment, zone):
    """SQL of the day that a stored moment falls on in a zone.

    :param moment: SQL of a timestamp without time zone, as Odoo stores them
    :param zone: SQL of the name of the zone
    """
    return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", moment, zone)


def day_of(moment, zone):
    """The day that a naive UTC moment falls on in a zone."""
    return pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).date()


def to_utc(text, zone):
    """Naive UTC moment of local text `YYYY-MM-DD HH:MM:SS` in `zone`; empty gives False."""
    if not text:
        return False
    moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
    return pytz.timezone(zone).localize(moment).astimezone(pytz.utc).replace(tzinfo=None)
