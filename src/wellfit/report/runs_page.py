"""Two recorded runs side by side, as one HTML page that stands by itself."""

from markupsafe import Markup

from wellfit.model.comparison import Comparison
from wellfit.report.page import asset, environment
from wellfit.report.patch import patch_of
from wellfit.report.plot import HEIGHT, LEFT, RIGHT, TOP, WIDTH, plot
from wellfit.report.run_facts import run_facts
from wellfit.report.runs import agreement, parts, short_commit, shown, side, verdict_words


def render(compared: Comparison) -> str:
    """The page.

    Args:
        compared: the runs; whatever they hold is escaped.
    """
    runs = (compared.first, compared.second)
    names = dict.fromkeys(o.name for run in runs for o in run.options)
    template = environment().get_template("runs.html.jinja")
    return template.render(
        compared=compared,
        runs=runs,
        commits=[short_commit(run.git) for run in runs],
        parts=parts(compared),
        agreement=tuple(agreement(compared)),
        options=[(n, shown(compared.first.values.get(n)), shown(compared.second.values.get(n))) for n in names],
        facts=[tuple(run_facts(run)) for run in runs],
        plots=[plot(name, curves, ()) for name, curves in compared.curves],
        patches=[patch_of(run.id, text) for run, text in zip(runs, compared.patches, strict=True)],
        side=side,
        verdict_words=verdict_words,
        frame={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP},
        style=Markup(asset("report.css") + asset("runs.css")),  # noqa: S704 - files of this package, no user's text
    )
