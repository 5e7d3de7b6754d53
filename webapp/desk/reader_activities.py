"""What people of the house do for and to readers, as the log keeps it, and as their page says it."""

from webapp.kit.translatable import _

READER_ACTIVITIES = {
    "gave access": _("Access given"),
    "took access back": _("Access taken back"),
    "named": _("Name changed"),
    "noted": _("Note written"),
    "deleted a note": _("Note deleted"),
    "refunded": _("Money given back"),
    "signed out": _("Signed out on all devices"),
    "disabled": _("Account disabled"),
    "enabled": _("Account enabled"),
    "merged": _("Another account merged into it"),
    "closed": _("Account closed"),
    "imported readers": _("Readers brought in"),
}
