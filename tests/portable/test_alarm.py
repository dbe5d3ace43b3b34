"""Armed + motion → wake → acknowledge → clear: every pair of state and event, every wait, every budget."""

from agent.alarm import alarm as a
from agent.base import ticks
from agent.privacy import purposes as p
from tests.portable.fakes import Entropy

MINUTE = 60_000
HOUR = 60 * MINUTE
KNOCK = 150
STATES = (a.OFF, a.ARMED, a.RAISED, a.HEARD)


def made(state: int, now: int = 0, value: int = 128) -> a.Alarm:
    """An alarm in this state, by the way that leads there."""
    alarm = a.Alarm(Entropy(value), p.WAKE_ABNORMAL, 0)
    if state != a.OFF:
        alarm.arm(now)
    if state in (a.RAISED, a.HEARD):
        alarm.on_motion(KNOCK, now)
    if state == a.HEARD:
        assert alarm.acknowledge(1, now)
    assert alarm.state == state
    alarm.wake = False
    return alarm


def test_every_pair_of_state_and_event() -> None:
    """The whole table: nothing but motion raises, nothing but the owner or time ends it."""
    events = {
        "arm": (lambda alarm, now: alarm.arm(now), (a.ARMED, a.ARMED, a.RAISED, a.HEARD)),
        "disarm": (lambda alarm, now: alarm.disarm(now), (a.OFF, a.OFF, a.OFF, a.OFF)),
        "motion": (lambda alarm, now: alarm.on_motion(KNOCK, now), (a.OFF, a.RAISED, a.RAISED, a.HEARD)),
        "acknowledge": (lambda alarm, now: alarm.acknowledge(1, now), (a.OFF, a.ARMED, a.HEARD, a.HEARD)),
        "a minute": (lambda alarm, now: alarm.on_time(now + MINUTE), (a.OFF, a.ARMED, a.RAISED, a.ARMED)),
        "15 minutes": (lambda alarm, now: alarm.on_time(now + 15 * MINUTE), (a.OFF, a.ARMED, a.HEARD, a.ARMED)),
    }
    for name in sorted(events):
        event, expected = events[name]
        for state in STATES:
            alarm = made(state)
            event(alarm, 0)
            assert alarm.state == expected[state], (name, state)


def test_a_touch_is_no_theft() -> None:
    """Leaning on the saddle stays below the threshold; the threshold itself raises."""
    alarm = made(a.ARMED)
    alarm.on_motion(KNOCK - 1, 0)
    assert alarm.state == a.ARMED
    alarm.on_motion(KNOCK, 0)
    assert alarm.state == a.RAISED


def test_a_wake_goes_again_after_5_10_20_40_80_160_and_300_seconds_then_stops() -> None:
    """provisioning.md §6.2: at most 8 sends inside 15 minutes."""
    alarm = made(a.RAISED)
    assert alarm.attempt == 1
    now = 0
    for attempt, seconds in enumerate((5, 10, 20, 40, 80, 160, 300)):
        now += seconds * 1000
        alarm.on_time(now - 1)
        assert not alarm.wake, seconds
        assert alarm.deadline(now - 1) <= now
        alarm.on_time(now)
        assert alarm.wake, seconds
        assert alarm.attempt == attempt + 2
        alarm.wake = False
    alarm.on_time(15 * MINUTE - 1)
    assert not alarm.wake
    assert alarm.state == a.RAISED
    alarm.on_time(15 * MINUTE)
    assert alarm.state == a.HEARD


def test_the_wait_is_spread_by_a_fifth_either_way() -> None:
    """A storm moves every bike of a street at once: the phones are not woken in step."""
    for value, least, most in ((0, 4_000, 4_000), (255, 5_900, 6_000)):
        alarm = made(a.RAISED, value=value)
        at = alarm.deadline(0)
        assert least <= at <= most, (value, at)


def test_raising_wakes_in_the_same_tick_and_names_a_new_episode() -> None:
    """The owner's acknowledgement names the episode it has seen."""
    alarm = made(a.ARMED)
    alarm.on_motion(KNOCK, 5)
    assert alarm.wake
    assert (alarm.episode, alarm.attempt) == (1, 1)
    assert not alarm.acknowledge(0, 6)
    assert not alarm.acknowledge(2, 6)
    assert alarm.acknowledge(1, 6)
    assert not alarm.acknowledge(1, 7), "once is enough"
    assert alarm.state == a.HEARD


def test_acknowledging_and_disarming_end_the_wakes() -> None:
    """The owner has the phone in hand: it stays quiet from that tick on."""
    for end in (lambda alarm: alarm.acknowledge(1, 1), lambda alarm: alarm.disarm(1)):
        alarm = made(a.ARMED)
        alarm.on_motion(KNOCK, 0)
        end(alarm)
        assert not alarm.wake
        for now in range(0, 15 * MINUTE, 1_000):
            alarm.on_time(now)
            assert not alarm.wake
            assert not alarm.siren(now)


def test_it_is_cleared_after_a_minute_without_motion() -> None:
    """While it is still carried about it is one and the same episode."""
    alarm = made(a.HEARD)
    alarm.on_motion(KNOCK, 50_000)
    alarm.on_time(109_999)
    assert alarm.state == a.HEARD
    assert alarm.deadline(100_000) == 110_000
    alarm.on_time(110_000)
    assert alarm.state == a.ARMED
    alarm.on_motion(KNOCK, 111_000)
    assert (alarm.state, alarm.episode) == (a.RAISED, 2)


def test_the_siren_stops_after_three_minutes() -> None:
    """A neighbourhood is not punished for a gust of wind; the alarm itself goes on."""
    alarm = made(a.RAISED)
    assert alarm.siren(179_999)
    assert alarm.deadline(170_000) <= 180_000
    assert not alarm.siren(180_000)
    assert alarm.state == a.RAISED


def episode(alarm: a.Alarm, now: int) -> bool:
    """One whole episode; whether it woke anybody."""
    alarm.on_motion(KNOCK, now)
    woke = alarm.wake
    alarm.acknowledge(alarm.episode, now)
    alarm.on_time(ticks.add(now, MINUTE))
    assert alarm.state == a.ARMED
    return woke


def test_a_fifth_episode_in_an_hour_sounds_and_wakes_nobody() -> None:
    """Clause 1.6.1: not that often. The siren is not throttled, and the episode says that it was."""
    alarm = made(a.ARMED)
    for k in range(4):
        assert episode(alarm, k * 2 * MINUTE)
        assert not alarm.throttled
    alarm.on_motion(KNOCK, 10 * MINUTE)
    assert alarm.throttled
    assert not alarm.wake
    assert alarm.siren(10 * MINUTE)
    for now in range(10 * MINUTE, 25 * MINUTE + 1, 10_000):
        alarm.on_time(now)
        assert not alarm.wake
    assert alarm.state == a.HEARD, "given up all the same"


def test_an_hour_after_the_first_of_four_there_is_one_wake_more() -> None:
    """A sliding hour, to the millisecond."""
    for late, expected in ((-1, False), (0, True)):
        alarm = made(a.ARMED)
        for k in range(4):
            episode(alarm, k * 2 * MINUTE)
        alarm.on_time(HOUR + late)
        assert episode(alarm, HOUR + late) is expected


def test_a_budget_spent_a_week_ago_is_there_again() -> None:
    """Ticks wrap: four alarms last week must not keep this week's thief from waking anybody."""
    for days in range(1, 15):
        alarm = made(a.ARMED)
        for k in range(4):
            episode(alarm, k * 2 * MINUTE)
        now = 10 * MINUTE
        for _ in range(days):
            now = ticks.add(now, ticks.FAR)  # the core looks in at least once a day
            alarm.on_time(now)
        assert episode(alarm, now), days


def test_an_episode_across_the_wrap_of_the_ticks() -> None:
    """Twelve days after the start is as good a night for a thief as any."""
    start = (1 << 30) - 20_000
    alarm = made(a.RAISED, start)
    wakes = 1
    now = start
    for _ in range(901):
        now = ticks.add(now, 1_000)
        alarm.on_time(now)
        wakes += alarm.wake
        alarm.wake = False
    assert wakes == 8
    assert alarm.state == a.HEARD or alarm.state == a.ARMED


def test_the_deadline_never_lies() -> None:
    """Asking only when it said so must bring what asking ten times a second brings: a device sleeps by it."""

    def history(asked: bool) -> "list[tuple[int, int, int, bool]]":
        alarm = made(a.RAISED, value=77)
        seen = []
        now = 0
        while now < 20 * MINUTE:
            alarm.on_time(now)
            fact = (now, alarm.state, alarm.attempt, alarm.siren(now))
            if not seen or seen[-1][1:] != fact[1:]:
                seen.append(fact)
            at = alarm.deadline(now)
            if asked:
                now = max(now + 1, at) if at >= 0 else 20 * MINUTE
            else:
                now += 100
        return seen

    by_deadline = history(True)
    by_the_clock = history(False)
    assert [fact[1:] for fact in by_deadline] == [fact[1:] for fact in by_the_clock]
    for mine, theirs in zip(by_deadline, by_the_clock):
        assert 0 <= theirs[0] - mine[0] <= 800, (mine, theirs)  # each of 8 wakes is up to 100 ms late
