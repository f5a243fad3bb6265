"""make bench: ours beside the peers, on this machine. Prints, asserts nothing. python -m tests.bench [PART]"""

import os
import platform
import sys

import psutil

from tests.bench import answers, find, pages, read, record, rl, start, sweeps, tasks

PARTS = {
    "start": start.main, "record": record.main, "read": read.main, "pages": pages.main, "tasks": tasks.main,
    "sweeps": sweeps.main,
    "answers": answers.main,
    "find": find.main,
    "rl": rl.main,
}  # fmt: skip

if __name__ == "__main__":
    memory = psutil.virtual_memory().total / 2**30
    print(f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}")
    for part in sys.argv[1:] or PARTS:
        print(flush=True)
        PARTS[part]()
