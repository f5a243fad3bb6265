"""How often these 95 % intervals hold the truth, as measured: with few seeds no method keeps its promise for every
distribution.

Over 2,000 repetitions on distributions of known truth: normal, skewed, near a ceiling, with failing seeds.
`python -m tests.analysis.coverage` measures it anew and prints the rows; a test measures some of them each time.
"""

from dataclasses import dataclass

HEAVY = "log-normal with a heavy tail"
ENOUGH = 0.93  # less than this is said on a page
CALLED = {
    "iqm": "interquartile mean",
    "difference of iqms": "difference of interquartile means",
    "probability": "probability of improvement",
}


@dataclass(frozen=True)
class Coverage:
    """The share of repetitions in which the interval of n seeds held the truth: on most distributions,
    and on the worst of them."""

    what: str  # mean, median, iqm, difference of means (medians, iqms), probability
    n: int  # seeds, of two groups each
    typical: float
    worst: float
    worst_of: str

    @property
    def sentence(self) -> str:
        """What a page says where the interval does not keep its promise; else nothing."""
        if round(self.worst, 2) >= ENOUGH:
            return ""
        often = (
            f"Measured: of {self.n} seeds the 95 % interval of the {CALLED.get(self.what, self.what)} holds the truth"
        )
        return (
            f"{often} in {100 * self.typical:.0f} % of cases, and in {100 * self.worst:.0f} % at worst"
            f" ({self.worst_of})."
        )


def coverage(what: str, n: int) -> Coverage | None:
    """Returns what was measured with so many seeds, or with the next fewer; None of a quantity that was not
    measured, or of one seed."""
    coverages = [each for each in MEASURED if each.what == what and each.n <= n]
    return max(coverages, key=lambda each: each.n) if coverages else None


MEASURED = tuple(
    Coverage(*row)
    for row in (
        ("difference of iqms", 2, 0.964, 0.830, "one in five fails, or half of the seeds"),
        ("difference of iqms", 3, 0.947, 0.842, "half of one group's seeds fail"),
        ("difference of iqms", 4, 0.966, 0.895, "half of one group's seeds fail"),
        ("difference of iqms", 5, 0.965, 0.936, "half of one group's seeds fail"),
        ("difference of iqms", 7, 0.964, 0.939, "one in five fails, or half of the seeds"),
        ("difference of iqms", 10, 0.961, 0.959, "one in five fails, or half of the seeds"),
        ("difference of iqms", 15, 0.957, 0.943, "half of the seeds fail"),
        ("difference of iqms", 20, 0.956, 0.946, "half of the seeds fail"),
        ("difference of iqms", 30, 0.948, 0.939, "one in five fails, or half of the seeds"),
        ("difference of iqms", 50, 0.948, 0.941, "one spreads three times as far"),
        ("difference of means", 2, 0.964, 0.842, "one in five fails, or half of the seeds"),
        ("difference of means", 3, 0.945, 0.841, "half of one group's seeds fail"),
        ("difference of means", 4, 0.953, 0.888, "half of one group's seeds fail"),
        ("difference of means", 5, 0.954, 0.933, "half of one group's seeds fail"),
        ("difference of means", 7, 0.951, 0.942, "half of one group's seeds fail"),
        ("difference of means", 10, 0.950, 0.943, "one in five fails, or half of the seeds"),
        ("difference of means", 15, 0.946, 0.939, "half of the seeds fail"),
        ("difference of means", 20, 0.950, 0.945, "one spreads three times as far"),
        ("difference of means", 30, 0.947, 0.935, "log-normal"),
        ("difference of means", 50, 0.951, 0.945, "normal"),
        ("difference of medians", 2, 0.964, 0.840, "one in five fails, or half of the seeds"),
        ("difference of medians", 3, 0.944, 0.845, "half of one group's seeds fail"),
        ("difference of medians", 4, 0.953, 0.902, "half of one group's seeds fail"),
        ("difference of medians", 5, 0.963, 0.949, "half of one group's seeds fail"),
        ("difference of medians", 7, 0.939, 0.892, "half of one group's seeds fail"),
        ("difference of medians", 10, 0.960, 0.914, "half of one group's seeds fail"),
        ("difference of medians", 15, 0.966, 0.947, "half of one group's seeds fail"),
        ("difference of medians", 20, 0.963, 0.925, "half of one group's seeds fail"),
        ("difference of medians", 30, 0.965, 0.927, "one in five fails, or half of the seeds"),
        ("difference of medians", 50, 0.954, 0.944, "one spreads three times as far"),
        ("iqm", 2, 0.944, 0.687, "half of the seeds fail"),
        ("iqm", 3, 0.967, 0.766, "half of the seeds fail"),
        ("iqm", 4, 0.943, 0.875, "half of the seeds fail"),
        ("iqm", 5, 0.939, 0.932, "near a ceiling"),
        ("iqm", 7, 0.967, 0.961, "normal"),
        ("iqm", 10, 0.966, 0.957, "half of the seeds fail"),
        ("iqm", 15, 0.968, 0.954, "near a ceiling"),
        ("iqm", 20, 0.963, 0.958, "log-normal"),
        ("iqm", 30, 0.969, 0.962, "half of the seeds fail"),
        ("iqm", 50, 0.957, 0.953, "half of the seeds fail"),
        ("mean", 2, 0.936, 0.686, "half of the seeds fail"),
        ("mean", 3, 0.958, 0.769, "half of the seeds fail"),
        ("mean", 4, 0.943, 0.876, "half of the seeds fail"),
        ("mean", 5, 0.946, 0.886, "log-normal with a heavy tail"),
        ("mean", 7, 0.971, 0.923, "log-normal with a heavy tail"),
        ("mean", 10, 0.960, 0.915, "log-normal with a heavy tail"),
        ("mean", 15, 0.962, 0.926, "log-normal with a heavy tail"),
        ("mean", 20, 0.964, 0.945, "log-normal with a heavy tail"),
        ("mean", 30, 0.963, 0.937, "log-normal with a heavy tail"),
        ("mean", 50, 0.959, 0.942, "log-normal with a heavy tail"),
        ("median", 2, 0.945, 0.679, "half of the seeds fail"),
        ("median", 3, 0.936, 0.765, "half of the seeds fail"),
        ("median", 4, 0.946, 0.875, "half of the seeds fail"),
        ("median", 5, 0.939, 0.929, "near a ceiling"),
        ("median", 7, 0.986, 0.984, "normal"),
        ("median", 10, 0.960, 0.937, "half of the seeds fail"),
        ("median", 15, 0.963, 0.954, "near a ceiling"),
        ("median", 20, 0.962, 0.959, "beta"),
        ("median", 30, 0.958, 0.946, "half of the seeds fail"),
        ("median", 50, 0.957, 0.944, "half of the seeds fail"),
        ("probability", 2, 0.984, 0.926, "one in five fails, or half of the seeds"),
        ("probability", 3, 0.971, 0.895, "half of the seeds fail"),
        ("probability", 4, 0.972, 0.878, "half of one group's seeds fail"),
        ("probability", 5, 0.966, 0.937, "half of one group's seeds fail"),
        ("probability", 7, 0.966, 0.960, "one spreads three times as far"),
        ("probability", 10, 0.963, 0.958, "normal"),
        ("probability", 15, 0.960, 0.948, "half of the seeds fail"),
        ("probability", 20, 0.960, 0.948, "log-normal"),
        ("probability", 30, 0.954, 0.948, "log-normal"),
        ("probability", 50, 0.955, 0.948, "one spreads three times as far"),
    )
)
