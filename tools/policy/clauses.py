"""docs/clauses.md: clause → behaviour → test. Refused rows are rows too: a room that is missing is no excuse for a gap."""

import re

from tools.policy import model as m

PATH = "docs/clauses.md"


def page(policy: m.Policy) -> str:
    """The page, in Markdown."""
    refused = sum(clause.refused for clause in policy.clauses.values())
    lines = [
        "# What the policy demands, what the device does, and what shows it",
        "",
        f"Generated from `agent/privacy/policies/{policy.name}.toml` by `amace policy build`; `./run check policy` refuses a row",
        "without a test, and a test that does not exist. *Refused*: the room that would serve the clause does not exist yet,",
        f"and no record can bring it to life. {len(policy.clauses)} clauses, {refused} of them by refusal.",
        "",
        "| clause | demands | the device | data items | purposes | enforced by |",
        "|---|---|---|---|---|---|",
    ]
    for name, clause in sorted(
        policy.clauses.items(), key=lambda row: [int(part) for part in re.findall(r"\d+", row[0])]
    ):
        users = [one for one, purpose in policy.purposes.items() if name in purpose.clauses]
        does = f"*Refused.* {clause.does}" if clause.refused else clause.does
        tests = "<br>".join(_link(test) for test in clause.tests)
        cells = (name, clause.says, does, ", ".join(clause.items) or "–", ", ".join(users) or "–", tests)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _link(test: str) -> str:
    path, name = test.split("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{path})"
