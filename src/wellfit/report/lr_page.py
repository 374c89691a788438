"""What `wellfit lr` found, as one HTML page that stands by itself."""

from markupsafe import Markup

from wellfit.model.lr import RateAnswer
from wellfit.report.lr import facts, headline
from wellfit.report.page import asset, environment
from wellfit.report.plot import HEIGHT, LEFT, RIGHT, TOP, WIDTH
from wellfit.report.rate_figure import draw


def render(answer: RateAnswer) -> str:
    """The page.

    Args:
        answer: with or without a rate.
    """
    template = environment().get_template("lr.html.jinja")
    return template.render(
        answer=answer,
        headline=headline(answer),
        facts=list(facts(answer)),
        figure=draw(answer),
        frame={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP},
        style=Markup(asset("report.css")),  # noqa: S704 - a file of this package, no text of the user's
    )
