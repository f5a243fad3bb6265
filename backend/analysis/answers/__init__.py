"""The statistics of comparing groups of seeds; pure functions on arrays, always with the same random numbers.

A group's scores are `Scores`: environment → (n seeds,), n may differ; each environment is a stratum and weighs the
same. A `Sample` is scores with a label; `sample(label, ...)` makes one of scores by environment, of the seeds of one
environment, or of runs × tasks. A seed
that diverged or failed is passed as NaN, not dropped: it is counted, and ranked worst. `mode` is "max" where the
highest score is best.

- `compare(a, b, statistic, mode)` → `Verdict`: is A better than B: `sentence`, `notes`, `winner`, `probability`,
`difference`, `more`,
  `seeds_a`, `seeds_b`, `method`
- `normalised(samples, references, mode)` → `Normalised`: groups on one scale over the environments all have, or
NotComparable with the reason
- `estimate(scores, statistic)` → `Estimate` (center, low, high, n, method, note): mean, median, iqm, optimality_gap of
one group;
  `point` without interval; `filled(samples, mode)` first, if seeds diverged
- `probability(a, b, mode)` → `Estimate`: probability of improvement
- `difference(a, b, statistic)` → `Estimate`
- `profile(scores, at, mode)` → `Profile`: share of runs that reach each score, with bands; `places(samples)` gives the
scores
- `efficiency(curves, target, mode, budget)` → `Efficiency`: steps to a target, how many reach it;
`common_budget(groups)` gives the budget
- `more_seeds(a, b, mode)`, `more_seeds_of_difference(a, b, statistic)` → `MoreSeeds`: how many more would settle it
- `coverage(what, n)` → `Coverage`: how often the interval of so many seeds holds the truth, as measured; `sentence`
where it is under 93 %
- `how="percentile"` gives the intervals of rliable, which are too narrow for few seeds
"""

from backend.analysis.answers.coverage import Coverage as Coverage
from backend.analysis.answers.coverage import coverage as coverage
from backend.analysis.answers.difference import difference as difference
from backend.analysis.answers.efficiency import Efficiency as Efficiency
from backend.analysis.answers.efficiency import common_budget as common_budget
from backend.analysis.answers.efficiency import efficiency as efficiency
from backend.analysis.answers.estimates import estimate as estimate
from backend.analysis.answers.estimates import point as point
from backend.analysis.answers.improvement import probability as probability
from backend.analysis.answers.more_seeds import MoreSeeds as MoreSeeds
from backend.analysis.answers.more_seeds import more_seeds as more_seeds
from backend.analysis.answers.more_seeds import more_seeds_of_difference as more_seeds_of_difference
from backend.analysis.answers.normalise import Normalised as Normalised
from backend.analysis.answers.normalise import normalised as normalised
from backend.analysis.answers.profiles import Profile as Profile
from backend.analysis.answers.profiles import places as places
from backend.analysis.answers.profiles import profile as profile
from backend.analysis.answers.samples import STATISTICS as STATISTICS
from backend.analysis.answers.samples import Aggregate as Aggregate
from backend.analysis.answers.samples import Estimate as Estimate
from backend.analysis.answers.samples import Method as Method
from backend.analysis.answers.samples import Sample as Sample
from backend.analysis.answers.samples import Scores as Scores
from backend.analysis.answers.samples import SeedCounts as SeedCounts
from backend.analysis.answers.samples import filled as filled
from backend.analysis.answers.samples import sample as sample
from backend.analysis.answers.verdict import Verdict as Verdict
from backend.analysis.answers.verdict import compare as compare
