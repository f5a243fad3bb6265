"""What a driver prints: a full disk drops it and ends nothing."""

import logging
import subprocess
import sys
from pathlib import Path

from backend.drivers.output import Output
from backend.settings import ROOT
from tests.small_disk import small_disk

LONG = "x" * 3000


def test_a_full_disk_drops_what_is_printed_and_how_much_is_said_later(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 0.5) as disk, (disk.folder / "job.log").open("w") as log:
        output = Output(log)
        print("before", file=output)
        disk.fill()
        for _ in range(100):
            print(LONG, file=output, flush=True)
        assert output.dropped
        disk.free()
        print("after", file=output)
        lines = (disk.folder / "job.log").read_text().splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    assert "characters are missing here: the disk was full" in "".join(lines)


def test_a_process_on_a_full_disk_ends_as_it_would_have(tmp_path: Path) -> None:
    text = (
        "import logging, sys; from backend.drivers.output import never_fail; never_fail()\n"
        "for _ in range(100): print('x' * 3000); logging.error('y' * 3000)\n"
        "sys.stdout.flush(); sys.exit(7)"
    )
    with small_disk(tmp_path / "disk", 0.5) as disk, (disk.folder / "job.log").open("w") as log:
        disk.fill()
        ended = subprocess.run([sys.executable, "-c", text], stdout=log, stderr=log, cwd=ROOT, check=False)
    assert ended.returncode == 7


def test_all_else_is_the_streams_own(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        output = Output(log)
        logging.StreamHandler(output).emit(logging.makeLogRecord({"msg": "said"}))  # type: ignore[arg-type]
        output.writelines(["one\n", "two\n"])
        assert output.fileno() == log.fileno()
        assert not output.isatty()
    assert (tmp_path / "log").read_text() == "said\none\ntwo\n"
    assert output.write("closed") == 6
