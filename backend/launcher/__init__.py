"""Spec -> row -> Ray Job; stop; resume; and reconcile, which makes stored states true again."""

from backend.launcher.launch import Launcher as Launcher
