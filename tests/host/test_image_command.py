"""`amace build` and `amace flash` as a person meets them."""

import subprocess
import sys

import pytest

from tools.image import target
from tools.places import ROOT


def amace(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["build", "--board", "nosuch"], "error: no board to flash is called 'nosuch' (boards). There are: "),
        (["build"], "error: one board or all of them (amace build). --board B or --all. There are: "),
        (["build", "--board", "x", "--all"], "error: one board or all of them (amace build)."),
        (["build", "--all", "--enrol", "x"], "error: an enrolment is for one device (amace build)."),
    ],
)
def test_a_wrong_word_gets_one_line_and_exit_code_2(words: list[str], message: str) -> None:
    """What, where, how to mend; and the boards there are."""
    done = amace(*words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(message)
    for name in target.names() if message.endswith("are: ") else []:
        assert name in done.stderr
