"""The settings of an installation, and how they are read."""

from webapp.settings.all_settings import PREFIX, Env, Mode, Settings
from webapp.settings.load import SettingsError, load_settings
from webapp.settings.production import MIN_SECRET

__all__ = ["MIN_SECRET", "PREFIX", "Env", "Mode", "Settings", "SettingsError", "load_settings"]
