"""Choice: something a recipe picks by name, with settings; checked against the function that will get them."""

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from grounder.errors import SpecError
from training.values import is_number


@dataclass(frozen=True, slots=True)
class Choice:
    """A name and its settings."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def check(
        self,
        table: Mapping[str, Callable[..., Any]],
        what: str,
        *,
        positive: Collection[str] = (),
        not_negative: Collection[str] = (),
    ) -> None:
        """See that `table` has the name, and its function the settings, with values like its defaults.

        Args:
            table: name to function; settings are its keyword-only arguments with a default.
            what: what is chosen, for the message.
            positive: settings that must be above 0, whatever has them.
            not_negative: settings that must be 0 or above.

        Raises:
            SpecError: it does not fit; the message lists what is there.
        """
        if self.name not in table:
            raise SpecError(f"No {what} is called {self.name!r}. Choose from: {', '.join(table)}.")
        known = settings_of(table[self.name])
        for name, value in self.settings.items():
            if name not in known:
                raise SpecError(
                    f"The {what} {self.name!r} has no setting {name!r}. It has: {', '.join(known) or 'none'}."
                )
            place = f"The setting {name!r} of the {what} {self.name!r} is {value!r}"
            if not _is_like(known[name], value):
                raise SpecError(f"{place}; it must be like {known[name]!r}.")
            if name in positive and value <= 0:
                raise SpecError(f"{place}; it must be above 0.")
            if name in not_negative and value < 0:
                raise SpecError(f"{place}; it must be 0 or above.")


def _is_like(default: Any, value: Any) -> bool:
    """Tell whether a setting is of the kind of its default."""
    if isinstance(default, float):
        return is_number(value)
    return isinstance(value, type(default)) and not isinstance(value, bool)


def settings_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the settings of a function with their defaults."""
    return {
        parameter.name: parameter.default
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is not parameter.empty
    }
