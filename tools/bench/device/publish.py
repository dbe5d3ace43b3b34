"""QoS 1 publish to acknowledgement on a broker of this machine, in microseconds. One JSON line on stdout.

`micropython publish.py TREE UMQTT PORT`. Contenders: a bare socket that writes one packet (the floor), umqtt.simple as
shipped, and our link on top of umqtt.simple.
"""

import json
import socket
import sys
import time

_TIMES = 200
_SIZE = 40
_CLOSE_S = 10


def bare(port: int) -> "object":
    s = socket.socket()
    s.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    s.setsockopt(6, 1, 1)  # TCP_NODELAY
    s.write(b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03raw")
    s.read(4)
    packet = b"\x32" + bytes((5 + 2 + _SIZE,)) + b"\x00\x03b/x\x00\x01" + bytes(_SIZE)

    def once() -> None:
        s.write(packet)
        s.read(4)

    return once


def shipped(port: int) -> "object":
    from umqtt.simple import MQTTClient

    client = MQTTClient(b"shipped", "127.0.0.1", port)
    client.connect()
    body = bytes(_SIZE)
    return lambda: client.publish(b"b/x", body, qos=1)


class Options:
    client_id = b"ours"
    clean = True
    keepalive_s = 60
    will_topic = b""
    will = b""
    inbox = b"in/+"


class Message:
    topic = b"b/x"
    buf = bytearray(_SIZE)
    n = _SIZE
    qos = 1
    retain = False
    id = 1


def ours(port: int) -> "object":
    from hal.mpy.dns import Resolver
    from hal.mpy.net import Net
    from hal.mpy.umqtt_link import Link

    net = Net()
    link = Link(net, "127.0.0.1", port, None, Resolver(net, list))
    link.open(Options)
    until = time.ticks_add(time.ticks_ms(), _CLOSE_S * 1000)
    while link.state != 2:
        link.poll(time.ticks_ms())
        if time.ticks_diff(until, time.ticks_ms()) < 0:
            raise OSError("no connection")
    sent = []
    link.on_sent = sent.append
    poll = link.poll

    def once() -> None:
        link.send(Message)
        while not sent:
            poll(time.ticks_ms())
        sent.pop()

    return once


def measure(make: "object", port: int) -> "dict[str, int]":
    once = make(port)
    once()
    taken = []
    for _ in range(_TIMES):
        start = time.ticks_us()
        once()
        taken.append(time.ticks_diff(time.ticks_us(), start))
    taken.sort()
    return {"median_us": taken[_TIMES // 2], "p99_us": taken[_TIMES * 99 // 100]}


if __name__ == "__main__":
    for folder in sys.argv[1:3]:
        sys.path.insert(0, folder)
    port = int(sys.argv[3])
    makers = {"bare socket": bare, "umqtt.simple": shipped, "ours": ours}
    print(json.dumps({name: measure(makers[name], port) for name in ("bare socket", "umqtt.simple", "ours")}))
