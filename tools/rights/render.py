"""An export in the forms that people and programs read: JSON, GPX 1.1, GeoJSON (RFC 7946), consent records (TS 27560).

Every row names its purpose and the clause it rests on. Refuses to add anything the device did not hold.
"""

from typing import Any
from xml.etree import ElementTree

from agent.link import kinds
from agent.privacy import purposes as p
from agent.privacy.names import PRECISIONS, PURPOSES, RECIPIENTS
from tools.policy.model import SWITCHES
from tools.rig import journal_text
from tools.rights import terms
from tools.rights.holdings import Grant, Holdings, Message

_GPX = "http://www.topografix.com/GPX/1/1"
_SENSITIVE = (p.SIM, *range(p.LOCATION_REPORT, p.LOCATION_ALARM + 1), p.PHOTO)  # PIPL art. 28: whereabouts; a picture


def as_json(held: Holdings) -> dict[str, Any]:
    return {
        "format": "amace-export-1",
        "request": held.request.hex(),
        "made": terms.moment(held.at),
        "due": terms.moment(held.due),
        "due_if_extended": terms.moment(held.due + terms.EXTENSION_DAYS * 86_400),
        "device_id": held.device_id.hex(),
        "epoch": held.epoch,
        "consent_chain": {"records": held.seq, "head": held.head.hex()},
        "settings": {
            "name": held.name,
            "wifi_ssid": held.ssid,
            "broker": held.broker,
            "armed": held.armed,
            "permissions_on": terms.bits(held.switches, SWITCHES),
            "picture_bytes_on_their_way": held.picture_bytes,
        },
        "consent": [_grant(grant) for grant in held.consent],
        "messages": [_message(message) for message in held.messages],
        "last_reported": [
            _of(place.purpose) | {"lat": place.lat_e6 / 1e6, "lon": place.lon_e6 / 1e6, "at": terms.moment(place.at)}
            for place in held.places
        ],
        "counters": [
            _of(row.purpose)
            | {
                "released": row.released,
                "payload_bytes": row.payload_bytes,
                "refused": row.refused,
                "dropped": row.dropped,
            }
            for row in held.counters
        ],
        "journal": [
            {
                "at": terms.moment(held.at - entry.age_ms // 1000),
                "what": journal_text.what(entry.code, entry.a, entry.b),
            }
            for entry in held.journal
        ],
    }


def _of(purpose: int) -> dict[str, Any]:
    name = PURPOSES[purpose]
    return {"purpose": name, "clauses": terms.clauses(name)}


def _grant(grant: Grant) -> dict[str, Any]:
    return _of(grant.purpose) | {
        "state": terms.STATES.get(grant.state, str(grant.state)),
        "since": terms.moment(grant.since),
        "until": terms.moment(grant.until),
        "least_interval_s": grant.interval_s,
        "precision": _named(PRECISIONS, grant.precision),
        "retention_s": grant.retention_s,
        "recipients": terms.recipients(grant.recipients),
        "withdrawn_ahead_by_record": grant.pin or None,
    }


def _message(message: Message) -> dict[str, Any]:
    facts: dict[str, Any] = dict(message.facts)
    if "seconds" in facts:
        facts["time"] = terms.moment(facts.pop("seconds"))
    for name in ("lat", "lon"):
        if f"{name}_e6" in facts:
            facts[name] = facts.pop(f"{name}_e6") / 1e6
    return _of(message.purpose) | {
        "kind": kinds.NAMES[message.kind].decode(),
        "subject": _named(RECIPIENTS, message.subject),
        "recipient": _named(RECIPIENTS, message.recipient),
        "captured": terms.moment(message.captured),
        "facts": facts,
    }


def _named(names: tuple[str, ...], index: int) -> str:
    return names[index] if index < len(names) else str(index)


def positions(held: Holdings) -> list[tuple[int, int, int, dict[str, Any]]]:
    """(seconds, lat_e6, lon_e6, what it is) of everything with a place, oldest first."""
    found = [
        (message.facts.get("seconds", message.captured), message.facts["lat_e6"], message.facts["lon_e6"], message)
        for message in held.messages
        if "lat_e6" in message.facts and "lon_e6" in message.facts
    ]
    rows = [
        (
            at,
            lat,
            lon,
            _of(message.purpose) | {"precision": _named(PRECISIONS, message.facts.get("precision", 0))},
        )
        for at, lat, lon, message in found
    ]
    rows += [(place.at, place.lat_e6, place.lon_e6, _of(place.purpose) | {"reported": True}) for place in held.places]
    return sorted(rows, key=lambda row: row[:3])


def as_geojson(held: Holdings) -> dict[str, Any]:
    """RFC 7946: longitude first, WGS 84."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [lon / 1e6, lat / 1e6]},
                "properties": {"time": terms.moment(at), **what},
            }
            for at, lat, lon, what in positions(held)
        ],
    }


def as_gpx(held: Holdings) -> str:
    """One waypoint a position: what waits for the broker is no whole track."""
    ElementTree.register_namespace("", _GPX)
    root = ElementTree.Element(f"{{{_GPX}}}gpx", version="1.1", creator="amace rights export")
    for at, lat, lon, what in positions(held):
        point = ElementTree.SubElement(root, f"{{{_GPX}}}wpt", lat=f"{lat / 1e6:.6f}", lon=f"{lon / 1e6:.6f}")
        ElementTree.SubElement(point, f"{{{_GPX}}}time").text = terms.moment(at)
        ElementTree.SubElement(
            point, f"{{{_GPX}}}desc"
        ).text = f"{what['purpose']} (policy {', '.join(what['clauses'])})"
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def as_records(held: Holdings) -> list[dict[str, Any]]:
    """Consent records with the fields of ISO/IEC TS 27560 (as in w3c/dpv guides/consent-27560), one a purpose. A field of
    which the device knows nothing is null: the controller's side fills it."""
    return [_record(held, grant) for grant in held.consent]


def _record(held: Holdings, grant: Grant) -> dict[str, Any]:
    name = PURPOSES[grant.purpose]
    return {
        "schema_version": "ISO/IEC TS 27560:2023",
        "record_id": f"{held.head.hex()}-{name}",
        "pii_principal_id": held.device_id.hex(),
        "privacy_notice": None,
        "language": None,
        "purposes": [{"name": name, "policy_clauses": terms.clauses(name)}],
        "lawful_basis": terms.basis(name),
        "pii_information": [
            {
                "pii_type": name,
                "sensitive_pii_category": grant.purpose in _SENSITIVE,
                "precision": _named(PRECISIONS, grant.precision),
                "least_interval_s": grant.interval_s,
            }
        ],
        "pii_controllers": None,
        "collection_method": "device sensor",
        "processing_method": "on the device; sent to the recipients below",
        "storage_locations": ["device"],
        "retention_period": f"PT{grant.retention_s}S",
        "processing_locations": ["device"],
        "geographic_restrictions": None,
        "jurisdiction": None,
        "recipient_third_parties": terms.recipients(grant.recipients),
        "withdrawal_method": "the owner's signed record; the button of the device",
        "privacy_rights": ["access", "portability", "correction", "erasure", "withdrawal"],
        "events": [
            {
                "event_time": terms.moment(grant.since),
                "validity_duration": f"PT{max(0, grant.until - grant.since)}S",
                "entity_id": "owner",
                "event_type": "explicit",
                "event_state": terms.STATES.get(grant.state, str(grant.state)),
            }
        ],
    }
