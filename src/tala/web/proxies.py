"""Who asks and over what, where reverse proxies stand in front.

What a proxy says of a request is believed only of proxies the settings name: anybody can write a header.
"""

from collections.abc import MutableMapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

type Networks = Sequence[IPv4Network | IPv6Network]

_MOST_HOPS = 32
_SECURE = {"http": "https", "ws": "wss"}


def restore(scope: MutableMapping[str, Any], trusted: Networks) -> None:
    """Put the visitor's own address and scheme into an ASGI scope that came through a trusted proxy.

    The address is the last entry of X-Forwarded-For that is no trusted proxy: what stands before it was
    written by the visitor. A scope from any other peer stays as it is.
    """
    peer = scope.get("client")
    if not trusted or not peer or not _is_trusted(peer[0], trusted):
        return
    if address := _visitor(_header(scope, b"x-forwarded-for"), trusted):
        scope["client"] = (address, 0)
    if _header(scope, b"x-forwarded-proto").rpartition(",")[2].strip().lower() in ("https", "wss"):
        scope["scheme"] = _SECURE.get(scope["scheme"], scope["scheme"])


def _visitor(forwarded: str, trusted: Networks) -> str:
    """The last address that is not a trusted proxy's, else the first; empty where there is none."""
    found = ""
    for entry in reversed(forwarded.split(",")[-_MOST_HOPS:]):
        try:
            found = str(ip_address(_bare(entry)))
        except ValueError:
            break  # who wrote this is not known, so nothing before it counts either
        if not _is_trusted(found, trusted):
            break
    return found


def _bare(entry: str) -> str:
    """An address without the port and brackets some proxies write."""
    entry = entry.strip()
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def _is_trusted(address: str, trusted: Networks) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(known, "ipv4_mapped", None)  # a socket for both versions names IPv4 peers so
    return any((mapped or known) in network for network in trusted)


def _header(scope: MutableMapping[str, Any], name: bytes) -> str:
    values = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
    return ",".join(values)
