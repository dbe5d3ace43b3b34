"""What every `Entropy` promises.

world.again()  a second port that draws the same numbers, or None where chance is real
"""


def check_a_buffer_is_filled_to_its_end(make) -> None:
    """A nonce with a constant tail is no nonce. 16 draws leave one byte at 0 with a chance of 256**-16."""
    entropy, _ = make()
    for size in (1, 8, 16, 33):
        seen = bytearray(size)
        for _ in range(16):
            buf = bytearray(size)
            entropy.fill(1, buf)
            assert len(buf) == size
            for i in range(size):
                seen[i] |= buf[i]
        assert all(seen), size


def check_draws_and_purposes_differ(make) -> None:
    """Two equal draws of 16 bytes have a chance of 2**-128."""
    entropy, _ = make()
    drawn = []
    for purpose in (1, 2, 1, 1 << 29):
        buf = bytearray(16)
        entropy.fill(purpose, buf)
        drawn.append(bytes(buf))
    for i in range(len(drawn)):
        assert drawn[i] not in drawn[i + 1 :]


def check_an_empty_buffer_is_no_error(make) -> None:
    """Nothing asked, nothing given."""
    entropy, _ = make()
    entropy.fill(1, bytearray(0))


def check_one_purpose_does_not_move_another(make) -> None:
    """Invariant I10: how much location was drawn must not show in the status messages' nonces."""
    entropy, world = make()
    twin = world.again()
    if twin is None:  # chance is real: the streams are apart by nature
        return
    a, b = bytearray(16), bytearray(16)
    entropy.fill(2, a)
    entropy.fill(2, a)
    entropy.fill(1, a)
    twin.fill(1, b)
    assert a == b
