"""docs/messages.cddl from a policy: every message that one of its purposes allows, with the `;@` line the simulator judges by."""

from collections.abc import Sequence

from tools.policy import model as m

PATH = "docs/messages.cddl"
_COLUMN = 27  # where comments stand
_HEAD = """\
; Every message between the device and the world, in CDDL (RFC 8610). Generated from agent/privacy/policies by
; `amace policy build`: change those. Every transcript of the simulator is checked against this file (simulator/schema.py),
; with the subset of CDDL that simulator/cddl.py names.
;
; A line `;@ key=value …` goes before the rule of each message:
;   topic       last part of the MQTT topic `d/<id>/<topic>`; <id> is 16 hex digits that change with the owner
;   port        where it passes when it is no MQTT message: ble-advert, ble-answer, ble-parcel
;   way         out of the device, or in
;   purpose     the purpose whose grant it needs (agent/privacy/names.py)
;   recipient   who gets it
;   qos retain  of the MQTT PUBLISH
;   max         most bytes of the payload
;   form        cbor (deterministic, RFC 8949 §4.2.1) or raw (the rule describes the bytes themselves)
;
; Key 1 is the release number of the message's purpose, from 0 at the boot. A fact that is unknown, or finer than the
; grant allows, is absent. The rig's console is not here: it answers with numbers of the machine (agent/link/console.py).
"""


def schema(policy: m.Policy) -> str:
    parts = [_HEAD]
    for name, message in _messages(policy).items():
        if message.section:
            parts.append(f"; --- {message.section} ---\n")
        parts.append(_annotation(message) + _rule(name, message.rule))
        parts += [_rule(other, rule) for other, rule in policy.rules.items() if rule.after == name]
    parts.append("; --- pieces ---\n")
    parts += [_rule(name, rule) for name, rule in policy.rules.items() if not rule.after]
    parts.append("".join(_rule(name, rule) for name, rule in policy.types.items()))
    return "\n".join(parts)


def _messages(policy: m.Policy) -> dict[str, m.Message]:
    """Those whose purpose this policy has."""
    return {name: one for name, one in policy.messages.items() if one.purpose in policy.purposes}


def _annotation(message: m.Message) -> str:
    where = f"topic={message.topic}" if message.topic else f"port={message.port}"
    mqtt = f"qos={message.qos} retain={'yes' if message.retain else 'no'} " if message.topic else ""
    who = f"way={message.way} purpose={message.purpose} recipient={message.recipient}"
    return f";@ {where} {who} {mqtt}max={message.max} form={message.form}\n"


def _rule(name: str, rule: m.Rule) -> str:
    if rule.fields:
        return f"{name} = {{\n{''.join(_entries(rule.fields))}}}\n"
    return _noted(f"{name} = {rule.type}", rule.note)


def _entries(entries: Sequence[m.Entry]) -> list[str]:
    lines: list[str] = []
    for at, entry in enumerate(entries, 1):
        comma = "," if at < len(entries) else ""
        lines.append(_noted(f"  {'? ' if entry.optional else ''}{entry.key}: {entry.type}{comma}", entry.note))
    return lines


def _noted(text: str, note: str) -> str:
    return f"{text.ljust(_COLUMN - 1)} ; {note}\n" if note else f"{text}\n"
