"""The product's own worker, but that one page has as many bytes as LARGE says."""

import os
from tempfile import TemporaryFile

from flask import Flask, send_file

from webapp import create_app
from webapp.front.door import FrontDoor
from webapp.kit.parent_process import end_with_parent

end_with_parent()
app: Flask = create_app()
application = FrontDoor(app)


def large():
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    file.truncate(int(os.environ["LARGE"]))
    return send_file(file, mimetype="text/plain")


app.view_functions["feeds.llms"] = large
