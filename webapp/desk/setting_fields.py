"""How the settings of the desk are asked for: their names, hints and choices."""

from dataclasses import dataclass

from webapp.kit.languages import LOCALES
from webapp.kit.translatable import _
from webapp.settings.origins import SET_IN_DESK


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field of the form. Of `choices` one is taken: each a value and what it is called."""

    name: str
    label: str
    hint: str = ""
    kind: str = "text"
    choices: tuple[tuple[str, str], ...] = ()


_ALL = (
    SettingField("site_name", _("Name of the house"), _("Shown in titles, in the footer, and as who mails come from.")),
    SettingField(
        "company", _("Who sells"), _("The legal name, for footer, terms and receipts. Empty: the name above.")
    ),
    SettingField(
        "contact_email", _("Address for readers"), _("Empty: the address that mails come from."), kind="email"
    ),
    SettingField("receipt_note", _("Line on receipts"), _("About tax, or who invoices.")),
    SettingField("icp_number", _("ICP filing number"), _("Shown in the footer.")),
    SettingField("police_number", _("Public security filing number"), _("Shown in the footer.")),
    SettingField(
        "locale",
        _("Language"),
        _("For readers whose browser asks for neither Chinese nor English."),
        choices=tuple(LOCALES.items()),
    ),
    SettingField("timezone", _("Time zone"), _("In which days begin and times are shown.")),
    SettingField(
        "sign_up",
        _("How readers sign up"),
        choices=(("at-once", _("At once, with a password")), ("confirm-first", _("By a link that is mailed first"))),
    ),
    SettingField(
        "devices_at_once",
        _("Devices at once"),
        _("On how many a reader is signed in at the same time. 0: on any number."),
        kind="number",
    ),
)
FIELDS = {field.name: field for field in _ALL}
assert tuple(FIELDS) == SET_IN_DESK
