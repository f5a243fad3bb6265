"""What pages say of a run, kind by kind."""

from pages.components import view_external, view_rl, view_tasks

VIEWS = {"rl": view_rl, "external": view_external, "tasks": view_tasks}
