"""Where a request comes from, as far as what stands in front of us can be believed."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings

NETWORK_V6 = 64
"""Bits of an IPv6 address that name a customer of a provider, who has all the others to choose from (RFC 6177)."""


def client_address(meta: Mapping[str, Any]) -> str:
    """The address that a request came from: the socket's, or what TRUSTED_PROXIES of ours saw before them.

    Each proxy adds to the end of X-Forwarded-For whom it was talking to. All further to the left is the client's own.
    `meta` is a WSGI environment's; an entry that is no address says nothing, and the socket's counts.
    """
    connected = str(meta.get("REMOTE_ADDR", ""))
    if not settings.TRUSTED_PROXIES:
        return connected
    seen = str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")[-settings.TRUSTED_PROXIES :]
    return _address(seen[0]) or connected


@functools.lru_cache(maxsize=4096)
def network(address: str) -> str:
    """What is counted as one client: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), NETWORK_V6), strict=False))


@functools.lru_cache(maxsize=4096)
def _address(entry: str) -> str:
    """The address in an entry, without the port that some proxies add; empty where there is none."""
    text = entry.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""
