"""Frozen dataclasses to JSON text and back; unknown keys are errors."""

import dataclasses
import json
import types
import typing
from typing import Any, TypeVar

from manyfaces.core.errors import ConfigError

T = TypeVar("T")


def to_dict(config: Any) -> dict[str, Any]:
    """Turn a (nested) dataclass into plain dicts, lists and scalars."""
    return dataclasses.asdict(config)


def to_json(config: Any) -> str:
    """Turn a (nested) dataclass into indented JSON text."""
    return json.dumps(to_dict(config), indent=2) + "\n"


def from_dict(cls: type[T], values: dict[str, Any], where: str = "") -> T:
    """Build the dataclass `cls` from plain values.

    Args:
        cls: a dataclass type.
        values: its fields by name; nested dataclasses as dicts.
        where: path of the value in the whole, for messages.

    Raises:
        ConfigError: a key is unknown, a required one missing, or a scalar of the wrong type.
    """
    where = where or cls.__name__
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise ConfigError(f"{where} has no key {', '.join(unknown)}", f"known keys: {', '.join(fields)}")
    hints = typing.get_type_hints(cls)
    built = {name: _convert(hints[name], value, f"{where}.{name}") for name, value in values.items()}
    missing = [
        n
        for n, f in fields.items()
        if n not in built and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ConfigError(f"{where} lacks {', '.join(missing)}")
    return cls(**built)


def from_json(cls: type[T], text: str) -> T:
    """Build the dataclass `cls` from JSON text.

    Raises:
        ConfigError: the text is not a JSON object or does not fit.
    """
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{cls.__name__} is not valid JSON: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{cls.__name__} must be a JSON object")
    return from_dict(cls, values)


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise ConfigError(f"{where} must be a group of keys, got {value!r}")
        return from_dict(typing.cast(type, hint), value, where)
    if origin is tuple:
        return _convert_tuple(args, value, where)
    if origin is typing.Literal:
        if value not in args:
            raise ConfigError(f"{where} is {value!r}", f"valid: {', '.join(map(repr, args))}")
        return value
    if origin in (typing.Union, types.UnionType):
        return _convert_union(args, value, where)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    kind = origin or hint
    if kind in (int, float, str, bool, list, dict) and type(value) is not kind:
        raise ConfigError(f"{where} must be {kind.__name__}, got {value!r}")
    return value


def _convert_tuple(args: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise ConfigError(f"{where} must be a list, got {value!r}")
    hints = [args[0]] * len(value) if args[-1] is Ellipsis else list(args)
    if len(hints) != len(value):
        raise ConfigError(f"{where} needs {len(hints)} values, got {len(value)}")
    return tuple(_convert(h, v, f"{where}[{i}]") for i, (h, v) in enumerate(zip(hints, value, strict=True)))


def _convert_union(args: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in args:
        return None
    refusals: list[ConfigError] = []
    # The exact type first: 3 in an `int | float` stays whole.
    for hint in sorted((a for a in args if a is not type(None)), key=lambda a: type(value) is not a):
        try:
            return _convert(hint, value, where)
        except ConfigError as refusal:
            refusals.append(refusal)
    raise refusals[0]
