"""What every `Net` promises, in clear. What TLS must refuse is tested against a real broker.

world.until(port, done)  time goes on, the stream is polled
world.listen()    (host, port) of a peer that accepts one stream; world.deaf_port() of nobody
world.say(data)   the peer writes; world.heard() every byte it got; world.hang_up() it closes
world.echo()      (host, port) of a datagram peer; world.datagrams() what it got; world.answer(data) replies to the last
world.pause()     lets the peers run
"""

_CLOSED, _OPENING, _OPEN = 0, 1, 2


def _opened(make):
    net, world = make()
    host, port = world.listen()
    stream = net.stream(host, port, None)
    assert stream.state == _OPENING
    assert world.until(stream, lambda: stream.state == _OPEN), (stream.state, stream.error)
    return stream, world


def check_a_stream_carries_bytes_both_ways(make) -> None:
    """Through buffers smaller than what is under way."""
    stream, world = _opened(make)
    data = bytes(i & 255 for i in range(1_000))
    done = 0
    while done < len(data):
        done += stream.write(bytearray(data), done, len(data))
        world.until(stream, lambda: True)
        stream.poll(world.now)
        world.pause()
    assert world.until(stream, lambda: world.heard() == data)
    world.say(data)
    got = bytearray()
    buf = bytearray(48)

    def read() -> bool:
        n = stream.readinto(buf)
        got.extend(buf[:n])
        return len(got) >= len(data)

    assert world.until(stream, read)
    assert got == data
    assert stream.readinto(buf) == 0


def check_nobody_there_is_refused(make) -> None:
    """1 is "refused": the broker is down, not the network."""
    net, world = make()
    host, port = world.deaf_port()
    stream = net.stream(host, port, None)
    assert world.until(stream, lambda: stream.state == _CLOSED)
    assert stream.error == 1


def check_a_peer_that_hangs_up_closes_the_stream(make) -> None:
    """What it said before is still read."""
    stream, world = _opened(make)
    world.say(b"bye")
    world.hang_up()
    got = bytearray()
    buf = bytearray(8)

    def over() -> bool:
        n = stream.readinto(buf)
        got.extend(buf[:n])
        return stream.state == _CLOSED

    assert world.until(stream, over)
    assert got == b"bye"
    assert stream.error == 2
    assert stream.write(bytearray(b"late"), 0, 4) == 0


def check_a_closed_stream_stays_closed(make) -> None:
    """Closing twice, reading and writing after it: nothing happens."""
    stream, world = _opened(make)
    stream.close()
    stream.close()
    assert stream.state == _CLOSED
    assert stream.error == 0
    stream.poll(world.now)
    assert stream.readinto(bytearray(4)) == 0
    assert stream.write(bytearray(b"late"), 0, 4) == 0
    assert stream.state == _CLOSED


def check_datagrams_stay_whole(make) -> None:
    """One in, one out; a longer one than the buffer is cut, its rest does not come later."""
    net, world = make()
    host, port = world.echo()
    datagram = net.datagram(host, port)
    assert datagram.readinto(bytearray(16)) == 0
    assert datagram.send(bytearray(b"question??"), 8)
    world.pause()
    assert world.datagrams() == [b"question"]
    world.answer(b"a longer answer")
    world.answer(b"next")
    world.pause()
    buf = bytearray(8)
    assert datagram.readinto(buf) == 8
    assert buf == b"a longer"
    assert datagram.readinto(buf) == 4
    assert buf[:4] == b"next"
    datagram.close()
    datagram.close()
