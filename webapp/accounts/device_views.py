"""The page on which readers see where they are signed in, and sign out elsewhere."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.devices import end_device, end_other_devices, list_devices
from webapp.accounts.login import current_device_id, signed_in_reader
from webapp.accounts.permissions import signed_in
from webapp.kit import clock
from webapp.kit.errors import NotFoundError
from webapp.kit.http import no_store, read_session, write
from webapp.kit.limits import limited
from webapp.kit.translatable import _

device_pages = Blueprint("devices", __name__)
device_pages.after_request(no_store)


@device_pages.get("/account/devices")
@signed_in
def own_devices() -> str:
    """Show where the reader is signed in."""
    present, done = current_device_id(), request.args.get("done")
    held = list_devices(read_session(), signed_in_reader().id, clock.now())
    first = sorted(held, key=lambda device: device.id != present)
    return render_template("accounts/devices.html", devices=first, present=present, form=FlaskForm(), done=done)


@device_pages.post("/account/devices/<int(max=9999999999):number>/end")
@signed_in
@limited()
def sign_out_device(number: int) -> AnyResponse:
    """Sign one device out; its next page is a visitor's."""
    reader_id = signed_in_reader().id
    if not write(lambda session: end_device(session, reader_id, number)):
        raise NotFoundError(_("There is no such device on your account."))
    return redirect(url_for("devices.own_devices", done="one"), 303)


@device_pages.post("/account/devices/end-others")
@signed_in
@limited()
def sign_out_others() -> AnyResponse:
    """Sign all other devices out."""
    reader_id, here = signed_in_reader().id, current_device_id()
    write(lambda session: end_other_devices(session, reader_id, here))
    return redirect(url_for("devices.own_devices", done="others"), 303)
