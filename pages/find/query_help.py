"""What a query can say, with examples."""

import streamlit as st

EXAMPLES = {
    "taxi failed": "both words occur anywhere: name, id, state, note, tags, spec",
    "algorithm == ppo and params.lr < 1e-3": "a run matches if any of its trials does",
    "metrics.return_mean.best > 400": ".last (if left out), .best, .mean of the last ten, .mean25, .min, .max",
    "best > 400 and last > 300": "what a run is judged by: its reward, or a sweep's own metric",
    "state in [failed, lost] or not starred": "and, or, not, ( ); != is the same as not … ==",
    'name contains "my run"': "letters in either case; quotes where there are spaces",
    "baseline in tags": "tags contains baseline says the same",
    "created in last 7 days": "minutes, hours, days, weeks, months; also started, ended",
    "created >= 2026-11-01": "today, yesterday, 2026-11, “2026-11-01 14:30”",
    "duration > 2h": "90 (seconds), 30s, 5min, 1d",
    "archived": "hidden unless a query says so; also: starred, note, tags, params.lr",
    "`params.my name` == 3": "a name with spaces stands in backticks",
}
_HEAD = "| Query | |\n|---|---|\n"


def query_help() -> None:
    """A popover with what a query can say."""
    with st.popover("", icon=":material/help:", type="tertiary", help="What a query can say", key="query_help"):
        # Backticks are the language's own: a double one encloses them.
        st.markdown(
            _HEAD
            + "\n".join(f"| `` {query.replace('|', chr(92) + '|')} `` | {about} |" for query, about in EXAMPLES.items())
        )
        st.caption(
            "Fields: state, kind, name, id, algorithm, environment, trainable, function, metric, tags, note, starred,"
            " archived, created, started, ended, duration, best, last, parent, host, error, attempt, seed, env_steps,"
            " params.…, metrics.…"
        )
