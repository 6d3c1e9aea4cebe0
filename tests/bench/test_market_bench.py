"""What a year of minute prices costs: read as a session reads it, and made of an exchange's file.

Method: 525,600 rows written here, each step in a process of its own, so that its memory is its own. Times are of its
processor and stand against the baseline: Python's own ``csv`` with a ``Decimal`` for each figure, which is the least
that an exact reader without the recording's form does, and which checks nothing. The best of three, since whatever else
the machine does only adds.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytestmark = pytest.mark.bench

ROWS = 525_600
ROUNDS = 3

# Of the baseline's time, 0.8 s where these were measured. An object a minute took 8.1 s, 10 times it, and 318 MB to be
# read; columns take 1.9 s, 2.4 times it, and 115 MB. An import takes 4.4 s, 5.4 times it, and 107 MB.
READING_MOST = 3.5
IMPORT_MOST = 8.0
PEAK_MB_MAX = 150.0

MEASURED = """
import json, sys, time
from pathlib import Path
{imports}
begun_s = time.process_time()
{work}
took_s = time.process_time() - begun_s
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([took_s, int(peak.split()[1]) / 1024]))
"""

BASELINE = (
    "import csv; from decimal import Decimal",
    "with open(sys.argv[1], newline='') as file:\n"
    "    rows = csv.reader(file); next(rows)\n"
    "    for row in rows: figures = [Decimal(cell) for cell in row[1:]]",
)
READING = ("from tools.settings.profiles import read_market", "read_market(Path(sys.argv[1]))")
IMPORT = (
    "from tools.commands.table import run_command_line",
    "assert run_command_line(['market', 'import', sys.argv[1], sys.argv[1] + '.out', '--force']) == 0",
)


def measured(step: tuple[str, str], file: Path) -> tuple[float, float]:
    """Seconds of processor time and megabytes at most, the best of some rounds."""
    code = MEASURED.format(imports=step[0], work=step[1])
    command = [sys.executable, "-c", code, str(file)]
    ran = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(ROUNDS)]
    told = [json.loads(one.stdout.splitlines()[-1]) for one in ran]
    return min(took_s for took_s, _ in told), min(peak_mb for _, peak_mb in told)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A year as a recording and as Binance's klines: prices of four decimals that walk, volumes of one."""
    chance, folder = random.Random(3), tmp_path_factory.mktemp("year")
    recording, klines = folder / "recording.csv", folder / "klines.csv"
    begins, price = datetime(2025, 1, 1, tzinfo=UTC), 19_454
    with recording.open("w") as ours, klines.open("w") as theirs:
        ours.write("timestamp,open,high,low,close,volume\n")
        for minute in range(ROWS):
            start, close = begins + timedelta(minutes=minute), max(5000, price + chance.randint(-8, 8))
            high, low = max(price, close) + chance.randint(0, 9), min(price, close) - chance.randint(0, 9)
            figures = ",".join(f"{one / 10_000:.4f}" for one in (price, high, low, close))
            figures += f",{chance.randint(1, 20_000_000) / 10}"
            ours.write(f"{start:%Y-%m-%d %H:%M:%S},{figures}\n")
            micros = int(start.timestamp()) * 1_000_000
            theirs.write(f"{micros},{figures},{micros + 59_999_999},0,1,0,0,0\n")
            price = close
    return recording, klines


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is asked of Linux")
def test_a_year_of_prices_is_read_and_imported_in_little_time_and_memory(files: tuple[Path, Path]) -> None:
    """In times of the baseline, and under 150 MB each, the interpreter and the engine's code included."""
    recording, klines = files
    least_s, _ = measured(BASELINE, recording)
    for name, step, file, most in (
        ("reading", READING, recording, READING_MOST),
        ("import", IMPORT, klines, IMPORT_MOST),
    ):
        took_s, peak_mb = measured(step, file)
        ratio = took_s / least_s
        print(f"\n{name}: {took_s:.2f} s, {ratio:.2f} times csv with Decimals ({least_s:.2f} s), {peak_mb:.0f} MB")
        assert ratio < most
        assert peak_mb < PEAK_MB_MAX
