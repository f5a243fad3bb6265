"""Fan-outs of tasks: their form, their plan, their view, and their table of tasks."""
