"""Leaks planted on purpose, each a small change of a copy of agent/: a proof that does not find them proves nothing.

A change that no longer applies to the sources raises Stale: then the leak is written anew, never dropped.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

WORLDS, MODEL, CANARIES = "worlds", "model", "canaries"
_COPIED = ("agent", "simulator", "hal")


class Stale(Exception):
    """The text to change is not there, or there twice."""


class Change(NamedTuple):
    file: str
    old: str
    new: str


class Leak(NamedTuple):
    """`least` is one of the three ways that must find it; others may, too."""

    name: str
    least: str
    changes: Sequence[Change]


def _leak(name: str, least: str, *words: str) -> Leak:
    changes = [Change(f"agent/{words[k]}.py", words[k + 1], words[k + 2]) for k in range(0, len(words), 3)]
    return Leak(name, least, changes)


_ASKED = "reason = self.refusal(purpose, recipient, epoch)\n        if"
_SWITCHED = "if t.fact(purpose, t.SWITCHES) & ~self.switches:"
_PLATFORM = "not self.term(purpose, RECIPIENTS) >> p.PROVIDER & 1"
_SEALED = "if self._grants.sealed(purpose):\n            message.n"
_COARSE = "facts[4] = facts[5] = facts[6] = NONE"
_DROPPED = "self._wipe()  # a part without a switch goes on talking: not into our memory"
_ON_FIX = '"""One fix of the receiver, in the object that the parser reuses."""'
_LOST = "self._tracker.deadline() if self._tracker is not None else -1"
_VERIFIED = " or not equal(mac.tag(_LABEL, aad, body), blob[-_TAG:])"
_DUE = "cadence.due(facts[1], facts[2],"
_REPORTED = "cadence.reported(facts[1], facts[2],"

LEAKS = (
    _leak("gate: a former owner's data may leave", MODEL, "privacy/gate", "if epoch != self._epoch:", "if epoch < 0:"),
    _leak("gate: no grant is asked for at release", MODEL, "privacy/gate", _ASKED, "reason = p.GRANTED\n        if"),
    _leak("gate: every recipient is the owner", MODEL, "privacy/gate", _ASKED, _ASKED.replace("recipient", "p.OWNER")),
    _leak("gate: a sensor keeps power without a grant", CANARIES, "privacy/gate", "& sensor and self.allows(purpose)", "& sensor"),
    _leak("gate: the buffer keeps what it showed", CANARIES, "privacy/gate", "            buf[k] = 0", "            pass"),
    _leak("grants: nothing gets too old", MODEL, "privacy/grants", "return not 0 <= ticks.diff", "return False and not 0 <= ticks.diff"),
    _leak("grants: an end is no end", MODEL, "privacy/grants", "return p.EXPIRED if seconds >= rows[row + UNTIL] else p.GRANTED", "return p.GRANTED"),
    _leak("grants: a withdrawal ahead of its turn is forgotten", MODEL, "privacy/grants", "if rows[row + PIN] or", "if"),
    _leak("grants: granted while the time is unknown", MODEL, "privacy/grants", "if seconds < 0:", "if seconds < -1:"),
    _leak("grants: granted to one is granted to all", MODEL, "privacy/grants", "if not rows[row + RECIPIENTS] >> recipient & 1:", "if not rows[row + RECIPIENTS]:"),
    _leak("grants: a permission that is off is not asked for", MODEL, "privacy/grants", _SWITCHED, f"{_SWITCHED[:-1]} & 64:"),
    _leak("grants: a guest's grant opens it to the platform", MODEL, "privacy/grants", _PLATFORM, _PLATFORM.replace("PROVIDER", "GUEST")),
    _leak("grants: a damaged store stays good", MODEL, "privacy/grants", "        if self.damaged:", "        if self.damaged < 0:"),
    _leak("ledger: a no in the wrong place is not kept", MODEL, "privacy/ledger", "self._refused(claims, g.PIN, claims.seq)", "self._refused(claims, g.PIN, 0)"),
    _leak("ledger: an old record is news", MODEL, "privacy/ledger", "if claims.seq <= grants.seq:", "if claims.seq < 0:"),
    _leak("ledger: narrowing lets the wider data go", MODEL, "privacy/ledger", "or claims.precision > grants.get(purpose, g.PRECISION)", ""),
    _leak("ledger: the button leaves the chain as it was", MODEL, "privacy/ledger", "grants.head[:] = pressed(grants.head, grants.seq)", "pass"),
    _leak("ledger: a no waits for its signature", MODEL, "privacy/ledger", "self.withdrawn = self._unsent(self._refused(claims, g.SUSPENDED, claims.seq))", "pass"),
    _leak("snapshot: a store nobody signed is believed", MODEL, "privacy/snapshot", _VERIFIED, ""),
    _leak("desk: a no that is refused has no consequences", MODEL, "privacy/desk", "if ok and (code == 0 or ledger.changed):", "if ok and code == 0:"),
    _leak("desk: the button is forgotten by a restart", MODEL, "privacy/desk", "self.answer(self.keep(now), now)\n\n    def narrow", "self.answer(0, now)\n\n    def narrow"),
    _leak("desk: after a restart the time before an end comes back", MODEL, "privacy/desk", "core.grants.issued = max(core.grants.issued, core.calendar.seconds)", "pass"),
    _leak("consequences: what waits survives a withdrawal", MODEL, "privacy/consequences", "if core.outbox.erase(purposes) or absent:", "if absent:"),
    _leak("consequences: the connection survives with a withdrawn message", MODEL, "privacy/consequences", "core.uplink.close(absent)", "pass"),
    _leak("consequences: the key survives a withdrawal", MODEL, "privacy/consequences", "core.seal.forget(purposes)", "pass"),
    _leak("erasure: what waits survives an order", MODEL, "privacy/erasure", "core.consequences.settle(mask, now)", "pass"),
    _leak("erasure: what is older than an order says survives it", MODEL, "privacy/erasure", "                outbox.refuse(slot)", "                pass"),
    _leak("rights: an export survives a withdrawal", MODEL, "privacy/rights", "if self._what == HOLDINGS and purposes:", "if self._what == HOLDINGS and purposes < 0:"),
    _leak("rights: an export leaves that the broker can read", MODEL, "privacy/rights", "if not self._reader and not self.cable:", "if not self._reader and self.cable:"),
    _leak("rights: an old order is news", MODEL, "privacy/rights", "elif order.seq <= grants.seq:", "elif order.seq < 0:"),
    _leak("gate: a person's item leaves readable", CANARIES, "privacy/gate", _SEALED, _SEALED.replace(":", " and epoch < 0:", 1)),
    _leak("seal: one nonce seals twice", MODEL, "privacy/seal", "self.counter += 1", "pass"),
    _leak("sealing: a restart brings numbers back", MODEL, "privacy/sealing", "secrets.put(_NUMBER, struct.pack(\">I\", number))", "pass"),
    _leak("outbox: a message in hand counts as gone", MODEL, "store/outbox", "                    in_hand = True", "                    pass"),
    _leak("outbox: views keep what they showed", CANARIES, "store/outbox", "self._draft.facts[k] = self._view.facts[k] = 0", "pass"),
    _leak(
        "outbox: numbers count what was never sent", WORLDS,
        "store/outbox", "rows[at + _ID] = 0\n", "rows[at + _ID] = self._next_id = self._next_id + 1\n",
    ),
    _leak("minimise: a street is a house", WORLDS, "privacy/minimise", "if precision == PRECISE:", "if precision <= STREET:"),
    _leak("minimise: a coarse place with its speed", WORLDS, "privacy/minimise", _COARSE, "facts[4] = fix.speed_cms\n    facts[5] = facts[6] = NONE"),
    _leak("minimise: a coarse place with its height", WORLDS, "privacy/minimise", _COARSE, "facts[4] = facts[5] = NONE\n    facts[6] = fix.alt_dm"),
    _leak("minimise: a fast ride makes a longer message", WORLDS, "privacy/minimise", _COARSE, f"{_COARSE}\n    if fix.speed_cms > 250:\n        facts[6] = 0"),
    _leak(
        "cadence: the true movement sets the pace", WORLDS,
        "position/tracker", _DUE, "cadence.due(fix.lat_e6, fix.lon_e6,",
        "position/tracker", _REPORTED, "cadence.reported(fix.lat_e6, fix.lon_e6,",
    ),
    _leak(
        "receiver: what is dropped decides when to wake", WORLDS,
        "position/receiver", _DROPPED, "pass",
        "position/receiver", _LOST, f"{_LOST} if not self._buf[96] else self._core.now + 1000 + self._buf[96] & 0x3FFFFFFF",
    ),
    _leak("receiver: its buffer outlives the grant", CANARIES, "position/receiver", "        self._wipe()\n\n    def _wipe", "\n    def _wipe"),
    _leak("receiver: the last report outlives the grant", CANARIES, "position/receiver", "self.reported[row * ROW] = self.reported[row * ROW + 1] = 0", "pass"),
    _leak("ledger: what is dropped is counted by its digits", WORLDS, "position/receiver", _DROPPED, "self._core.gate.hold(6, 0, 3, 1 << (self._buf[96] & 7))"),
    _leak("crash record: the last input is kept for later", CANARIES, "position/receiver", _DROPPED, "self._core.last_input = bytes(buf[:n])"),
    _leak("journal: every fix is noted", CANARIES, "position/tracker", _ON_FIX, f"{_ON_FIX}\n        self._core.journal.note(self._now, 15, fix.lat_e6, fix.lon_e6)"),
    _leak(
        "status: the voltage tells a digit of the place", WORLDS,
        "position/receiver", _DROPPED, "pass",
        "diagnostics/status", "facts[2] = battery.millivolts", "facts[2] = self._core.receiver._buf[96]",
    ),
    _leak("nearby: the scan response shows the serial number", CANARIES, "link/nearby", 'self._core.advert(b"control"), b""', 'self._core.advert(b"control"), (self._core.ports.secrets.get("serial") or b"")[:29]'),
    _leak("dial: a nameless connection says the device's id", CANARIES, "link/dial", "options.client_id = hexlify(draw)", "options.client_id = hexlify(core.device_id)"),
    _leak("dial: a nameless connection says the network's name", WORLDS, "link/dial", "options.client_id = hexlify(draw)", 'options.client_id = core.ports.secrets.get("wifi_ssid") or b""'),
    _leak("hello: the nonce is the SIM's number", WORLDS, "link/letters", "cbor.put_int(buf, i, 2), core.nonce)", 'cbor.put_int(buf, i, 2), core.ports.secrets.get("iccid") or core.nonce)'),
)  # fmt: skip


def copy(tree: Path, folder: Path, leak: Leak | None) -> Path:
    """A tree of its own below `folder` with this leak in it, or with none. Raises Stale."""
    target = folder / "tree"
    for name in _COPIED:
        shutil.copytree(tree / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in leak.changes if leak else ():
        source = (target / file).read_text(encoding="utf-8")
        if source.count(old) != 1:
            raise Stale(f"{leak.name if leak else ''}: {file} holds {source.count(old)} times {old!r}")
        (target / file).write_text(source.replace(old, new), encoding="utf-8")
    return target
