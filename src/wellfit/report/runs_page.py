"""Two recorded runs side by side, as one HTML page that stands by itself."""

from markupsafe import Markup

from wellfit.model.comparison import Comparison
from wellfit.report.page import asset, environment
from wellfit.report.plot import HEIGHT, LEFT, RIGHT, TOP, WIDTH, plot
from wellfit.report.runs import parts, run_facts, short_commit, shown, verdict_words

MOST_PATCH = 200_000
"""Characters of a patch that the page holds; the whole one lies in the record."""


def render(compared: Comparison) -> str:
    """The page.

    Args:
        compared: the runs; whatever they hold is escaped.
    """
    names = dict.fromkeys(o.name for run in (compared.first, compared.second) for o in run.options)
    template = environment().get_template("runs.html.jinja")
    return template.render(
        compared=compared,
        runs=(compared.first, compared.second),
        commits=[short_commit(run.git) for run in (compared.first, compared.second)],
        parts=parts(compared),
        options=[(n, shown(compared.first.values.get(n)), shown(compared.second.values.get(n))) for n in names],
        facts=[dict(run_facts(run)) for run in (compared.first, compared.second)],
        plots=[plot(name, curves, ()) for name, curves in compared.curves],
        patches=[patch[:MOST_PATCH] for patch in compared.patches],
        shown=shown,
        verdict_words=verdict_words,
        frame={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP},
        style=Markup(asset("report.css")),  # noqa: S704 - a file of this package, no text of the user's
    )
