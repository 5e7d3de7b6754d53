"""The command that shows what is made of a Word document or a web page."""

import sys

import click

from webapp.documents.conversion.conversion_losses import ConversionError
from webapp.documents.conversion.converters import CONVERTED_KINDS, convert
from webapp.documents.decoding import DecodingError
from webapp.documents.preparation import RefusedSource, read_bytes
from webapp.documents.sources import SOURCE_SUFFIXES, SourceKind, find_sources
from webapp.kit.languages import gettext
from webapp.kit.translatable import _
from webapp.operations.opened_installation import instance_option, refuse_missing, settings_of

_KINDS = click.Choice(["auto", *(kind.value for kind in CONVERTED_KINDS)])
_NOT_CONVERTED = _("Only Word documents (.docx) and web pages (.html) are converted; name their kind with --format.")


@click.command(epilog="Example: paidspan convert report.docx > report.md")
@click.argument("path", metavar="FILE")
@click.option("--format", "format_", type=_KINDS, default="auto", show_default=True)
@click.option("--encoding", default="auto", show_default=True, help="Name of the encoding.")
@instance_option
def convert_command(path: str, format_: str, encoding: str, instance: str | None) -> None:
    """Print the Markdown that import would make of a Word document or a web page."""
    settings = settings_of(instance)
    if instance:
        refuse_missing(settings)
    most = settings.max_source_bytes
    for source in find_sources([path], most, sys.stdin.buffer):
        data = read_bytes(source)
        if isinstance(data, RefusedSource):
            raise click.ClickException(gettext(data.problems[0].message))
        suffix = getattr(source, "suffix", "")
        kind = SOURCE_SUFFIXES.get(suffix) if format_ == "auto" else SourceKind(format_)
        if kind not in CONVERTED_KINDS:
            raise click.UsageError(gettext(_NOT_CONVERTED))
        try:
            converted = convert(kind, data, encoding)
        except (ConversionError, DecodingError) as error:
            raise click.ClickException(gettext(error.args[0])) from error
        for loss in converted.losses:
            click.echo(f"{source.shown}: {gettext(loss)}", err=True)
        click.echo(converted.markdown, nl=False)
