"""What all HTML pages share: templates that escape whatever came from the user's program, and the files beside them."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from wellfit.report.naming import printable


@cache
def environment() -> Environment:
    """Of the templates of this package."""
    return Environment(
        loader=PackageLoader("wellfit.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(name: str) -> str:
    """The text of a file beside the templates."""
    templates = environment()
    if templates.loader is None:
        raise RuntimeError("the page's environment has a loader")
    return templates.loader.get_source(templates, name)[0]


def _finalize(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
