"""Where a request comes from, as limits count it: one house or one person, as far as an address tells."""

from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network

_SITE = 64  # bits of an IPv6 address that a provider gives to one customer at least (RFC 6177)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: how a machine without IPv4 is shown who comes by it


def source_of(address: str | None) -> str:
    """Return what all addresses of one source share: IPv4 /32, IPv6 /64.

    An IPv4 address is the same however it is written, as `::ffff:192.0.2.1` too. What is no address is one source.
    """
    try:
        found = ip_address(_without_port(address or ""))
    except ValueError:
        return "unknown"
    if isinstance(found, IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    if found in _NAT64:
        return str(IPv4Address(int(found) & 0xFFFFFFFF))
    return str(ip_network((int(found), _SITE), strict=False))


def _without_port(address: str) -> str:
    """Return an address without the port that some proxies write behind it: `192.0.2.1:80`, `[2001:db8::1]:80`."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
