"""Which models a protocol is asked to measure."""

from manyfaces.pipeline.catalogue import names_of

DEFAULT_MODEL = "ofer-open"
ALL_MODELS = "all"


def named_models(text: str) -> list[str]:
    """Names with commas between them; `all` is every model of OFER: shipped, imported or trained here."""
    if text == ALL_MODELS:
        return names_of("ofer")
    return list(dict.fromkeys(name.strip() for name in text.split(",")))
