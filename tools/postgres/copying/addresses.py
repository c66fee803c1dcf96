"""Network addresses for network addresses: those that share a network still do."""

import hashlib
import ipaddress
import re

_GROUPS = {1: range(10), 2: range(10, 100), 3: range(100, 256)}
"""Octets by the digits they are written with."""


class Octets:
    """Permutes each octet under the octets before it, so that addresses of one network stay in one network.

    Octets of one, two and three digits are permuted among themselves: an address is written as long as before. After
    J. Fan et al., Prefix-preserving IP address anonymization (Crypto-PAn), Computer Networks 46 (2004), by octets.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._tables: dict[bytes, bytes] = {}

    def address(self, text: str) -> str:
        """An address or network in any form PostgreSQL prints: `10.0.0.1`, `10.0.0.0/8`, `::1`. Empty for others."""
        try:
            interface = ipaddress.ip_interface(text)
        except ValueError:
            return ""
        bits = interface.network.prefixlen
        packed = interface.ip.packed
        made = bytearray()
        for at, octet in enumerate(packed):
            made.append(self._table(bytes(packed[:at]), len(packed))[octet])
        if interface.ip == interface.network.network_address and bits < interface.max_prefixlen:
            # A network has no host part, and must not get one.
            made = bytearray(
                (int.from_bytes(made) >> (8 * len(made) - bits) << (8 * len(made) - bits)).to_bytes(len(made))
            )
        shown = str(ipaddress.ip_address(bytes(made)))
        return shown + text[text.index("/") :] if "/" in text else shown

    def another(self, form: str, number: int) -> str:
        """An address in another network, that is written with as many digits in each octet."""
        noise = hashlib.shake_128(self._key + b"another%d:" % number + form.encode()).digest(4)
        made = []
        for at, (octet, byte) in enumerate(zip(form.split("."), noise, strict=True)):
            group = [each for each in _GROUPS[len(octet)] if at or each != int(octet)]
            made.append(str(group[byte % len(group)]))
        return ".".join(made)

    def hardware(self, text: str) -> str:
        """A MAC address for another."""
        noise = iter(hashlib.shake_128(self._key + b"mac" + text.lower().encode()).hexdigest(len(text)))
        return re.sub("[0-9a-fA-F]", lambda _: next(noise), text)

    def _table(self, before: bytes, length: int) -> bytes:
        known = self._tables.get(before)
        if known is None:
            noise = hashlib.shake_128(self._key + b"octet%d:" % length + before).digest(1024)
            groups = _GROUPS.values() if length == 4 else [range(256)]
            table = bytearray(256)
            for group in groups:
                order = sorted(group, key=lambda at: noise[4 * at : 4 * at + 4])
                for one, other in zip(order, order[1:] + order[:1], strict=True):
                    table[one] = other
            self._tables[before] = known = bytes(table)
        return known
