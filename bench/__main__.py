"""`make bench`: how fast the desk is, as figures of one run on one machine, with the cost split by stage.

Compare figures of one run with each other, never with those of another machine or day.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.anomalies import odd_figures
from bench.big import big_file
from bench.cases import case_files
from bench.machines import several_processes
from bench.many import many_small_files
from bench.tables import editions_and_distribution


def main() -> None:
    """Run the benchmarks that were asked for, all by default."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--files", type=int, default=1000, help="small files dropped at once")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the big file")
    parser.add_argument("--rounds", type=int, default=20, help="synthetic histories for the odd figures")
    parser.add_argument("--recipients", type=int, default=5000, help="addresses that read the tables")
    parser.add_argument("--only", choices=("many", "bad", "big", "cases", "anomalies", "tables", "machines"))
    parser.add_argument("--processes", type=int, default=3, help="processes at one desk, on PostgreSQL")
    arguments = parser.parse_args()
    if arguments.only in (None, "anomalies"):
        odd_figures(arguments.rounds)
    with tempfile.TemporaryDirectory(prefix="guichet-bench-") as folder:
        if arguments.only in (None, "many"):
            many_small_files(Path(folder) / "many", arguments.files)
        if arguments.only in (None, "bad"):
            many_small_files(Path(folder) / "bad", arguments.files // 5, bad=True)
        if arguments.only == "machines":  # it needs a PostgreSQL
            several_processes(Path(folder) / "machines", arguments.files, arguments.processes)
        if arguments.only in (None, "tables"):
            editions_and_distribution(Path(folder) / "tables", arguments.recipients)
        if arguments.only in (None, "big"):
            big_file(Path(folder) / "big", arguments.rows)
            big_file(Path(folder) / "wide", arguments.rows, more_columns=29)
        if arguments.only in (None, "cases"):
            case_files(Path(folder) / "cases", arguments.rows)


if __name__ == "__main__":
    main()
