"""Prompts and answers beside the longest context of the models that serve them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from catalogs.architectures import ModelArchitecture, WorkloadMember
from catalogs.errors import InputError


class Models(Protocol):
    """Where models are found by name."""

    def model(self, name: str) -> ModelArchitecture:
        """Return a model by id or alias."""


def models_of(member: WorkloadMember, source: Models) -> tuple[ModelArchitecture, ...]:
    """Return the model that serves a member and, where its speculation names one, that drafts."""
    drafted = None if member.speculation is None else member.speculation.draft_model
    names = (member.model,) if drafted is None else (member.model, drafted)
    return tuple(source.model(name) for name in names)


def refuse_beyond(member: WorkloadMember, models: Iterable[ModelArchitecture]) -> None:
    """Refuse lengths above the longest context of a model, unless the member allows them.

    Parameters
    ----------
    member : WorkloadMember
    models : iterable of ModelArchitecture
        The model that serves it, and the one that drafts.

    Raises
    ------
    InputError
        Prompt and answer together are longer than a model is made for.
    """
    for text in () if member.beyond_context else _beyond(member, models):
        raise InputError(
            text,
            f"member '{member.name}'",
            "Shorten input_tokens or output_tokens, or state beyond_context = true in the member",
        )


def context_words(member: WorkloadMember, models: Iterable[ModelArchitecture]) -> tuple[str, ...]:
    """Return which lengths are above a longest context as allowed, and which context is unknown."""
    listed = tuple(models)
    unknown = (
        f"the longest context of {model.name} is unknown, so no length is checked against it"
        for model in listed
        if model.max_context_tokens is None
    )
    return (*(f"{member.name}: {text}, as stated" for text in _beyond(member, listed)), *unknown)


def _beyond(member: WorkloadMember, models: Iterable[ModelArchitecture]) -> list[str]:
    tokens = member.input_tokens + member.output_tokens
    return [
        f"prompt and answer of {tokens:,} tokens are beyond the longest context of {model.name}, "
        f"{model.max_context_tokens:,}"
        for model in models
        if model.max_context_tokens is not None and tokens > model.max_context_tokens
    ]
