"""What a workload states of its deployment: contexts, a pool for prompts, prefixes, drafts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from catalogs.architectures import ModelArchitecture, Workload, WorkloadMember
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


def deployment_words(workload: Workload, models: Models) -> tuple[str, ...]:
    """Return what a pool of its own for the prompts, long contexts, prefixes and drafts assume."""
    found = []
    pool = workload.prefill
    if pool is not None:
        found.append(
            f"prompts are read by a pool of {pool.sku}, in the ratio at which both pools are full; "
            "throughput counts the chips of both; that part is not classified here"
        )
    for member in workload.members:
        found += context_words(member, models_of(member, models))
        if pool is not None and member.ttft_limit_ms is None:
            found.append(
                f"{member.name}: no limit of the first token is stated, so the prefill pool is "
                "always busy and its queue has no end: the first token has no mean"
            )
        if member.prefix_cached_share:
            found.append(
                f"{member.name}: {member.prefix_cached_share} of each prompt is found in the "
                f"cache as stated, held {member.prefix_held}; no measured row states a share"
            )
        if member.layout is not None:
            found.append(f"{member.name}: the layout {member.layout} is stated, not chosen")
        how = member.speculation
        if how is not None:
            found.append(
                f"{member.name}: {how.draft_tokens} drafted tokens a step, each kept with "
                f"{how.acceptance} as stated: {how.tokens_per_step:.10g} tokens a step; no "
                "measured row with a stated acceptance is in the interval"
            )
    return tuple(found)


def _beyond(member: WorkloadMember, models: Iterable[ModelArchitecture]) -> list[str]:
    return beyond_context(member.input_tokens + member.output_tokens, models)


def beyond_context(tokens: int, models: Iterable[ModelArchitecture]) -> list[str]:
    """Return, of each model that is not made for so many tokens, that it is not."""
    return [
        f"prompt and answer of {tokens:,} tokens are beyond the longest context of {model.name}, "
        f"{model.max_context_tokens:,}"
        for model in models
        if model.max_context_tokens is not None and tokens > model.max_context_tokens
    ]
