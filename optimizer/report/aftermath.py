"""What follows from a verdict, in words: license, exceptions, review, duty, caps, reports."""

from collections.abc import Iterable, Iterator, Mapping

from constraints.check import Assessment
from constraints.licensing import License, LicenseException, Review
from constraints.remarks import NOT_IN_FORCE
from optimizer.report.numbers import percent, text_number
from optimizer.report.words import label

# How the lines of a matter begin, and what is said of it where there are none.
MATTERS: Mapping[str, str] = {
    "license: ": "license: not required",
    "exception ": "exceptions: none named",
    "review": "review: none, no license is needed",
    "US import duty: ": "US import duty: not due",
    "volume: ": "volume: no cap",
    "reporting: ": "reporting: none",
}


def every_matter(said: Assessment) -> Iterator[str]:
    """Every consequence, and of each matter without one that there is none."""
    told = tuple(consequences(said))
    freed = f", freed by {said.duty.carve_out}" if said.duty.carve_out else ""
    for start, none in MATTERS.items():
        lines = [line for line in told if line.startswith(start)]
        yield from lines or [none + (freed if start.startswith("US import duty") else "")]


def consequences(said: Assessment) -> Iterator[str]:
    """One line per consequence of a classification."""
    free = said.elsewhere and said.license.status == "not_required"
    place = f" to {said.destination}" if free else ""
    yield _license(said.license, said.beyond_law, place)
    for exception in said.exceptions:
        yield _exception(exception)
    if said.review.policy != "none":
        yield from _review(said.review)
    duty = said.duty
    if duty.status != "not_due":
        rate = "" if duty.rate is None else f", {percent(duty.rate)} of the value"
        cite = f" ({duty.citation})" if duty.citation else ""
        unless = f"; unless freed by {'; '.join(duty.unless)}" if duty.unless else ""
        yield (
            f"US import duty: {_words(duty.status)} if the item enters the United States"
            f"{rate}{cite}{_needs(duty.needs)}{unless}"
        )
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


def _license(needed: License, beyond: Mapping[str, str], place: str) -> str:
    rules = needed.rules or needed.open_rules
    marked = (f"{r}: {NOT_IN_FORCE[beyond[r]]}" if r in beyond else r for r in rules)
    why = f" ({', '.join(marked)})" if rules else ""
    seat = f"; by seat of the party: {', '.join(needed.by_seat)}" if needed.by_seat else ""
    status = _words(needed.status)
    if rules and all(rule in beyond for rule in rules) and needed.status == "required":
        status = "would be required"
    return f"license: {status}{place}{why}{seat}"


def _exception(exception: LicenseException) -> str:
    head = f"exception {exception.id}: {_words(exception.status)}"
    if exception.status == "not_available":
        return f"{head}: {exception.because}" if exception.because else head
    notice = f", {exception.notice_days} days of notice" if exception.notice_days else ""
    leaves = f"; does not lift {', '.join(exception.leaves)}" if exception.leaves else ""
    return f"{head}{notice}{leaves}{_needs(exception.needs)}"


def _review(review: Review) -> Iterator[str]:
    cite = review.citation or review.paragraph
    where = f" ({cite})" if cite else ""
    why = f": {review.because}" if review.because else ""
    yield f"review: {_words(review.policy)}{where}{why}{_needs(review.needs)}"
    for each in review.provided:
        yield f"review, to be shown: {each}"
    for each in review.ruled_out:
        yield f"review, shut: {each}"
