"""What every `Wifi` promises.

world.until(port, done), world.run(port, ms)  time goes on, the port is polled
world.appear(ssid, password)  an access point is switched on; world.vanish() switches it off
world.associated()            whether the station is on the air with it
"""

_DOWN, _OPENING, _UP = 0, 1, 2
_SSID = b"invented-network"
_WORD = b"invented-password"


def _joined(make):
    wifi, world = make()
    world.appear(_SSID, _WORD)
    wifi.join(_SSID, _WORD)
    assert world.until(wifi, lambda: wifi.state == _UP), (wifi.state, wifi.error)
    return wifi, world


def check_a_radio_starts_down_and_silent(make) -> None:
    """Wi-Fi that is up before `join` tells every access point who we are."""
    wifi, world = make()
    world.appear(_SSID, _WORD)
    world.run(wifi, 500)
    assert wifi.state == _DOWN
    assert wifi.rssi() == 0
    assert not world.associated()


def check_joining_waits_for_nobody(make) -> None:
    """An association takes seconds; the alarm machine runs meanwhile."""
    wifi, world = make()
    world.appear(_SSID, _WORD)
    wifi.join(_SSID, _WORD)
    assert wifi.state == _OPENING
    assert world.until(wifi, lambda: wifi.state == _UP)
    assert wifi.error == 0
    assert world.associated()
    assert -127 <= wifi.rssi() < 0


def check_a_missing_network_is_told_apart(make) -> None:
    """1 is "not found": out of range, try again later."""
    wifi, world = make()
    wifi.join(_SSID, _WORD)
    assert world.until(wifi, lambda: wifi.state == _DOWN)
    assert wifi.error == 1


def check_a_wrong_password_is_told_apart(make) -> None:
    """2 is "refused": trying again every second would be of no use."""
    wifi, world = make()
    world.appear(_SSID, _WORD)
    wifi.join(_SSID, b"another-password")
    assert world.until(wifi, lambda: wifi.state == _DOWN)
    assert wifi.error == 2


def check_a_lost_network_is_told_and_may_be_joined_again(make) -> None:
    """3 is "lost": the usual end of a ride's first minute."""
    wifi, world = _joined(make)
    world.vanish()
    assert world.until(wifi, lambda: wifi.state == _DOWN)
    assert wifi.error == 3
    assert wifi.rssi() == 0
    world.appear(_SSID, _WORD)
    wifi.join(_SSID, _WORD)
    assert world.until(wifi, lambda: wifi.state == _UP)
    assert wifi.error == 0


def check_leaving_switches_the_radio_off(make) -> None:
    """Invariant I4: no radio without a live purpose."""
    wifi, world = _joined(make)
    wifi.leave()
    assert wifi.state == _DOWN
    assert wifi.error == 0
    world.run(wifi, 500)
    assert not world.associated()
    wifi.leave()
    assert wifi.state == _DOWN


def check_the_port_keeps_no_password(make) -> None:
    """The password goes in and never comes out."""
    wifi, _ = _joined(make)
    for name in dir(wifi):
        assert getattr(wifi, name) != _WORD, name
