"""Which models a protocol is asked to measure."""

from manyfaces.pipeline.catalogue import MODELS, own_models

DEFAULT_MODEL = "ofer-open"
ALL_MODELS = "all"


def named_models(text: str) -> list[str]:
    """Names with commas between them; `all` is every model that ships, was imported or was trained here."""
    if text == ALL_MODELS:
        return [model.name for model in MODELS] + own_models()
    return list(dict.fromkeys(name.strip() for name in text.split(",")))
