"""What every `Secrets` promises.

world.restart()  power goes and comes back: the port over the same storage
"""

from tests.contract.portable.suite import refuses

_LONGEST = 1_024
_NAME = "n" * 15


def check_a_missing_name_is_none(make) -> None:
    """A device that was never enrolled starts without one."""
    secrets, _ = make()
    assert secrets.get("pairing_key") is None
    secrets.drop("pairing_key")
    assert secrets.get("pairing_key") is None


def check_a_value_survives_a_restart(make) -> None:
    """`put` promises durability when it returns."""
    secrets, world = make()
    secrets.put("device_id", bytes(range(16)))
    secrets = world.restart()
    assert secrets.get("device_id") == bytes(range(16))


def check_a_second_value_replaces_the_first(make) -> None:
    """Keys rotate; the shorter new one must not keep the older one's tail."""
    secrets, world = make()
    secrets.put("epoch", b"a longer first value")
    secrets.put("epoch", b"\x02")
    assert secrets.get("epoch") == b"\x02"
    assert world.restart().get("epoch") == b"\x02"


def check_a_dropped_value_stays_dropped(make) -> None:
    """Erasure that a restart undoes is none."""
    secrets, world = make()
    secrets.put("wifi_pass", b"invented-password")
    secrets.put("wifi_ssid", b"invented-network")
    secrets.drop("wifi_pass")
    assert secrets.get("wifi_pass") is None
    secrets = world.restart()
    assert secrets.get("wifi_pass") is None
    assert secrets.get("wifi_ssid") == b"invented-network"


def check_values_up_to_the_limit_and_no_longer(make) -> None:
    """1,024 bytes is the contract; a longer value must fail, not be cut."""
    for size in (0, 1, 255, 256, _LONGEST):
        secrets, world = make()
        value = bytes(i & 255 for i in range(size))
        secrets.put("ca", value)
        assert secrets.get("ca") == value, size
        assert world.restart().get("ca") == value, size
    secrets, _ = make()
    assert refuses(secrets.put, "ca", bytes(_LONGEST + 1))
    assert secrets.get("ca") is None


def check_names_up_to_the_limit_and_no_longer(make) -> None:
    """NVS takes 15 characters; a cut name would meet another one."""
    secrets, _ = make()
    secrets.put(_NAME, b"1")
    assert secrets.get(_NAME) == b"1"
    assert refuses(secrets.put, _NAME + "n", b"2")
    assert refuses(secrets.put, "", b"3")
    assert secrets.get(_NAME) == b"1"


def check_a_view_or_bytearray_is_copied(make) -> None:
    """The caller zeroes its buffer right after `put`."""
    secrets, _ = make()
    buf = bytearray(b"key material")
    secrets.put("pairing_key", buf)
    for i in range(len(buf)):
        buf[i] = 0
    assert secrets.get("pairing_key") == b"key material"
