"""A run of these tests that was killed leaves no user on the machine for longer than until the next."""

from __future__ import annotations

import pwd
import subprocess
from pathlib import Path


def test_what_a_cut_run_left_goes_with_the_next_and_a_living_one_stays(machine):
    dead = Path("/srv/guichet-test-0dead0-cut")
    with machine.users_are_ours_alone():
        dead.mkdir()
        (dead / "alive").touch()
        subprocess.run(["useradd", "--system", "--no-create-home", "gs0dead0"], check=True)
        machine.remove_what_cut_runs_left()
        names = {one.pw_name for one in pwd.getpwall()}
    assert not dead.exists()
    assert "gs0dead0" not in names
    assert machine.user in names
    assert machine.home.is_dir()
