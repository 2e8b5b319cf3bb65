"""What an answer needs to know of a collection; `schemas.collection.Collection` fits without a conversion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from domain.organisations import Service
from domain.periods import Period


class CollectionFacts(Protocol):
    """The facts of one collection that appear in what people read."""

    @property
    def code(self) -> str:
        """`N1A`."""
        ...

    @property
    def label(self) -> str:
        """Its French name."""
        ...

    def service_in(self, period: Period | None) -> Service | None:
        """Whose contacts are told about a period, None: everybody's."""
        ...

    @property
    def cases(self) -> bool:
        """Whether its records are about persons: no mail quotes a value."""
        ...

    @property
    def expected_lines(self) -> bool:
        """Whether a line is owed for each CIL/CCI of the platform."""
        ...

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that it is about: its own, or those of its records."""
        ...

    @property
    def alerts(self) -> tuple[str, ...]:
        """Rules whose remark is told to the central body at once."""
        ...


Known = Mapping[str, CollectionFacts]
"""Collections by their code."""
