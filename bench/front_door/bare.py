"""Applications that do nothing but give an answer that lies ready: what there is to compare with.

The answers are files of the folder in `BENCH_ANSWERS`, each with its content type in the first line; the path of a
request names one of them.
"""

import os
from pathlib import Path
from typing import Any

from flask import Flask, Response


def _ready() -> dict[str, tuple[str, bytes]]:
    answers = {}
    for file in Path(os.environ["BENCH_ANSWERS"]).iterdir():
        content_type, _, body = file.read_bytes().partition(b"\n")
        answers[f"/{file.name}"] = content_type.decode(), body
    return answers


ANSWERS = _ready()


def wsgi(environ: Any, start_response: Any) -> list[bytes]:  # noqa: ANN401 - as WSGI has it
    """Answer through WSGI, and nothing else."""
    content_type, body = ANSWERS[environ["PATH_INFO"]]
    start_response("200 OK", [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]


async def asgi(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - as ASGI has it
    """Answer through ASGI, and nothing else."""
    if scope["type"] != "http":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    content_type, body = ANSWERS[scope["path"]]
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


flask = Flask(__name__)


@flask.get("/<name>")
def _answer(name: str) -> Response:
    content_type, body = ANSWERS[f"/{name}"]
    return Response(body, content_type=content_type)
