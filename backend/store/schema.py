"""The tables. A change here comes with a migration of the same shape."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from backend.store.texts import Text as Text
from backend.store.texts import storable as storable
from backend.store.texts import storable_json as storable_json
from backend.store.texts import storable_within as storable_within

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("ordinal", Integer, primary_key=True, autoincrement=True),  # order of launch; a run's colour follows it
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("group_key", Text, nullable=False),  # equal for runs that differ only in seeds and name
    Column("parent_id", Text),
    Column("launch_key", Text, unique=True),  # idempotency: a second launch with the same key is the first
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False, default=1),
    Column("created_at", Float, nullable=False),  # seconds since the epoch, like every time here
    Column("started_at", Float),
    Column("ended_at", Float),
    Column("heartbeat_at", Float),
    Column("stop_requested_at", Float),
    Column("job_id", Text),
    Column("waits_for", Text, nullable=False, default=""),
    Column("error", Text, nullable=False, default=""),
    Column("traceback", Text, nullable=False, default=""),
    Column("versions", JSON, nullable=False, default=dict),
    Column("host", Text, nullable=False, default=""),
    Column("workload", Text, nullable=False, default=""),  # the text of the user's own code, as it was at the launch
    Column("workload_hash", Text, nullable=False, default=""),
    Column("deleted_at", Float),  # gone for everybody; its points are cleared by and by
    # asked after the launch, in the words of its kind
    Column("wishes", JSON, nullable=False, default=dict, server_default="{}"),
    Column("metrics_version", Integer, nullable=False, server_default="1"),  # see goals.METRICS_VERSION
    # What a person says of a run; the only columns that are changed by hand.
    Column("note", Text, nullable=False, default=""),
    Column("starred", Boolean, nullable=False, default=False),
    Column("archived", Boolean, nullable=False, default=False),
    # How it stands in the metric it is judged by (`Run.best`, `Run.last`), as it is sorted by; written with its trials.
    Column("best", Float),
    Column("last", Float),
    sqlite_autoincrement=True,
)
Index("runs_by_state", runs.c.state)
# What most filters and every count look at, so that they need not read whole rows, specs and all.
LISTED_BY = (
    "archived", "deleted_at", "state", "kind", "created_at", "started_at", "ended_at", "starred", "best", "last",
)  # fmt: skip
Index("runs_listed", *(runs.c[name] for name in LISTED_BY))

trials = Table(
    "trials",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("params", JSON, nullable=False, default=dict),
    Column("seed", BigInteger),
    Column("state", Text, nullable=False),
    Column("started_at", Float),
    Column("ended_at", Float),
    Column("reports", Integer, nullable=False, default=0),  # the sequence of the next report
    Column("last", JSON, nullable=False, default=dict),  # metric key -> last value
    # best value so far of the metric the run is judged by: of a sweep its own, else the highest reward
    Column("best", Float),
    Column("checkpoint", Text, nullable=False, default=""),
    Column("checkpoint_iteration", Integer),  # the iteration that the trainable was saved at
    Column("checkpoint_reports", Integer),  # after how many reports that was; NULL where nobody noted it
    Column("set_aside", Integer, nullable=False, server_default="0"),  # reports that later attempts repeated
    Column("stop_requested_at", Float),
    Column("error", Text, nullable=False, default=""),
    PrimaryKeyConstraint("run_id", "number"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("trial", Integer, nullable=False),
    Column("iteration", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("metrics", JSON, nullable=False),  # metric key -> value of the report it was saved with
    Column("bytes", BigInteger, nullable=False),
    Column("is_best", Boolean, nullable=False),
    Column("reports", Integer),  # of its trial, before it was saved; NULL where nobody noted it
    PrimaryKeyConstraint("run_id", "trial", "iteration"),
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("trial", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("length", BigInteger, nullable=False, default=0),  # points so far
    Column("closed", BigInteger, nullable=False, default=-1),  # sequence of the last point that a rollup holds
    Column("tail", LargeBinary),  # the last ten finite values, as eight bytes each
    Column("cuts", Integer, nullable=False, server_default="0"),  # how often its trial had gone back when it last did
    UniqueConstraint("run_id", "trial", "key"),
)

points = Table(
    "points",
    metadata,
    Column("series", Integer, ForeignKey("series.id", ondelete="CASCADE"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("step", Float),
    Column("time", Float, nullable=False),
    Column("value", Float),  # NULL is NaN
    PrimaryKeyConstraint("series", "sequence"),
    sqlite_with_rowid=False,
)

rollups = Table(
    "rollups",
    metadata,
    Column("series", Integer, ForeignKey("series.id", ondelete="CASCADE"), nullable=False),
    Column("level", Integer, nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),  # up to sixteen records, see pyramid.RECORD
    PrimaryKeyConstraint("series", "level", "chunk"),
)

# What a trial had reported after the report that it went on from. No reader of the tables above comes across it.
asides = Table(
    "asides",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("trial", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),  # that repeated them
    Column("after", Integer, nullable=False),  # reports that its line had then
    Column("reports", Integer, nullable=False),  # that were set aside
    Column("at", Float, nullable=False),
)
Index("asides_by_run", asides.c.run_id, asides.c.trial)

aside_series = Table(
    "aside_series",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("aside", Integer, ForeignKey("asides.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),
    Column("length", BigInteger, nullable=False),
    UniqueConstraint("aside", "key"),
)

aside_points = Table(
    "aside_points",
    metadata,
    Column("series", Integer, ForeignKey("aside_series.id", ondelete="CASCADE"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("step", Float),
    Column("time", Float, nullable=False),
    Column("value", Float),
    PrimaryKeyConstraint("series", "sequence"),
    sqlite_with_rowid=False,
)

fanouts = Table(
    "fanouts",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("total", Integer, nullable=False),  # tasks; those in no other state are queued
    Column("running", Integer, nullable=False, default=0),
    Column("succeeded", Integer, nullable=False, default=0),
    Column("failed", Integer, nullable=False, default=0),
    Column("stopped", Integer, nullable=False, default=0),
    Column("summary", JSON, nullable=False, default=dict),  # see store.summary
)

tasks = Table(
    "tasks",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # place in the inputs, from 0
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("input", Text, nullable=False),  # JSON: the arguments that are its own
    Column("started_at", Float),
    Column("seconds", Float),
    Column("worker", Integer),  # place in the summary's workers
    Column("value", Float),  # the result, where it is a number
    Column("result", Text),  # JSON
    Column("artifact", Text),  # name of the result's file in the run's folder
    Column("error", Text),
    Column("failure", Integer),
    Column("output", Text),  # the end of what it printed
    PrimaryKeyConstraint("run_id", "number"),
    sqlite_with_rowid=False,
)
# Few tasks are in these states at a time, so they are found without looking at a million others.
UNUSUAL = tasks.c.state != text("'succeeded'")  # a query must say this to be helped by the index
Index("tasks_by_state", tasks.c.run_id, tasks.c.state, tasks.c.failure, sqlite_where=UNUSUAL, postgresql_where=UNUSUAL)

failures = Table(
    "failures",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),  # the exception's type
    Column("place", Text, nullable=False),  # where it was raised
    Column("message", Text, nullable=False),  # of the first
    Column("traceback", Text, nullable=False),  # of the first
    PrimaryKeyConstraint("run_id", "number"),
)

# What runs are found by. Each table is clustered on what is asked for, not on the run: a filter reads one stretch of
# it.
run_tags = Table(
    "run_tags",
    metadata,
    Column("tag", Text, nullable=False),
    Column("run", Integer, ForeignKey("runs.ordinal", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("tag", "run"),
    sqlite_with_rowid=False,
)
Index("run_tags_by_run", run_tags.c.run)

run_settings = Table(
    "run_settings",
    metadata,
    Column("name", Text, nullable=False),  # such as algorithm or params.lr
    Column("run", Integer, ForeignKey("runs.ordinal", ondelete="CASCADE"), nullable=False),
    Column("trial", Integer, nullable=False),  # whose it is; -1: the whole run's
    Column("number", Float),
    Column("text", Text),  # of what is no number; text, true, false, null, or JSON
    PrimaryKeyConstraint("name", "run", "trial"),
    sqlite_with_rowid=False,
)
Index("run_settings_by_run", run_settings.c.run, run_settings.c.trial)

run_metrics = Table(
    "run_metrics",
    metadata,
    Column("key", Text, nullable=False),
    Column("run", Integer, ForeignKey("runs.ordinal", ondelete="CASCADE"), nullable=False),
    Column("last", Float),  # mean over the trials of their last values
    Column("best", Float),  # of any trial, where it is known whether high or low is good
    Column("mean", Float),  # mean over the trials of the mean of their last ten values
    Column("low", Float),  # of all that was reported
    Column("high", Float),
    PrimaryKeyConstraint("key", "run"),
    sqlite_with_rowid=False,
)
Index("run_metrics_by_run", run_metrics.c.run)

views = Table(
    "views",
    metadata,
    Column("name", Text, primary_key=True),
    Column("query", Text, nullable=False),  # what follows the ? in the address of the Runs page
    Column("created_at", Float, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("at", Float, nullable=False),
    Column("move", Text, nullable=False),
    Column("note", Text, nullable=False, default=""),
)
Index("events_by_run", events.c.run_id)
