"""Templates that are compiled once for all applications which tests make; each would compile its own."""

from typing import TYPE_CHECKING

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

if TYPE_CHECKING:
    from types import CodeType


class CompiledOnce(BytecodeCache):
    """Keeps what templates were compiled to; one whose source is another is another, and so is one in a language."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        """Return where a template is kept, each language's and each set of words' by itself."""
        spoken = f"{getattr(environment, 'language', '')} {id(getattr(environment, 'words', None))}"
        return super().get_bucket(environment, f"{spoken} {name}", filename, source)

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code
