"""From a TOML table to a record; every fault is named with its field, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from catalogs.errors import InputError, collected, near_matches

M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], data: Mapping[str, Any], where: str, context: Any = None) -> M:
    """Return the record that a table holds.

    Parameters
    ----------
    model : type
        Record class.
    data : mapping
        The table as read.
    where : str
        File, for messages.
    context : optional
        What the record needs to know to complete itself.

    Raises
    ------
    InputError
        With all faults of the table: unknown fields with near matches, missing and wrong values.

    Examples
    --------
    >>> from catalogs.facts import Source
    >>> validated(Source, {"id": "x", "titel": "X", "kind": "press", "seen": "copy"}, "my.toml")
    Traceback (most recent call last):
    ...
    catalogs.errors.InputError: my.toml: 2 faults
      title: is missing
      titel: unknown field. Did you mean 'title'?
    """
    try:
        return model.model_validate(data, context=context)
    except ValidationError as error:
        items = [dict(item) for item in error.errors(include_url=False)]
        faults = [_fault(model, item) for item in items if not _echo(item, items)]
        raise collected(faults, where) from error
    except InputError as error:
        raise InputError(error.what, error.where or where, error.remedy) from error


def _echo(item: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a list is called too short only because its own items are at fault."""
    loc = item["loc"]
    return item["type"] == "too_short" and any(
        other["loc"][: len(loc)] == loc for other in others if len(other["loc"]) > len(loc)
    )


def _fault(model: type[BaseModel], item: dict[str, Any]) -> str:
    """Return one fault as 'field: what is wrong'."""
    path = ".".join(str(step) for step in item["loc"])
    match item["type"]:
        case "extra_forbidden":
            parent: Any = model
            for step in item["loc"][:-1]:
                parent = _inner(parent, step)
            fields = list(parent.model_fields) if parent is not None else []
            hint = near_matches(str(item["loc"][-1]), fields) or ""
            return f"{path}: unknown field. {hint}".rstrip()
        case "missing":
            return f"{path}: is missing"
        case "value_error":
            return f"{path}: {item['ctx']['error']}" if path else str(item["ctx"]["error"])
        case "too_short":
            return f"{path}: needs at least {item['ctx']['min_length']}, has none"
        case _:
            message = f"{item['msg'][0].lower()}{item['msg'][1:]}"
            said = f"{message}, not {_shown(item['input'])}"
            return f"{path}: {said}" if path else said


def _shown(value: Any) -> str:
    """Return a wrong value in the words of the file that it came from."""
    match value:
        case bool():
            return str(value).lower()
        case Decimal():
            return str(value).lower()
        case Mapping():
            return "a table"
        case list() | tuple():
            return "a list"
        case _:
            return repr(value)


def _inner(model: Any, step: str | int) -> Any:
    """Return the table class of a field, through tuples and optional types."""
    if isinstance(step, int) or model is None or step not in model.model_fields:
        return model if isinstance(step, int) else None
    annotation = model.model_fields[step].annotation
    options = (annotation, *getattr(annotation, "__args__", ()))
    return next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)
