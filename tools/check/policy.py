"""Every policy is whole, and what is generated from the one in use is up to date. The rules are in tools/policy/rules.py."""

from pathlib import Path

from tools.check.finding import Finding
from tools.errors import Problem
from tools.policy import make, rules, source

_HOME = "agent/privacy/policies"


def check(tree: Path) -> list[Finding]:
    folder = tree / _HOME
    found: list[Finding] = []
    for name in source.known(folder):
        where = f"{_HOME}/{name}.toml"
        try:
            policy = source.load(name, folder)
            found += [Finding(where, 1, fault, "see docs/rooms/policy.md") for fault in rules.faults(policy, tree)]
            if name == make.DEFAULT:
                stale = make.stale(policy, tree)
                found += [Finding(path, 1, "it is not what the policy says", "./run policy build") for path in stale]
        except Problem as problem:
            found.append(Finding(where, 1, f"{problem.where}: {problem.what}", problem.mend))
    return found
