"""What follows from a verdict, in words: license, exceptions, review, duty, caps, reports."""

from collections.abc import Iterable, Iterator

from constraints.check import Assessment
from constraints.licensing import Licence, LicenceException, Review
from optimizer.report.numbers import percent, text_number
from optimizer.report.words import label


def consequences(said: Assessment) -> Iterator[str]:
    """One line per consequence of a classification."""
    yield _license(said.licence)
    for exception in said.exceptions:
        yield _exception(exception)
    if said.review.policy != "none":
        yield from _review(said.review)
    duty = said.duty
    if duty.status != "not_due":
        rate = "" if duty.rate is None else f", {percent(duty.rate)} of the value"
        cite = f" ({duty.citation})" if duty.citation else ""
        yield f"US import duty: {_words(duty.status)}{rate}{cite}{_needs(duty.needs)}"
    for cap in said.volume:
        limit = f"{label(cap.measure)} at most {text_number(cap.limit)}"
        yield f"volume: {limit}, {cap.status} ({cap.citation})"
    for report in said.reporting:
        days = f" ({report.days} days before)" if report.days else ""
        yield f"reporting: {report.what}{days}"


def _words(text: str) -> str:
    return text.replace("_", " ")


def _needs(names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"; needs {listed}" if listed else ""


def _license(licence: Licence) -> str:
    rules = licence.rules or licence.open_rules
    why = f" ({', '.join(rules)})" if rules else ""
    seat = f"; by seat of the party: {', '.join(licence.by_seat)}" if licence.by_seat else ""
    return f"license: {_words(licence.status)}{why}{seat}"


def _exception(exception: LicenceException) -> str:
    head = f"exception {exception.id}: {_words(exception.status)}"
    if exception.status == "not_available":
        return head
    notice = f", {exception.notice_days} days of notice" if exception.notice_days else ""
    leaves = f"; does not lift {', '.join(exception.leaves)}" if exception.leaves else ""
    return f"{head}{notice}{leaves}{_needs(exception.needs)}"


def _review(review: Review) -> Iterator[str]:
    cite = review.citation or review.paragraph
    where = f" ({cite})" if cite else ""
    yield f"review: {_words(review.policy)}{where}{_needs(review.needs)}"
    for each in review.provided:
        yield f"review, to be shown: {each}"
    for each in review.ruled_out:
        yield f"review, shut: {each}"
