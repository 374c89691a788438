"""`wellfit rules` and `wellfit explain`."""

import sys

import click


@click.command()
@click.help_option("-h", "--help")
def rules() -> None:
    """List every rule: id, severity, family, name, and what it says."""
    from wellfit.catalogue import RULES

    width = max(len(rule.name) for rule in RULES)
    for rule in RULES:
        preview = "" if rule.status == "stable" else f" ({rule.status})"
        click.echo(f"{rule.id}  {rule.severity:<7}  {rule.family:<11}  {rule.name:<{width}}  {rule.title}{preview}")


@click.command()
@click.help_option("-h", "--help")
@click.argument("word", metavar="RULE")
def explain(word: str) -> None:
    """Show a rule's page: why it hurts, how it is seen, and how to cure it. RULE is an id or a name."""
    from wellfit.catalogue import RULES
    from wellfit.report.explain import page
    from wellfit.selection import find_rule

    markdown = page(find_rule(RULES, word))
    if not sys.stdout.isatty():
        click.echo(markdown, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(markdown))
