"""`amace hil show`: what one device says of itself, in lines for people or as JSON. Asks only; changes nothing.

An enrolled device tells it to whoever holds its console key; without the key there is hello, and the reason for no more.
"""

from contextlib import closing
from dataclasses import asdict

from agent.privacy import names
from tools import enrolment as e
from tools.errors import Problem
from tools.rig import journal_text as text
from tools.rig.client import Hello, Rig, State
from tools.rig.target import new_log, open_rig
from tools.rig.wire import NoAnswer, Refused, WireGone


def look(device: str, keys: e.Enrolment | None) -> tuple[list[str], dict[str, object]]:
    """(lines, the same for a program). Raises Problem."""
    with closing(new_log(device)) as log, closing(open_rig(device, log)) as rig:
        try:
            hello = rig.hello()
            if keys is not None and rig.auth(keys.console_key, hello.nonce):
                raise Problem("the device does not accept this console key", device, "Is this its enrolment?")
            return _look(rig, hello)
        except (NoAnswer, WireGone) as error:
            raise Problem(str(error), device, f"Its log: {log.path}") from error


def _look(rig: Rig, hello: Hello) -> tuple[list[str], dict[str, object]]:
    owned = "bound to an owner" if hello.enrolled else "bound to nobody"
    lines = [f"{hello.board}, protocol {hello.protocol}, {owned}; can serve: {text.purposes(hello.purposes)}"]
    told: dict[str, object] = {
        "board": hello.board,
        "protocol": hello.protocol,
        "enrolled": hello.enrolled,
        "usable": hello.purposes,
    }
    try:
        state = rig.state()
        lost, entries = rig.journal()
    except Refused:
        lines.append("the rest is for who holds its console key: name its enrolment with --enrolment FILE")
        return lines, told
    lines += _state(state)
    lines.append(f"journal, {lost} older entries lost:")
    lines += [text.line(*entry) for entry in entries]
    rows = [{**entry._asdict(), "text": text.what(entry.code, entry.a, entry.b)} for entry in entries]
    return lines, {**told, "state": asdict(state), "lost": lost, "journal": rows}


def _state(state: State) -> list[str]:
    link = f"up for {names.PURPOSES[state.link - 1]}" if 0 < state.link <= len(names.PURPOSES) else "down"
    return [
        f"live: {text.purposes(state.live)} (consent record {state.seq})",
        f"powered: {text.sensors(state.sensors)}; broker: {link}; alarm state {state.alarm}",
        f"messages: {state.waiting} waiting, {state.dropped} dropped, {state.held} held back; {state.refused} pieces of noise on this line",
    ]
