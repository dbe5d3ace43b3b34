"""What `Motion`, `Battery`, `GnssPower`, `Button`, `Indicator` and `Watchdog` promise: small ports, one suite each would be noise.

The checks of one port carry its name; `of(port)` picks them. Their worlds:
motion     world.shake(mg) moves the device once by that much
battery    world.set(millivolts, charging)
gnss       world.powered(), world.remembers() whether the receiver still holds its last position, world.settle() lets
           its own timers end
button     world.hold(down)
indicator  world.lit(), world.sounding()
watchdog   world.pass_ms(ms), world.was_reset()
"""


def of(port: str) -> list:
    """The checks of one port, by name."""
    return [globals()[name] for name in sorted(globals()) if name.startswith("check_" + port + "_")]


def check_motion_at_rest_is_zero(make) -> None:
    """A parked bike that reads as moving wakes its owner at night."""
    motion, _ = make()
    for _ in range(5):
        assert motion.read() == 0


def check_motion_is_reported_once(make) -> None:
    """The largest change since the last call, then rest again."""
    motion, world = make()
    motion.read()
    world.shake(600)
    assert 400 <= motion.read() <= 4_000
    motion.read()  # coming to rest is a change of acceleration too
    assert motion.read() == 0


def check_battery_is_unknown_before_the_first_sample(make) -> None:
    """0 % would be reported as an alarm."""
    battery, _ = make()
    assert battery.percent == -1
    assert battery.millivolts == -1


def check_battery_percent_follows_the_voltage(make) -> None:
    """Whole, between 0 and 100, and never up when the voltage goes down."""
    battery, world = make()
    last = 101
    for mv in (4_300, 4_200, 3_900, 3_700, 3_500, 3_300, 3_000, 2_500):
        world.set(mv, False)
        battery.sample()
        assert abs(battery.millivolts - mv) <= 60, mv
        assert 0 <= battery.percent <= last, mv
        last = battery.percent
        assert battery.charging is False
    assert last == 0


def check_gnss_starts_without_power(make) -> None:
    """A receiver that runs before its lease already knows where we are."""
    power, world = make()
    world.settle()
    assert not world.powered()
    power.set(False)
    assert not world.powered()


def check_gnss_power_follows(make) -> None:
    """On by a lease, off in the tick the lease ends."""
    power, world = make()
    for on in (True, True, False, False, True):
        power.set(on)
        world.settle()
        assert world.powered() == on


def check_gnss_forgets_when_on(make) -> None:
    """Its battery-backed memory holds the last position for hours."""
    power, world = make()
    power.set(True)
    world.settle()
    power.forget()
    world.settle()
    assert not world.remembers()
    assert world.powered()


def check_gnss_forgets_when_off(make) -> None:
    """Withdrawal switches off first: forgetting must work then too, and leave it off."""
    power, world = make()
    power.set(True)
    world.settle()
    power.set(False)
    power.forget()
    world.settle()
    assert not world.remembers()
    assert not world.powered()


def check_gnss_forgets_before_going_off(make) -> None:
    """The command must be out of the line before the power is."""
    power, world = make()
    power.set(True)
    world.settle()
    power.forget()
    power.set(False)
    world.settle()
    assert not world.remembers()
    assert not world.powered()


def _held(button, world, now: int, ms: int, step: int = 10) -> tuple:
    """Reports while it is held for `ms`, those of the second after, and the time at the end."""
    down, up = [], []
    world.hold(True)
    for _ in range(ms // step):
        now = (now + step) % (1 << 30)
        down.append(button.read(now))
    world.hold(False)
    for _ in range(1_000 // step):
        now = (now + step) % (1 << 30)
        up.append(button.read(now))
    return [r for r in down if r], [r for r in up if r], now


def check_button_at_rest_is_nothing(make) -> None:
    """A press withdraws consent: it must not happen by itself."""
    button, _ = make()
    for now in range(0, 10_000, 50):
        assert button.read(now) == 0


def check_button_short_press_is_reported_once(make) -> None:
    """Also across the wrap of ticks."""
    for start in (0, (1 << 30) - 100):
        button, world = make()
        button.read(start)
        down, up, now = _held(button, world, start, 300)
        assert down + up == [1]
        down, up, _ = _held(button, world, now, 4_900)
        assert down + up == [1]


def check_button_long_press_is_reported_once(make) -> None:
    """5 s or more, once, without a short one at its end."""
    for ms in (5_100, 12_000):
        button, world = make()
        button.read((1 << 30) - 3_000)
        down, up, _ = _held(button, world, (1 << 30) - 3_000, ms)
        assert down + up == [2], ms


def check_button_bounce_is_one_press(make) -> None:
    """Contacts bounce for some 10 ms."""
    button, world = make()
    now, seen = 0, []
    for down in (True, False, True, False, True):
        world.hold(down)
        now += 3
        seen.append(button.read(now))
    down, up, _ = _held(button, world, now, 200)
    assert [r for r in seen if r] + down + up == [1]


def check_indicator_starts_dark_and_quiet(make) -> None:
    """A tracker that lights up at start tells the thief where it sits."""
    _, world = make()
    assert not world.lit()
    assert not world.sounding()


def check_indicator_light_and_buzzer_are_apart(make) -> None:
    """Each follows its own call, and twice the same is no change."""
    indicator, world = make()
    indicator.light(True)
    indicator.light(True)
    assert (world.lit(), world.sounding()) == (True, False)
    indicator.buzzer(True)
    indicator.buzzer(True)
    assert (world.lit(), world.sounding()) == (True, True)
    indicator.light(False)
    assert (world.lit(), world.sounding()) == (False, True)
    indicator.buzzer(False)
    assert (world.lit(), world.sounding()) == (False, False)


def check_watchdog_sleeps_until_started(make) -> None:
    """It starts after the self-test: a slow first boot must not be reset."""
    watchdog, world = make()
    watchdog.feed()
    world.pass_ms(200_000)
    assert not world.was_reset()


def check_watchdog_is_kept_quiet_by_food(make) -> None:
    """A healthy agent feeds it every tick."""
    watchdog, world = make()
    watchdog.start(30_000)
    for _ in range(10):
        world.pass_ms(20_000)
        watchdog.feed()
    assert not world.was_reset()


def check_watchdog_bites(make) -> None:
    """A hanging agent is a device that guards nothing."""
    watchdog, world = make()
    watchdog.start(30_000)
    world.pass_ms(31_000)
    assert world.was_reset()
