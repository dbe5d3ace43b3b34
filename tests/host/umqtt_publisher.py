"""Runs on a MicroPython machine: one life of the umqtt link against a real broker. Not a test file; see test_umqtt_tls.py.

Arguments: tree, host, port, path of the authority's certificate ("" for no TLS), size of the payload,
milliseconds to go on for. Prints one line:
`sent ID`, `received PAYLOAD` in the order of events, at the end `state STATE error ERROR longest MS`.
"""

import sys
import time


class Trust:
    def __init__(self, ca: bytes, name: str) -> None:
        self.ca = ca
        self.name = name


class Options:
    client_id = b"device"
    clean = True
    keepalive_s = 10
    will_topic = b"d/device/presence"
    will = b"gone"
    inbox = b"d/device/in"


class Message:
    topic = b"d/device/status"
    qos = 1
    retain = False

    def __init__(self, id: int, payload: bytes) -> None:
        self.id = id
        self.buf = bytearray(payload)
        self.n = len(payload)


def main(tree: str, host: str, port: int, ca: str, size: int, patience_ms: int) -> None:
    sys.path.insert(0, tree)
    from hal.mpy.dns import Resolver
    from hal.mpy.net import Net
    from hal.mpy.umqtt_link import Link

    net = Net()
    trust = None
    if ca:
        with open(ca, "rb") as file:
            trust = Trust(file.read(), host)
    link = Link(net, host, port, trust, Resolver(net, list))
    received = []
    link.on_sent = lambda id: print("sent", id)
    link.on_message = lambda topic, buf, n: received.append(bytes(buf[:n]))
    link.open(Options())
    start = time.ticks_ms()
    longest = 0
    sent = False
    while link.state and not received and time.ticks_diff(time.ticks_ms(), start) < patience_ms:
        before = time.ticks_ms()
        link.poll(before & 0x3FFFFFFF)
        longest = max(longest, time.ticks_diff(time.ticks_ms(), before))
        if link.room() and not sent:
            link.send(Message(0x3031, b"x" * size))
            sent = True
        time.sleep_ms(1)
    for data in received:
        print("received", data.decode())
    print("state", link.state, "error", link.error, "longest", longest)
    link.close(True)
    for _ in range(20):
        link.poll(time.ticks_ms() & 0x3FFFFFFF)
        time.sleep_ms(2)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]), int(sys.argv[6]))
