"""The listener's door: connections are counted where they are accepted, before a word of TLS is said."""

import ipaddress
import socket
from collections import Counter
from collections.abc import Callable

# An IPv6 customer is given a network of this length; its addresses are one sender.
V6_NETWORK = 64


class Door(socket.socket):
    """A listening socket that lets in so many connections, and so many of them from one address."""

    def __init__(self, listening: socket.socket, connections: int, per_address: int) -> None:
        """Listen as `listening` does, on a descriptor of its own."""
        super().__init__(listening.family, listening.type, listening.proto, listening.dup().detach())
        self.connections, self.per_address = connections, per_address
        self.inside: Counter[str] = Counter()

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        """Let one in.

        Raises:
            ConnectionAbortedError: there are too many; this one is closed. asyncio goes on with the next.

        """
        coming, address = super().accept()
        sender = sender_of(address[0])
        if self.inside.total() >= self.connections or self.inside[sender] >= self.per_address:
            coming.close()
            raise ConnectionAbortedError(f"too many connections, {self.inside[sender]} of them from {sender}")
        self.inside[sender] += 1
        return _LetIn(coming, lambda: self._left(sender)), address

    def _left(self, sender: str) -> None:
        self.inside[sender] -= 1
        if not self.inside[sender]:
            del self.inside[sender]


class _LetIn(socket.socket):
    """A connection that tells when it is closed."""

    def __init__(self, coming: socket.socket, left: Callable[[], None]) -> None:
        super().__init__(coming.family, coming.type, coming.proto, coming.detach())
        self._leave = left

    def close(self) -> None:
        """Close it; the second time does nothing."""
        super().close()
        leave, self._leave = self._leave, lambda: None
        leave()


def sender_of(address: str) -> str:
    """Return what an address is counted as: itself, or its network where it is IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.version == 4:  # noqa: PLR2004 (the version of the protocol)
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), V6_NETWORK), strict=False))
