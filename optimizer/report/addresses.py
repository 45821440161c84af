"""Addresses that the product itself cites: the only ones that a page makes into links."""

from functools import cache


@cache
def known_addresses() -> frozenset[str]:
    """Addresses of the built-in sources and of the texts of the built-in law.

    A record or a rule of the user may cite any other; it is printed, never linked.

    Examples
    --------
    >>> "https://www.federalregister.gov/d/2024-07004" in known_addresses()
    True
    """
    from catalogs import load_catalog
    from constraints import load_law
    from constraints.destinations import load_destinations

    packs = load_law().packs.values()
    places = load_destinations()
    return frozenset(
        url
        for url in (
            *(source.url for source in load_catalog(ambient=False).sources.values()),
            *(version.citation.url for pack in packs for version in pack.versions),
            places.url,
            *(change.url for change in places.changes),
        )
        if url
    )
