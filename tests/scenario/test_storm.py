"""Random lives: any steps in any order, and the three laws hold after each. A failing seed is printed and can be replayed."""

import random
from collections.abc import Callable

import pytest

from simulator.clock import stamp
from simulator.expect import verdicts
from tests.scenario.conftest import Played, from_text

PURPOSES = ("presence", "status", "location_report", "location_alarm", "wake_abnormal", "photo")
LENGTH_MS = 15 * 60_000
SEEDS = range(12)
MANY = range(12, 400)


def storm(seed: int) -> str:
    """A scenario of forty random steps; the first two give it a chance."""
    rng = random.Random(seed)
    lines = ['title = "Storm"', f'length = "{stamp(LENGTH_MS)}"', f"seed = {seed}"]
    lines += ["[owner]", f'reaction = "0:{rng.randrange(2, 40):02}"', f"answers = {str(rng.random() < 0.8).lower()}"]
    lines += ["[device]", f'place = "{rng.choice(("home", "harbour", "Mill Bridge", "Signal Hill"))}"']
    for words in ('do = "power on"', 'do = "open app"'):
        lines += ["[[step]]", f'at = "{stamp(rng.randrange(2_000))}"', words]
    for _ in range(40):
        lines += ["[[step]]", f'at = "{stamp(rng.randrange(3_000, LENGTH_MS))}"', *step(rng)]
    return "\n".join(lines)


def step(rng: random.Random) -> list[str]:
    """One random step with random values."""
    some = rng.sample(PURPOSES, rng.randrange(1, 4))
    purposes = f"purposes = {some}".replace("'", '"')
    via = f'via = "{rng.choice(("mqtt", "mqtt", "mqtt", "ble", "none"))}"'
    grant = [
        'do = "grant"',
        purposes,
        via,
        f'precision = "{rng.choice(("precise", "street", "district"))}"',
        f'interval = "0:{rng.choice(("00", "10", "30"))}"',
        f'retention = "{rng.choice(("0:10", "2:00", "60:00"))}"',
        f'for = "{rng.choice(("1:00", "4:00", "60:00"))}"',
        f"platform = {str(rng.random() < 0.2).lower()}",
    ]
    flag = rng.choice(("true", "false"))
    packet = rng.choice(("PUBACK", "PUBLISH", "CONNACK", "PINGRESP"))
    kinds = (
        *[grant] * 6,
        *[['do = "withdraw"', purposes, via]] * 3,
        ['do = "refuse"', purposes, via],
        ['do = "forge"', purposes],
        ['do = "replay"', f"record = {rng.randrange(1, 6)}"],
        *[['do = "ask"', f'what = "{rng.choice(("photo", "arm", "disarm"))}"']] * 3,
        *[['do = "press"', f"long = {str(rng.random() < 0.1).lower()}"]] * 2,
        *[['do = "ride"', f'route = "{rng.choice(("the long way", "to the ferry"))}"']] * 2,
        ['do = "thief"', 'route = "to the harbour"'],
        ['do = "stop"'],
        ['do = "jolt"', f"mg = {rng.randrange(1, 2_000)}"],
        ['do = "wifi"', f"on = {flag}"],
        ['do = "wifi"', "on = true"],
        ['do = "broker"', f"on = {flag}"],
        ['do = "broker"', "on = true"],
        ['do = "phone"', f"near = {flag}"],
        ['do = "close app"'],
        ['do = "open app"'],
        ['do = "camera"', f"works = {flag}"],
        ['do = "charge"', f"on = {flag}"],
        ['do = "restart"'],
        ['do = "fault"', f'action = "{rng.choice(("lose", "duplicate", "drop", "swallow"))}"', f'packet = "{packet}"'],
    )
    return list(rng.choice(kinds))


def check(seed: int, played: Callable[..., Played], runtime: str = "cpython") -> list[str]:
    run, lines = played(from_text(storm(seed)), runtime)
    failed = [verdict for verdict in verdicts(run) if not verdict.holds]
    assert not failed, f"seed {seed}: {failed}"
    return lines


@pytest.mark.parametrize("seed", SEEDS)
def test_the_laws_hold_in_any_life(seed: int, played: Callable[..., Played]) -> None:
    """Scenarios show what somebody thought of; this shows the rest."""
    check(seed, played)


@pytest.mark.full
@pytest.mark.parametrize("seed", MANY)
def test_the_laws_hold_in_many_lives(seed: int, played: Callable[..., Played]) -> None:
    """The same, with --full."""
    check(seed, played)


@pytest.mark.parametrize("runtime", ["mp64", "mp32"])
def test_a_storm_is_the_same_bytes_on_micropython(runtime: str, played: Callable[..., Played]) -> None:
    """Rare paths differ between runtimes sooner than common ones."""
    assert check(3, played) == check(3, played, runtime)
