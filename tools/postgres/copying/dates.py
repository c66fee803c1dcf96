"""Days of birth for other days, a year away at most."""

import hashlib
import re
from datetime import date, timedelta

_DAYS = 366
_DAY = re.compile(r"(\d{4,})-(\d\d)-(\d\d)(.*)\Z", re.S)
_TIME = re.compile(r"( )(\d\d):(\d\d):(\d\d)(.*)\Z", re.S)
_EARLIEST = date(1, 1, 1).toordinal()
_LATEST = date(9999, 12, 31).toordinal()


class Days:
    """Turns every window of 366 days by a number of days of its own: one to one, never the same day.

    The order is kept between windows, not within one.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._begin = int.from_bytes(hashlib.shake_128(key + b"days").digest(4)) % _DAYS

    def day(self, text: str) -> str:
        """A date or timestamp as ISO 8601 prints it; `infinity` stays, what Python cannot count becomes 1900-01-01."""
        found = _DAY.match(text)
        if found is None or text.endswith("BC"):
            return text if text.lstrip("-") == "infinity" else "1900-01-01"
        try:
            ordinal = date(int(found[1]), int(found[2]), int(found[3])).toordinal()
        except ValueError:
            return "1900-01-01"
        window, at = divmod(ordinal - self._begin, _DAYS)
        noise = hashlib.shake_128(self._key + b"window%d" % window).digest(8)
        at = (at + 1 + int.from_bytes(noise[:4]) % (_DAYS - 1)) % _DAYS
        made = date.fromordinal(min(_LATEST, max(_EARLIEST, window * _DAYS + at + self._begin)))
        return made.isoformat() + _turned(found[4], int.from_bytes(noise[4:]))


def _turned(time: str, by: int) -> str:
    found = _TIME.match(time)
    if found is None:
        return time
    seconds = (int(found[2]) * 3600 + int(found[3]) * 60 + int(found[4]) + 1 + by % 86_399) % 86_400
    return f" {timedelta(seconds=seconds)!s:0>8}{found[5]}"
