"""What pages say of a run, kind by kind."""

from pages.components import view_external, view_rl, view_sweep, view_tasks

VIEWS = {"rl": view_rl, "sweep": view_sweep, "tasks": view_tasks, "external": view_external}
