"""From a source to a checked manuscript, before anything is written."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from hashlib import sha256

from webapp.documents.conversion.conversion_losses import ConversionError
from webapp.documents.conversion.converters import CONVERTED_KINDS, convert
from webapp.documents.decoding import REPLACEMENT, Decoded, DecodingError, decode
from webapp.documents.encoded_image import EncodedImage
from webapp.documents.image_import import ImageReader, ImportedImage
from webapp.documents.link_check import file_link_findings
from webapp.documents.models import TAG_LENGTH
from webapp.documents.sources import SOURCE_SUFFIXES, UNREAD_SUFFIXES, SourceError, SourceFile, SourceKind, Unreadable
from webapp.kit.money import Money
from webapp.kit.translatable import Filled, _
from webapp.manuscript import (
    Checked,
    Finding,
    FindingCode,
    FrontMatter,
    ImageFile,
    Severity,
    SourceFormat,
    check,
    image_sources,
    parse_manuscript,
    repaired,
)
from webapp.manuscript.findings import in_order
from webapp.manuscript.line_columns import line_columns
from webapp.manuscript.marker_language.download_notice import is_download, without_notice


@dataclass(frozen=True, slots=True)
class Options:
    """How sources are read: `format` and `encoding` None or "auto" mean by the file itself.

    `currency` and `zone` are those of a price and a date of front matter that names none; `known` says whether there
    is a source of a key that a link may lead to. With `may_open` a revision may make public what was for payers.
    `keep_image` stores a picture of a text before the text itself is; nothing else asks for it.
    """

    format: SourceKind | None = None
    encoding: str = "auto"
    replace: bool = False
    repair: bool = False
    may_open: bool = False
    tags: tuple[str, ...] = ()
    currency: str = "cny"
    zone: tzinfo = UTC
    known: Callable[[str], bool] | None = None
    fetch_images: bool = False
    keep_image: Callable[[EncodedImage], None] = lambda _image: None

    @property
    def name_a_reading(self) -> bool:
        """Whether they say how bytes become text, which else is as it was for the same bytes."""
        return self.format is not None or self.encoding != "auto" or self.repair


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """Something that is wrong with a file, or worth a look, at a line and column (1-based)."""

    shown: str
    line: int
    column: int
    code: str
    severity: Severity
    message: str

    @property
    def place(self) -> str:
        """Return where it is, and what: `file:line:column: code`."""
        return f"{self.shown}:{self.line}:{self.column}: {self.code}"


@dataclass(frozen=True, slots=True)
class PreparedSource:
    """A manuscript that may be stored, with the warnings it gave and the price that its front matter names."""

    source: SourceFile
    format: SourceFormat
    hash: str
    encoding: str
    checked: Checked
    problems: tuple[ImportProblem, ...]
    price: Money | None = None
    images: Mapping[str, ImportedImage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefusedSource:
    """A source that cannot be stored, and why; `checked` where its text could be read at all."""

    shown: str
    problems: tuple[ImportProblem, ...]
    checked: Checked | None = None


def has_error(problems: Iterable[ImportProblem]) -> bool:
    """Whether one of the problems is an error."""
    return any(problem.severity is Severity.ERROR for problem in problems)


def content_hash(data: bytes) -> str:
    """Return what unchanged bytes are recognised by (SHA-256, hexadecimal)."""
    return sha256(data).hexdigest()


def read_bytes(source: SourceFile | Unreadable) -> bytes | RefusedSource:
    """Return the bytes of a source, or why there are none."""
    if isinstance(source, Unreadable):
        return _refused(source.shown, source.error, source.severity)
    try:
        return source.read()
    except SourceError as error:
        return _refused(source.shown, error)


def prepare(source: SourceFile, data: bytes, options: Options) -> PreparedSource | RefusedSource:
    """Return the checked manuscript of a source, or its findings where one of them is an error."""
    if options.format is None and source.suffix in UNREAD_SUFFIXES:
        return _refused(source.shown, _unread())
    try:
        read = _read(source, data, options)
    except (DecodingError, ConversionError) as error:
        return _refused(source.shown, error)
    checked = _checked(source, data, read, options)
    lost = (ImportProblem(source.shown, 1, 1, "conversion-loss", Severity.WARNING, each) for each in read.losses)
    return replace(checked, problems=(*lost, *checked.problems))


def read_text(source: SourceFile, data: bytes, options: Options) -> tuple[str, SourceFormat] | None:
    """Return the text and format in which a source would be stored, None where it cannot be read."""
    try:
        read = _read(source, data, options)
    except (DecodingError, ConversionError):
        return None
    return _as_stored(read.decoded, options), _kind_of(source, options).manuscript_format


def _kind_of(source: SourceFile, options: Options) -> SourceKind:
    return options.format or SOURCE_SUFFIXES.get(source.suffix, SourceKind.TEXT)


@dataclass(frozen=True, slots=True)
class _Read:
    """The manuscript of a source; of one that had to be converted what was lost, and the pictures that it holds."""

    decoded: Decoded
    losses: tuple[str, ...] = ()
    images: Mapping[str, bytes] = field(default_factory=dict)


def _read(source: SourceFile, data: bytes, options: Options) -> _Read:
    kind = _kind_of(source, options)
    if kind not in CONVERTED_KINDS:
        return _Read(decode(data, options.encoding, replace=options.replace))
    converted = convert(kind, data, options.encoding, replace=options.replace)
    decoded = Decoded(converted.markdown, converted.encoding, converted.replaced)
    return _Read(decoded, converted.losses, converted.images)


def _as_stored(decoded: Decoded, options: Options) -> str:
    text = without_notice(decoded.text)
    return repaired(text) if options.repair else text


def _checked(source: SourceFile, data: bytes, read: _Read, options: Options) -> PreparedSource | RefusedSource:
    decoded, chosen = read.decoded, _kind_of(source, options).manuscript_format
    if is_download(decoded.text) and not options.may_open:
        return _refused(source.shown, _download())
    text = _as_stored(decoded, options)
    beside = replace(source.beside, own=read.images)
    pictures = _read_images(replace(source, beside=beside), text, chosen, options)
    checked = check(text, chosen, title_hint=source.stem, tags=options.tags, images=pictures.files)
    findings = in_order([*checked.findings, *_link_findings(checked, source, options)])
    found = [*_replaced(source, decoded), *(_problem(source.shown, finding) for finding in findings)]
    found += pictures.problems
    found += _unfit_tags(source.shown, checked.front)
    try:
        price = price_of_front(checked.front, options.currency)
    except ValueError as error:
        price = None
        found.append(_front_problem(source.shown, checked.front.place("price"), error.args[0]))
    problems = tuple(sorted(found, key=lambda problem: (problem.line, problem.column)))
    if has_error(problems):
        return RefusedSource(source.shown, problems, checked)
    digest = content_hash(data + pictures.mark)  # the same text beside another picture is another revision
    return PreparedSource(source, chosen, digest, decoded.encoding, checked, problems, price, pictures.images)


@dataclass(frozen=True, slots=True)
class _ReadImages:
    """The pictures of a text by their addresses in it, what tells them from others, and what is wrong with them."""

    images: dict[str, ImportedImage]
    mark: bytes
    problems: list[ImportProblem]

    @property
    def files(self) -> dict[str, ImageFile]:
        return {address: image.file for address, image in self.images.items()}


def _read_images(source: SourceFile, text: str, fmt: SourceFormat, options: Options) -> _ReadImages:
    """Return the pictures that a text asks for; none where it cannot be published."""
    manuscript = parse_manuscript(text)
    is_sound = all(finding.severity is Severity.WARNING for finding in manuscript.findings)
    addresses = image_sources(manuscript) if fmt is SourceFormat.MARKDOWN and is_sound else ()
    images, notices = ImageReader(source.beside, options.fetch_images, options.keep_image).read(text, addresses)
    names = {address: images[address].file.name if address in images else "" for address in addresses}
    mark = "".join(f"\0{address} {name}" for address, name in names.items())
    problems = [
        ImportProblem(source.shown, notice.line, notice.column, notice.code, Severity.WARNING, notice.message)
        for notice in notices
    ]
    return _ReadImages(images, mark.encode(), problems)


def _link_findings(checked: Checked, source: SourceFile, options: Options) -> Iterator[Finding]:
    known = options.known
    return file_link_findings(checked, source.key, known) if known and source.key else iter(())


def price_of_front(front: FrontMatter, currency: str) -> Money | None:
    """Return the price that front matter names; raise ValueError with a sentence where it is none."""
    return Money.parse(front.price, front.currency or currency) if front.price else None


def unfit_tag(tag: str) -> str | None:
    """Return a sentence where a tag cannot be one."""
    if len(tag) <= TAG_LENGTH and "/" not in tag:
        return None
    return _("The tag “%(tag)s” is longer than %(most)s characters or holds a slash.", tag=tag, most=TAG_LENGTH)


def _unfit_tags(shown: str, front: FrontMatter) -> Iterator[ImportProblem]:
    for sentence in map(unfit_tag, front.tags):
        if sentence:
            yield _front_problem(shown, front.place("tags"), sentence)


def _front_problem(shown: str, place: tuple[int, int], sentence: str) -> ImportProblem:
    return ImportProblem(shown, *place, FindingCode.FRONT_MATTER, Severity.ERROR, sentence)


def _replaced(source: SourceFile, decoded: Decoded) -> Iterator[ImportProblem]:
    """Yield the warning that bytes were replaced, at the first of them."""
    if decoded.replaced:
        line, column = next(line_columns(decoded.text, [decoded.text.index(REPLACEMENT)]))
        sentence = _("%(count)s places could not be read and show � instead.", count=decoded.replaced)
        yield ImportProblem(source.shown, line, column, "replaced-bytes", Severity.WARNING, sentence)


def _problem(shown: str, finding: Finding) -> ImportProblem:
    message = Filled(finding.message, dict(finding.values)) if finding.values else finding.message
    return ImportProblem(shown, finding.line, finding.column, finding.code, finding.severity, message)


def _refused(
    shown: str, error: SourceError | DecodingError | ConversionError, severity: Severity = Severity.ERROR
) -> RefusedSource:
    line, column = (error.line, error.column) if isinstance(error, DecodingError) else (1, 1)
    return RefusedSource(shown, (ImportProblem(shown, line, column, error.code, severity, error.args[0]),))


def _download() -> SourceError:
    sentence = _(
        "This is a download, without the markers of what is paid: import the manuscript, "
        "or say --open if all of it may be public."
    )
    return SourceError(FindingCode.OPENS_DOCUMENT, sentence)


def _unread() -> SourceError:
    sentence = _("Word files of this kind are not read; save it as a Word document (.docx), Markdown or plain text.")
    return SourceError("format-not-supported", sentence)
