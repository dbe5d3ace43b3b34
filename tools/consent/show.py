"""Records, chains and answers as tables for people, or as JSON. Prints no key and no device id."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import cbor2
from rich.table import Table

from agent.base import errors
from agent.base.errors import RemoteError
from agent.privacy import grants as g
from agent.privacy.names import PRECISIONS, PURPOSES, RECIPIENTS
from agent.privacy.record import EPOCH_2020
from simulator.keys import ED25519
from simulator.orders import Order
from simulator.owner import Consent, Record
from simulator.words import error_name
from tools.consent import terms
from tools.consent.deliver import NO_ANSWER, Outcome
from tools.consent.keys import why
from tools.consent.wallet import Receipt, Wallet, bare, now, read_claims, read_record
from tools.console import err, out
from tools.errors import Problem
from tools.rig import journal_text as text
from tools.rig.client import Standing, State

_MAX_RECORD = 2_048
_ORDERS = ("", "erase", "erase the whole", "export", "correct the name")
"""By number in agent/privacy/order.py."""
_MEND = {
    errors.BAD_MAC: "it is bound to another key: is this its owner's file?",
    errors.WRONG_DEVICE: "it is bound to another key: is this its owner's file?",
    errors.UNTIMELY: "compare this computer's clock with the device's",
    errors.UNKNOWN_NOTICE: "it keeps to another version of the policy: use the tools of its own release",
    errors.OUT_OF_RANGE: "its policy allows less",
    errors.REPLAYED: "its chain went on meanwhile, as when its button is held: decide again",
    errors.GAP: "it lacks an earlier record: try again",
    errors.FORKED: "its store is damaged, or its chain went on elsewhere: `amace rights erase --whole` is taken still",
    errors.BUSY: "its flash refused to keep it, or it is checking another record: try again",
    errors.NOT_GRANTED: "it is bound to nobody",
    errors.OTHER_REGION: "its data stays in another region than this owner's file says",
}


def moment(at: int) -> str:
    """Seconds since 2020 as UTC."""
    return f"{datetime.fromtimestamp(at + EPOCH_2020, UTC):%Y-%m-%d %H:%M:%S}"


def fingerprint(device_id: bytes) -> str:
    return hashlib.sha256(b"fingerprint" + device_id).hexdigest()[:8]


def chain(wallet: Wallet, as_json: bool) -> int:
    told = _newest(wallet)
    facts: dict[str, object] = {
        **_who(wallet),
        "records": [_facts(record) for record in wallet.owner.records],
        "receipt": _receipt_facts(told),
    }
    if as_json:
        print(json.dumps(facts, indent=1))
        return 0
    out.print(_line(wallet), markup=False)
    if wallet.owner.records:
        out.print(_table(wallet.owner.records))
    else:
        out.print("no record yet: everything is off")
    out.print(_said(wallet, told), markup=False)
    return 0


def record(path: Path, wallet: Wallet | None, as_json: bool) -> int:
    """A record's file; 1 when it is not this owner's."""
    try:
        with path.open("rb") as file:
            inner = bare(file.read(_MAX_RECORD))
        payload = cbor2.loads(inner).value[2]
        claims, lines = read_claims(payload)
    except OSError as error:
        raise Problem(f"the record cannot be read: {error.strerror}", str(path), "Name a file of --out") from error
    except (RemoteError, cbor2.CBORDecodeError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise Problem(
            f"this is no record: {why(error)}", str(path), "amace consent grant --out FILE writes one"
        ) from None
    held = Record(claims.seq, b"", b"", lines, claims.issued, claims.until, inner)
    signed = (
        "unchecked: name --owner" if wallet is None else "this owner's" if _ours(wallet, inner) else "not this owner's"
    )
    if as_json:
        print(json.dumps({**_facts(held), "signature": signed}, indent=1))
    else:
        out.print(_table([held]))
        out.print(f"signature: {signed}", markup=False)
    return int(signed == "not this owner's")


def _ours(wallet: Wallet, inner: bytes) -> bool:
    try:
        read_record(wallet.owner.binding, inner)
    except (ValueError, RemoteError):
        return False
    return True


def device(wallet: Wallet, standing: Standing | None, state: State, as_json: bool) -> int:
    told = wallet.take(standing.receipt) if standing is not None else None
    wallet.save()
    live = tuple(number for number in range(len(PURPOSES)) if state.live >> number & 1)
    if as_json:
        facts = {**_who(wallet), "seq": state.seq, "live": [PURPOSES[n] for n in live], "receipt": _receipt_facts(told)}
        print(json.dumps({**facts, "powered": text.sensors(state.sensors)}, indent=1))
        return 0
    out.print(_line(wallet), markup=False)
    out.print(f"consent record {state.seq}; powered: {text.sensors(state.sensors)}", markup=False)
    _live(wallet, live)
    out.print(_said(wallet, told), markup=False)
    return 0


def answer(wallet: Wallet, outcome: Outcome, as_json: bool) -> int:
    """What came of a delivery; 0 when the device has signed that it holds."""
    told = outcome.told
    done = outcome.code == 0 and told is not None
    if as_json:
        facts = {"done": done, "code": outcome.code, "delivered": outcome.delivered, "receipt": _receipt_facts(told)}
        print(json.dumps(facts, indent=1))
        return 0 if done else 1
    if outcome.code == NO_ANSWER:
        err.print("no answer: the device is not connected. The record is kept, and goes with the next one")
    elif outcome.code:
        err.print(refusal(outcome.code), markup=False)
    elif told is None:
        what = "a receipt came that nothing proves" if outcome.unproven else "no receipt came"
        err.print(f"{what}: take one record by cable, or restart the device during amace consent show --broker")
    if told is not None:
        out.print(_said(wallet, told), markup=False)
        _live(wallet, told.live)
    return 0 if done else 1


def refusal(code: int) -> str:
    """What a device said instead of doing it, and what mends that."""
    mend = _MEND.get(code)
    return f"the device refuses: {error_name(code)}{f': {mend}' if mend else ''}"


def _live(wallet: Wallet, live: tuple[int, ...]) -> None:
    table = Table("live now", "terms", "until (UTC)", box=None, pad_edge=False, header_style="bold")
    for purpose in live:
        held = wallet.line(purpose)
        row = (terms.told(held[0]), moment(held[1].until)) if held is not None else ("by contract", "")
        table.add_row(PURPOSES[purpose], *row)
    out.print(table)
    asleep = [PURPOSES[n] for n in _granted(wallet) if n not in live]
    if asleep:
        out.print(
            f"granted and not live: {', '.join(asleep)} (the board lacks its part, or a permission switch is off)"
        )


def _granted(wallet: Wallet) -> list[int]:
    """What the newest lines say yes to, and is not over."""
    held = [(n, wallet.line(n)) for n in terms.every()]
    return [
        n
        for n, found in held
        if found is not None and found[0].state in (g.GIVEN, g.RENEWED) and found[1].until > now()
    ]


def _newest(wallet: Wallet) -> Receipt | None:
    """Of the device that is known, else of the last simulated one."""
    key = wallet.device_key or (wallet.receipts[-1][0] if wallet.receipts else b"")
    wallet.speaking = key
    return wallet.last(key)


def _said(wallet: Wallet, told: Receipt | None) -> str:
    if told is None:
        return "no receipt since its start"
    at = moment(told.at) if told.at >= 0 else "a time it did not know"
    return f"receipt for record {told.seq}: {error_name(told.code)}, {at}, signed by device key {_kid(wallet.speaking or wallet.device_key)}"


def _kid(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:8]


def _line(wallet: Wallet) -> str:
    who = _who(wallet)
    return (
        f"owner {who['owner']} ({who['alg']}), device {who['device']}, its key {who['device_key'] or 'not known yet'}"
    )


def _who(wallet: Wallet) -> dict[str, object]:
    binding = wallet.owner.binding
    return {
        "owner": binding.signer.kid.hex()[:8],
        "alg": "ed25519" if binding.signer.alg == ED25519 else "es256",
        "device": fingerprint(binding.device_id),
        "device_key": _kid(wallet.device_key) if wallet.device_key else "",
    }


def _table(records: list[Record]) -> Table:
    table = Table(
        "record",
        "signed (UTC)",
        "purpose",
        "says",
        "terms",
        "until (UTC)",
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    for one in records:
        start = (str(one.seq), moment(one.issued) if one.bare else "at the button")
        if one.order is not None:
            table.add_row(*start, _ordered(one.order), "ordered", "", "")
            continue
        for k, line in enumerate(one.lines):
            start = start if k == 0 else ("", "")
            given = terms.told(line)
            table.add_row(
                *start,
                PURPOSES[line.purpose],
                terms.STATES.get(line.state, "nothing"),
                given,
                moment(one.until) if given else "",
            )
    return table


def _ordered(order: Order) -> str:
    """An order in words; no word of its text, which may be a name."""
    rows = [PURPOSES[n] for n in range(len(PURPOSES)) if order.purposes >> n & 1]
    before = f" before {moment(order.before)}" if order.before else ""
    return " ".join((_ORDERS[order.what], ", ".join(rows))).rstrip() + before


def _facts(one: Record) -> dict[str, object]:
    return {
        "seq": one.seq,
        "signed": moment(one.issued) if one.bare else None,
        "until": moment(one.until) if one.bare else None,
        "over": now() >= one.until,
        "ordered": _ordered(one.order) if one.order is not None else None,
        "lines": [_line_facts(line) for line in one.lines],
    }


def _line_facts(line: Consent) -> dict[str, object]:
    return {
        "purpose": PURPOSES[line.purpose],
        "state": terms.STATES.get(line.state, "unknown"),
        "precision": PRECISIONS[line.precision],
        "interval_s": line.interval_s,
        "retention_s": line.retention_s,
        "recipients": [name for number, name in enumerate(RECIPIENTS) if line.recipients >> number & 1],
    }


def _receipt_facts(told: Receipt | None) -> dict[str, object] | None:
    if told is None:
        return None
    at = moment(told.at) if told.at >= 0 else None
    return {
        "seq": told.seq,
        "at": at,
        "live": [PURPOSES[n] for n in told.live],
        "code": told.code,
        "says": error_name(told.code),
    }
