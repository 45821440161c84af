"""The answers that follow from a classification: one record each, values only."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class License:
    """Whether a license is needed: ``required``, ``not_required`` or ``undetermined``.

    Attributes
    ----------
    rules, open_rules : tuple of str
        Rules that call for it, and rules that might.
    by_seat : tuple of str
        Those among them that reach the shipment only by where the party has its seat.
    """

    status: str
    rules: tuple[str, ...] = ()
    open_rules: tuple[str, ...] = ()
    by_seat: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LicenseException:
    """A license exception: ``available``, ``not_available`` or ``undetermined``.

    Attributes
    ----------
    lifts, leaves : tuple of str
        Rules in the way that it lifts, and those that it leaves standing.
    notice_days : object
        Days of notice before the shipment; ``None`` where none is asked. [day]
    because : str
        Why it is not available; empty where it may be.
    """

    id: str
    rule: str
    status: str
    lifts: tuple[str, ...]
    leaves: tuple[str, ...]
    notice_days: Any
    notes: tuple[str, ...]
    needs: tuple[str, ...]
    citation: str
    confidence: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """How an application would be read.

    Attributes
    ----------
    policy : str
        ``presumption_of_denial``, ``case_by_case``, ``presumption_of_approval``, ``not_stated``,
        ``undetermined``, or ``none`` where no license is needed.
    provided : tuple of str
        What the applicant must still show for this policy.
    ruled_out : tuple of str
        Softer policies that are shut, each with the condition that fails.
    because : str
        Why no policy is stated: which texts were read, and what of them is open.
    """

    policy: str
    paragraph: str = ""
    provided: tuple[str, ...] = ()
    ruled_out: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    citation: str = ""
    confidence: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty on entry: ``due``, ``not_due`` or ``undetermined``, with its rate. [share of value]

    It falls due where the item enters the country that levies it, whatever its destination.

    Attributes
    ----------
    carve_out, unless : str, tuple of str
        The exclusion that frees the item, and those whose facts are not stated.
    """

    status: str
    paragraph: str = ""
    heading: str = ""
    rate: Any = None
    carve_out: str = ""
    unless: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    citation: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class VolumeCap:
    """A cap on shipments: ``within``, ``exceeded`` or ``open``."""

    paragraph: str
    measure: str
    limit: Any
    value: Any
    status: str
    note: str
    citation: str


@dataclass(frozen=True, slots=True)
class ReportingDuty:
    """Something to send before or with a shipment; ``certain`` is false while a fact is open."""

    paragraph: str
    what: str
    days: Any
    certain: bool
    citation: str


@dataclass(frozen=True, slots=True)
class Licensing:
    """Every consequence of a classification for one destination."""

    license: License
    exceptions: tuple[LicenseException, ...]
    review: Review
    duty: Duty
    volume: tuple[VolumeCap, ...]
    reporting: tuple[ReportingDuty, ...]
