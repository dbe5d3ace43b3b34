"""The device's side of a policy: agent/privacy/table.py, integers and two strings of bytes. Nothing is parsed on the device.

Only purposes that are active have a row: what is not active is refused before anybody asks for its facts.
"""

import hashlib
from collections.abc import Iterable, Sequence

from agent.privacy.names import PRECISIONS, PURPOSES, RECIPIENTS
from tools.policy import model as m

PATH = "agent/privacy/table.py"
NOTICE_PATH = "agent/privacy/notice.py"
HASH = 16  # bytes kept of a SHA-256
_COLUMNS = (
    ("BASIS", "0 consent, 1 contract, 2 legitimate interest: an objection is a withdrawal"),
    ("SWITCHES", "mask of the permission switches below that it needs on"),
    ("SENSOR", "mask of the sensors it cannot do without (purposes.py)"),
    ("PERSON", "1 when any of its items is personal: then the whole message is (policy 1)"),
    ("PRECISION", "finest precision a grant may name"),
    ("MINOR", "0 as for adults, 1 coarse only, 2 never for a minor"),
    ("TO", "mask of recipients a grant may name"),
    ("HOURS_HIGH", "most hours of retention a grant may name, high byte"),
    ("HOURS_LOW", "and low byte"),
)


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:HASH]


def masks(policy: m.Policy) -> tuple[int, int]:
    """ACTIVE and GRANTABLE: contract purposes live while bound and are never granted or refused."""
    active = [name for name, purpose in policy.purposes.items() if purpose.active]
    granted = [name for name in active if policy.purposes[name].basis != "contract"]
    return _mask(active, PURPOSES), _mask(granted, PURPOSES)


def table(policy: m.Policy) -> str:
    """The text of agent/privacy/table.py."""
    active, grantable = masks(policy)
    persons = _mask(
        (name for at, name in enumerate(PURPOSES) if grantable >> at & 1 and policy.personal(name)), PURPOSES
    )
    rows = _rows(policy)
    lines = [
        f'"""What the policy says of each purpose. Generated from policies/{policy.name}.toml by `amace policy build`: change that file.',
        "",
        "Has no row for a purpose that is not active: ask ACTIVE first. A row's number is also its row in grants.py; 0 has none",
        "there, since nobody grants it. Hashes of texts are in notice.py.",
        '"""',
        "",
        f"POLICY = {policy.id}",
        f"VERSION = {policy.version}  # effective date, yyyymmdd",
        f"ACTIVE = 0x{active:06X}  # purposes whose room exists in this build; a record cannot make the others live",
        f"GRANTABLE = 0x{grantable:06X}  # purposes a record may name",
        f"PERSONAL = 0x{persons:06X}  # those of them whose items are a person's: whoever rides grants them (policy 1.7)",
        f"MINOR_HOURS = {policy.minor_retention_h}  # most hours of retention for what concerns a minor",
        f"ROWS = {max(rows.values()) + 1}",
        "",
        *(f"{name} = {at}  # {about}" for at, (name, about) in enumerate(_COLUMNS)),
        f"WIDTH = {len(_COLUMNS)}",
        "",
        "# Permission switches (policy 1.5), as bits.",
        *(f"{name.upper()} = {1 << at}" for at, name in enumerate(m.SWITCHES)),
        "",
        f"ROW = {_bytes(rows.get(name, 0) for name in PURPOSES)}",
        "FACTS = (",
        *(f"    {_bytes(_facts(policy, name))}  # {name}" for name in sorted(rows, key=lambda one: rows[one])),
        ")",
        "",
        "",
        "def fact(purpose: int, column: int) -> int:",
        "    return FACTS[ROW[purpose] * WIDTH + column]",
    ]
    return "\n".join(lines) + "\n"


def notice(policy: m.Policy, texts: m.Text) -> str:
    """The text of agent/privacy/notice.py; `texts` is what people are shown, by language."""
    lines = [
        f'"""Which text consent is given to. Generated from policies/{policy.name}.toml by `amace policy build`: change that."""',
        "",
        "# Of what the policy demands, base and overlay in one.",
        f"HASH = {_bytes(digest(policy.canonical))}",
        "# Of the page shown for consent, by language: the first half of its SHA-256.",
        "NOTICES = (",
        *(f'    (b"{language}", {_bytes(digest(text.encode()))}),' for language, text in texts.items()),
        ")",
    ]
    return "\n".join(lines) + "\n"


def _rows(policy: m.Policy) -> dict[str, int]:
    """Row 0 is the contract's own purpose: what nobody grants shares the row without consent."""
    grantable = masks(policy)[1]
    granted = [name for at, name in enumerate(PURPOSES) if grantable >> at & 1]
    return {PURPOSES[0]: 0, **{name: at for at, name in enumerate(granted, 1)}}


def _facts(policy: m.Policy, name: str) -> Sequence[int]:
    purpose = policy.purposes[name]
    finest = min((PRECISIONS.index(one) for one in purpose.precisions), default=0)
    return (
        m.BASES.index(purpose.basis),
        _mask(purpose.switches, m.SWITCHES),
        _mask((purpose.sensor,) if purpose.sensor else (), m.SENSORS[1:]),
        int(policy.personal(name)),
        finest,
        m.MINOR_RULES.index(purpose.minor),
        _mask(purpose.recipients, RECIPIENTS),
        *divmod(purpose.retention_h, 256),
    )


def _mask(names: Iterable[str], listed: Sequence[str]) -> int:
    return sum(1 << listed.index(name) for name in names)


def _bytes(values: Iterable[int]) -> str:
    """A literal: `bytes((1, 2))` would keep its tuple in the device's memory beside it."""
    return 'b"' + "".join(f"\\x{one:02x}" for one in values) + '"'
