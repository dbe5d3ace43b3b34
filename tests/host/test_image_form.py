"""What the compiler is given is the same program: folded, shortened, joined."""

import ast
import random
from pathlib import Path
from typing import Any

import pytest

from tools import mpy
from tools.fold import folded
from tools.link import linked
from tools.places import ROOT
from tools.rename import renamed, symbols
from tools.shorten import inherited, shortened
from tools.units import units

NUMBERS = "ONE = 1\nTWO = ONE << 1\nBOTH = ONE | TWO\n_OWN = 5\nnamed = 7\nTWICE = 1\nTWICE = 2\n"
USER = """from . import numbers as n
from .numbers import BOTH, ONE, TWICE, named


def f(x: int) -> int:
    return x * n.TWO + BOTH - n._OWN + ONE + TWICE + named
"""


def run(sources: dict[str, str], name: str) -> dict[str, object]:
    """Executes one joined file that imports nothing of ours."""
    scope: dict[str, object] = {"__name__": name, "const": lambda value: value}
    exec(compile(sources[name].replace("from micropython import const", ""), name, "exec"), scope)
    return scope


def test_constants_are_folded_across_modules_and_definitions_go() -> None:
    """Each public constant left over costs a 32-bit board about 25 bytes."""
    out = folded({"p/numbers.py": NUMBERS, "p/user.py": USER, "p/__init__.py": ""})
    assert "x * 2 + 3 - n._OWN + 1 + TWICE + 7" in out["p/user.py"]
    assert "from .numbers import TWICE\n" in out["p/user.py"]
    assert "ONE" not in out["p/numbers.py"]


def test_a_name_bound_twice_is_no_constant() -> None:
    """Folding the first value would change the program."""
    assert "TWICE = 1\nTWICE = 2" in folded({"p/numbers.py": NUMBERS})["p/numbers.py"]


def test_folding_keeps_every_line_where_it_was() -> None:
    """A traceback's line number must point into the source."""
    for path in (ROOT / "agent").rglob("*.py"):
        text = path.read_text()
        assert folded({path.relative_to(ROOT).as_posix(): text}).popitem()[1].count("\n") == text.count("\n"), path


def test_negative_constants_keep_their_sign_inside_expressions() -> None:
    """`2 - -1` is 3, `2 --1` would be too, but `x**-1` and `-1 .bit_length()` are not what they seem."""
    out = folded({"p/a.py": "LOW = -1\n", "p/b.py": "from .a import LOW\n\nY = named(2 - LOW)\n"})
    assert "named(2 - (-1))" in out["p/b.py"]


def test_short_names_leave_strings_comments_and_foreign_names_alone() -> None:
    """A private name of a library is not ours to rename."""
    text = (
        "class A:\n    def __init__(self):\n        self._long = 1  # _long\n\n"
        "    def _get(self, client):\n        return self._long + client._theirs + len('_long')\n"
    )
    out = shortened(text)
    assert "# _long" in out
    assert "'_long'" in out
    assert "client._theirs" in out
    assert "__init__" in out
    assert "self._long" not in out
    scope: dict[str, object] = {}
    exec(out, scope)  # still a program


def test_a_class_and_its_heir_in_another_module_keep_sharing_their_private_names() -> None:
    """Renamed module by module, `_work` of one and `_k` of the other would both be `_a`, and `_run` no longer be overridden."""
    base = (
        "class B:\n    def __init__(self):\n        self._work = self._run()\n\n    def _run(self):\n        return 1\n"
    )
    heir = "class H(B):\n    def __init__(self):\n        self._k = 5\n        super().__init__()\n\n"
    heir += "    def _run(self):\n        return self._k + 1\n"
    kept = inherited([base, heir])
    assert kept == {"_work", "_run"}
    scope: dict[str, Any] = {}
    exec(shortened(base, kept) + shortened(heir, kept), scope)
    made = scope["H"]()
    assert (made._work, "_k" in vars(made)) == (6, False)


def test_joined_modules_compute_what_the_separate_ones_do() -> None:
    """The joined form must differ in size alone."""
    sources = {
        "p/__init__.py": "",
        "p/low.py": '"""Doc."""\n\n_K = 3\nSTEP = [1]\n\n\ndef add(a, b):\n    return a + b + _K\n',
        "p/mid.py": "from . import low\nfrom .low import STEP\n\n_K = 10\n\n\nclass M:\n    def go(self, x):\n        return low.add(x, _K) + STEP[0]\n",
        "p/top.py": "from .mid import M\n\n\nclass Main:\n    def go(self, x):\n        return M().go(x)\n",
    }
    out = linked(sources, [["p/top.py", "p/mid.py", "p/low.py"]])
    assert sorted(out) == ["p/__init__.py", "p/top.py"]
    main = run(out, "p/top.py")["Main"]
    assert main().go(1) == 15  # type: ignore[operator] - a class, as written above


def test_a_function_inside_another_keeps_its_own_parameters() -> None:
    """Both called A, the inner one would read its own argument twice."""
    text = "class Main:\n    def go(self, x):\n        def inner(y):\n            return 10 * x + y\n\n        return inner(x + 1)\n"
    out = linked({"p/a.py": text, "p/b.py": "class B:\n    pass\n", "p/__init__.py": ""}, [["p/a.py", "p/b.py"]])
    assert run(out, "p/a.py")["Main"]().go(3) == 34  # type: ignore[operator] - a class, as written above


def test_a_parameter_given_by_name_keeps_it() -> None:
    """A call with keywords would miss a renamed one."""
    text = "class Main:\n    def go(self, x):\n        return self.sub(low=x, high=2)\n\n    def sub(self, high, low):\n        return high - low\n"
    out = linked({"p/a.py": text, "p/b.py": "class B:\n    pass\n", "p/__init__.py": ""}, [["p/a.py", "p/b.py"]])
    assert run(out, "p/a.py")["Main"]().go(5) == -3  # type: ignore[operator] - a class, as written above


def test_public_names_get_short_but_not_those_that_hal_says() -> None:
    """A port's method meets other people's code: its name is not ours."""
    texts = {
        "agent/core.py": "class Longname:\n    def verylong(self, port):\n        self.digest = 1\n        return port.readinto(self.verylong)\n",
        "hal/x.py": "class Uart:\n    def readinto(self, buf):\n        return 0\n",
    }
    names = symbols(texts)
    assert {"Longname", "verylong"} <= names.keys()
    assert not {"readinto", "digest", "agent", "core"} & names.keys()
    assert ".readinto(" in renamed(texts["agent/core.py"], names)
    assert "verylong" not in renamed(texts["agent/core.py"], names)


def test_a_path_of_a_module_is_not_renamed() -> None:
    """`from agent.desk import desk`: the first is a file, the second a name."""
    assert renamed("from agent.desk import desk\nx = desk\n", {"desk": "aa"}) == "from agent.desk import aa\nx = aa\n"


def test_what_another_file_takes_keeps_a_readable_name() -> None:
    """A room asks the resident part for its names by import."""
    sources = {
        "p/__init__.py": "",
        "p/core.py": "from . import low\n\nX = low.add(1)\n",
        "p/low.py": "def add(a):\n    return a + 1\n",
        "p/room.py": "from . import low\n\n\ndef go(a):\n    return low.add(a)\n",
    }
    out = linked(sources, [["p/core.py", "p/low.py"]])
    assert "from p.core import low_add" in out["p/room.py"]
    assert "def low_add(" in out["p/core.py"]


def test_a_file_outside_every_unit_keeps_modules_as_values_and_names_as_parameters() -> None:
    """A board hands a part's module to another part, and what is not renamed cannot be hidden wrongly."""
    sources = {
        "p/__init__.py": "",
        "p/core.py": "from . import low\n\nX = low.add(1)\n",
        "p/low.py": "def add(a):\n    return a + 1\n",
        "q/__init__.py": "",
        "q/part.py": "def make(make):\n    return make\n",
        "q/board.py": "from p.low import add\n\nfrom . import part\n\nparts = [part, part.make(add(2))]\n",
    }
    out = linked(sources, [["p/core.py", "p/low.py"]])
    assert "from . import part\n" in out["q/board.py"]
    assert "from p.core import low_add\n" in out["q/board.py"]
    assert "parts = [part, part.make(low_add(2))]" in out["q/board.py"]
    assert "def make(make)" in out["q/part.py"]


WRONG = [
    ("a module as a value", {"p/a.py": "from . import b\n\nx = [b]\n", "p/b.py": "y = 1\n"}),
    ("a class twice", {"p/a.py": "class A:\n    pass\n", "p/b.py": "class A:\n    pass\n"}),
]


@pytest.mark.parametrize(("why", "sources"), WRONG, ids=[why for why, _ in WRONG])
def test_what_cannot_be_joined_is_refused(why: str, sources: dict[str, str]) -> None:
    """A wrong join would show on the device only."""
    with pytest.raises(ValueError, match=r"p/[ab]\.py"):
        linked({"p/__init__.py": "", **sources}, [["p/a.py", "p/b.py"]])


def test_a_class_of_another_file_does_not_become_one_of_the_same_name() -> None:
    """Two readers, one of bytes and one of a log: the joined file took one for the other, and only on the device."""
    sources = {
        "p/__init__.py": "",
        "p/a.py": "from . import b\nfrom .c import Reader as Items\n\nfound = (b.Reader(), Items())\n",
        "p/b.py": "class Reader:\n    pass\n",
        "p/c.py": "class Reader:\n    pass\n",
    }
    joined = linked(sources, [["p/a.py", "p/b.py"]])["p/a.py"]
    assert "from p.c import Reader as _c_Reader" in joined
    assert "(Reader(), _c_Reader())" in joined


def test_a_room_lists_everything_it_imports() -> None:
    """What it does not list would stay in memory for good."""
    texts = mpy.device_texts(ROOT, 0, joined=False)
    rooms = texts["agent/base/rooms.py"]
    assert units(texts)
    with pytest.raises(ValueError, match="does not list"):
        units({**texts, "agent/base/rooms.py": rooms.replace(" base.reader", "")})


def test_every_unit_of_the_agent_parses_and_binds_no_name_twice(tmp_path: Path) -> None:
    """One private constant bound twice with two values would turn one machine's limit into another's."""
    for name, text in mpy.device_texts(ROOT, 3, joined=True).items():
        bound = [
            target.id
            for node in ast.parse(text).body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        ]
        assert len(bound) == len(set(bound)), name


def test_folding_is_the_same_whatever_the_order_of_files() -> None:
    """Two builds must give one image."""
    texts = {path.relative_to(ROOT).as_posix(): path.read_text() for path in (ROOT / "agent").rglob("*.py")}
    names = list(texts)
    random.Random(1).shuffle(names)
    assert folded(texts) == folded({name: texts[name] for name in names})
