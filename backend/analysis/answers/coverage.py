"""How often these 95 % intervals hold the truth, as measured: with few seeds no method keeps its promise for every distribution.

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
    """The share of repetitions in which the interval of n seeds held the truth: on most distributions, and on the worst of them."""

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
        often = f"Measured: of {self.n} seeds the 95 % interval of the {CALLED.get(self.what, self.what)} holds the truth"
        return f"{often} in {100 * self.typical:.0f} % of cases, and in {100 * self.worst:.0f} % at worst ({self.worst_of})."


def coverage(what: str, n: int) -> Coverage | None:
    """Returns what was measured with so many seeds, or with the next fewer; None of a quantity that was not measured, or of one seed."""
    known = [each for each in MEASURED if each.what == what and each.n <= n]
    return max(known, key=lambda each: each.n) if known else None


MEASURED = tuple(Coverage(*row) for row in (
    ("difference of iqms", 2, 0.967, 0.818, "one in five fails, or half of the seeds"),
    ("difference of iqms", 3, 0.952, 0.837, "half of one group's seeds fail"),
    ("difference of iqms", 4, 0.971, 0.883, "half of one group's seeds fail"),
    ("difference of iqms", 5, 0.964, 0.945, "half of one group's seeds fail"),
    ("difference of iqms", 7, 0.965, 0.939, "one in five fails, or half of the seeds"),
    ("difference of iqms", 10, 0.963, 0.951, "one in five fails, or half of the seeds"),
    ("difference of iqms", 15, 0.958, 0.946, "near a ceiling"),
    ("difference of iqms", 20, 0.953, 0.948, "near a ceiling"),
    ("difference of iqms", 30, 0.951, 0.943, "one in five fails, or half of the seeds"),
    ("difference of iqms", 50, 0.956, 0.941, "half of the seeds fail"),
    ("difference of means", 2, 0.967, 0.836, "one in five fails, or half of the seeds"),
    ("difference of means", 3, 0.955, 0.835, "half of one group's seeds fail"),
    ("difference of means", 4, 0.957, 0.880, "half of one group's seeds fail"),
    ("difference of means", 5, 0.952, 0.943, "half of one group's seeds fail"),
    ("difference of means", 7, 0.955, 0.931, "half of one group's seeds fail"),
    ("difference of means", 10, 0.947, 0.940, "one spreads three times as far"),
    ("difference of means", 15, 0.947, 0.940, "half of the seeds fail"),
    ("difference of means", 20, 0.950, 0.949, "near a ceiling"),
    ("difference of means", 30, 0.950, 0.949, "normal"),
    ("difference of means", 50, 0.954, 0.943, "one in five fails, or half of the seeds"),
    ("difference of medians", 2, 0.967, 0.835, "one in five fails, or half of the seeds"),
    ("difference of medians", 3, 0.947, 0.841, "half of one group's seeds fail"),
    ("difference of medians", 4, 0.953, 0.888, "half of one group's seeds fail"),
    ("difference of medians", 5, 0.965, 0.950, "one in five fails, or half of the seeds"),
    ("difference of medians", 7, 0.945, 0.882, "half of one group's seeds fail"),
    ("difference of medians", 10, 0.966, 0.917, "half of one group's seeds fail"),
    ("difference of medians", 15, 0.968, 0.943, "half of one group's seeds fail"),
    ("difference of medians", 20, 0.960, 0.920, "half of one group's seeds fail"),
    ("difference of medians", 30, 0.959, 0.926, "half of one group's seeds fail"),
    ("difference of medians", 50, 0.956, 0.943, "one in five fails, or half of the seeds"),
    ("iqm", 2, 0.940, 0.714, "half of the seeds fail"),
    ("iqm", 3, 0.944, 0.733, "half of the seeds fail"),
    ("iqm", 4, 0.930, 0.875, "half of the seeds fail"),
    ("iqm", 5, 0.934, 0.931, "near a ceiling"),
    ("iqm", 7, 0.967, 0.964, "normal"),
    ("iqm", 10, 0.968, 0.951, "half of the seeds fail"),
    ("iqm", 15, 0.961, 0.956, "beta"),
    ("iqm", 20, 0.958, 0.956, "beta"),
    ("iqm", 30, 0.971, 0.962, "near a ceiling"),
    ("iqm", 50, 0.959, 0.955, "normal"),
    ("mean", 2, 0.936, 0.712, "half of the seeds fail"),
    ("mean", 3, 0.958, 0.760, "half of the seeds fail"),
    ("mean", 4, 0.947, 0.875, "half of the seeds fail"),
    ("mean", 5, 0.950, 0.889, "log-normal with a heavy tail"),
    ("mean", 7, 0.968, 0.930, "log-normal with a heavy tail"),
    ("mean", 10, 0.961, 0.930, "log-normal with a heavy tail"),
    ("mean", 15, 0.964, 0.928, "log-normal with a heavy tail"),
    ("mean", 20, 0.956, 0.928, "log-normal with a heavy tail"),
    ("mean", 30, 0.971, 0.945, "log-normal with a heavy tail"),
    ("mean", 50, 0.959, 0.942, "log-normal with a heavy tail"),
    ("median", 2, 0.941, 0.708, "half of the seeds fail"),
    ("median", 3, 0.942, 0.757, "half of the seeds fail"),
    ("median", 4, 0.932, 0.876, "half of the seeds fail"),
    ("median", 5, 0.935, 0.929, "near a ceiling"),
    ("median", 7, 0.986, 0.985, "half of the seeds fail"),
    ("median", 10, 0.959, 0.935, "half of the seeds fail"),
    ("median", 15, 0.968, 0.960, "beta"),
    ("median", 20, 0.961, 0.955, "beta"),
    ("median", 30, 0.965, 0.940, "half of the seeds fail"),
    ("median", 50, 0.954, 0.954, "normal"),
    ("probability", 2, 0.981, 0.928, "one in five fails, or half of the seeds"),
    ("probability", 3, 0.975, 0.886, "half of one group's seeds fail"),
    ("probability", 4, 0.976, 0.874, "half of one group's seeds fail"),
    ("probability", 5, 0.971, 0.946, "half of one group's seeds fail"),
    ("probability", 7, 0.966, 0.963, "one spreads three times as far"),
    ("probability", 10, 0.961, 0.958, "normal"),
    ("probability", 15, 0.964, 0.955, "half of the seeds fail"),
    ("probability", 20, 0.961, 0.955, "half of the seeds fail"),
    ("probability", 30, 0.957, 0.954, "normal"),
    ("probability", 50, 0.960, 0.947, "half of the seeds fail"),
))  # fmt: skip
