"""What `wellfit batch` found, as one HTML page that stands by itself."""

from markupsafe import Markup

from wellfit.model.batch import BatchAnswer
from wellfit.report.batch import facts, headline
from wellfit.report.page import asset, environment
from wellfit.report.plot import HEIGHT, LEFT, RIGHT, TOP, WIDTH
from wellfit.report.size_figure import draw_memory, draw_throughput


def render(answer: BatchAnswer) -> str:
    """The page.

    Args:
        answer: with or without a size.
    """
    figures = (draw_throughput(answer), draw_memory(answer))
    template = environment().get_template("batch.html.jinja")
    return template.render(
        answer=answer,
        headline=headline(answer),
        facts=list(facts(answer)),
        figures=[figure for figure in figures if figure is not None],
        frame={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP},
        style=Markup(asset("report.css")),  # noqa: S704 - a file of this package, no text of the user's
    )
