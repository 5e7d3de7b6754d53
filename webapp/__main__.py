"""The command `paidspan`, also as `python -m webapp`."""

from webapp.kit.loading import loading


def start() -> None:
    """Load the command, then run it."""
    with loading():
        from webapp.operations import cli  # noqa: PLC0415 - loading it is what takes time

    cli.main()


if __name__ == "__main__":
    start()
