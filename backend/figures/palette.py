"""Run and seed colours: one list for light, a lighter one for dark, matched by position."""

LIGHT = ("#2563eb", "#e8590c", "#0f9d76", "#b5179e", "#b58100", "#0891b2", "#7c3aed", "#dc2626", "#4d7c0f", "#64748b")
DARK = ("#6ea8fe", "#ff9a5c", "#3fd0a4", "#ec6bd9", "#e3b341", "#4cc9e6", "#b197fc", "#ff7b7b", "#a3d65c", "#a3b1c6")
ALARM = "#dc2626"
DASHES = ("solid", "dash", "dot", "dashdot")


def of_run(ordinal: int) -> str:
    """Returns a run's colour, the same on every page; figures use the light list and the
    browser swaps in the dark one."""
    return LIGHT[(ordinal - 1) % len(LIGHT)]


def dot(ordinal: int) -> str:
    """Returns a run's colour as CSS that follows the page from light to dark; a chart does that itself."""
    place = (ordinal - 1) % len(LIGHT)
    return f"light-dark({LIGHT[place]}, {DARK[place]})"


def dash_of(ordinal: int) -> str:
    """Returns a run's line style, so that runs that share a colour still differ."""
    return DASHES[(ordinal - 1) // len(LIGHT) % len(DASHES)]
