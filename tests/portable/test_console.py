"""The console's law, on every runtime: who is let in, for how long, and what it costs the device to be asked."""

from agent.base import errors, frame, ticks
from agent.base import journal as j
from agent.crypto.mac import Hmac
from agent.link import console as c

KEY = bytes(range(32))
MINUTE = 60_000


class Nothing:
    """Stands for whatever a test does not look at."""

    parts = 0


class Port:
    """A line with no limit of its own."""

    def __init__(self) -> None:
        self.waiting = bytearray()
        self.reads = 0

    def readinto(self, buf: bytearray) -> int:
        self.reads += 1
        n = min(len(buf), len(self.waiting))
        buf[:n] = self.waiting[:n]
        self.waiting = self.waiting[n:]
        return n


class Entropy:
    def __init__(self) -> None:
        self.draws = 0

    def fill(self, purpose: int, buf: bytearray) -> None:
        self.draws += 1
        for k in range(len(buf)):
            buf[k] = self.draws


class Secrets:
    def __init__(self, key: "bytes | None") -> None:
        self.values: "dict[str, bytes]" = {}
        self.works = True
        if key is not None:
            self.values["console_key"] = key

    def get(self, name: str) -> "bytes | None":
        return self.values.get(name)

    def put(self, name: str, value: bytes) -> None:
        if not self.works:
            raise OSError(28)
        self.values[name] = value


class Core:
    """What the console needs of agent/core.py, and the far end of its line."""

    def __init__(self, key: "bytes | None" = KEY, bound: bool = True) -> None:
        self.now = 1000
        self.port = Port()
        self.ports = Nothing()
        self.ports.secrets = Secrets(key)
        self.receipt = bytearray(192)
        self.receipt_size = 0
        self.ports.entropy = Entropy()
        self.ports.anchor = None
        self.profile = Nothing()
        self.profile.name = "test"
        self.grants = Nothing()
        self.grants.bound = bound
        self.journal = j.Journal(8)
        self.gate = self
        self.heard: "list[bytes]" = []
        self.records: "list[bytes]" = []
        self.breaks = False
        self.restart = False
        self._frames = frame.Deframer(600, self._on_frame)
        self.console = c.Console(self, self.port)

    def answers(self, n: int) -> bool:
        return True

    def answer(self, buf: bytearray, n: int) -> None:
        self._frames.feed(buf, n)

    def _on_frame(self, buf: bytearray, n: int) -> None:
        self.heard.append(bytes(buf[:n]))

    def record(self, buf: bytes, n: int, now: int, done) -> None:
        if self.breaks:
            raise OSError(5)
        self.records.append(bytes(buf[:n]))
        done(errors.GAP)

    def send(self, body: bytes) -> None:
        encoder = frame.Encoder(self._write)
        encoder.begin()
        encoder.add(body, len(body))
        encoder.end()

    def _write(self, buf: bytearray, n: int) -> None:
        self.port.waiting.extend(memoryview(buf)[:n])

    def tick(self, ms: int = 0) -> None:
        """As agent/core.py does it: a console that is over is forgotten, and the next byte makes another."""
        self.now = ticks.add(self.now, ms)
        self.console.on_time(self.now)
        if self.console.over(self.now):
            self.console = c.Console(self, self.port)

    def ask(self, body: bytes) -> bytes:
        """The one answer to one question."""
        self.heard = []
        self.send(body)
        self.tick()
        assert len(self.heard) == 1, self.heard
        return self.heard[0]

    def nonce(self) -> bytes:
        said = self.ask(bytes((c.HELLO,)))
        at = said.find(b"\x04\x50") + 2
        return said[at : at + 16]

    def enter(self, key: bytes = KEY) -> bytes:
        tag = Hmac(key).tag(b"rig", self.nonce())[:16]
        return self.ask(bytes((c.AUTH,)) + tag)


def refused(core: Core) -> bool:
    return core.ask(bytes((c.RECORD,)) + b"r") == bytes((c.RECORD | 0x80, errors.NOT_GRANTED))


def test_a_bound_device_without_a_console_key_lets_nobody_in() -> None:
    """Enrolled without a rig: no cable may ever become one."""
    core = Core(key=None, bound=True)
    assert refused(core)
    assert core.ask(bytes((c.AUTH,)) + bytes(16)) == bytes((c.AUTH | 0x80, errors.NOT_GRANTED))
    assert refused(core)


def test_a_device_of_nobody_is_open_and_stays_open() -> None:
    """It holds nothing yet, and someone has to be able to enrol it."""
    core = Core(key=None, bound=False)
    assert not refused(core)
    core.nonce()
    core.tick(20 * MINUTE)
    assert not refused(core)


def test_a_device_of_nobody_with_a_console_key_asks_for_it() -> None:
    """Half enrolled: whoever began goes on, nobody else."""
    core = Core(key=KEY, bound=False)
    assert refused(core)
    assert core.enter() == bytes((c.AUTH | 0x80, 0))
    assert not refused(core)


def test_no_proof_is_good_before_the_first_hello() -> None:
    """The nonce at power-on is drawn too: a proof for zeros would be good at every start."""
    core = Core()
    tag = Hmac(KEY).tag(b"rig", bytes(16))[:16]
    assert core.ask(bytes((c.AUTH,)) + tag) == bytes((c.AUTH | 0x80, errors.NOT_GRANTED))


def test_an_open_console_closes_after_ten_silent_minutes() -> None:
    """A rig that was unplugged does not say goodbye; the next cable may be a stranger's."""
    core = Core()
    core.enter()
    core.tick(10 * MINUTE - 1)
    assert not refused(core), "one millisecond before the limit"
    core.tick(10 * MINUTE)
    assert refused(core)


def test_silence_is_measured_across_the_wrap_of_ticks() -> None:
    """Ticks wrap every 12.4 days: neither an eternal console nor a deaf one may come of it."""
    core = Core()
    core.now = (1 << 30) - 5 * MINUTE
    core.enter()
    core.tick(9 * MINUTE)
    assert core.now < 5 * MINUTE, "wrapped"
    assert not refused(core)
    core.tick(10 * MINUTE)
    assert refused(core)


def test_talk_keeps_the_console_open() -> None:
    """A long test run is not silence."""
    core = Core()
    core.enter()
    for _ in range(6):
        core.tick(9 * MINUTE)
        assert not refused(core)


def test_a_hello_closes_the_console() -> None:
    """A conversation starts with hello: whoever says it has yet to prove who they are."""
    core = Core()
    core.enter()
    core.nonce()
    assert refused(core)


def test_a_wrong_proof_closes_the_console_and_is_journalled() -> None:
    """Guessing through an open console must not go unseen."""
    core = Core()
    core.enter()
    core.ask(bytes((c.AUTH,)) + bytes(16))
    assert refused(core)
    told = [(core.journal.entry(k, 1), core.journal.entry(k, 2)) for k in range(core.journal.count)]
    assert told == [(j.CONSOLE, 1), (j.CONSOLE, 2)]


def test_answers_and_empty_frames_are_not_answered() -> None:
    """A line that echoes would talk to itself for ever."""
    core = Core()
    for body in (b"", b"\x80", bytes((c.HELLO | 0x80, 0, 1)), b"\xff"):
        core.send(body)
        core.tick()
    assert core.heard == []


def test_a_flood_is_taken_in_bounded_bites() -> None:
    """The alarm is served in the same tick: 1,280 bytes, then it is its turn."""
    core = Core()
    core.port.waiting = bytearray(b"\x55" * 10_000)
    core.tick()
    assert len(core.port.waiting) == 10_000 - 20 * 64
    assert core.port.reads == 20


def test_an_idle_line_costs_one_look() -> None:
    """Fifty ticks a second, day and night."""
    core = Core()
    core.tick()
    assert core.port.reads == 1


def test_a_journal_asked_for_without_an_argument_begins_at_its_beginning() -> None:
    """Not at whatever byte the last frame left in the buffer."""
    core = Core()
    core.enter()
    core.ask(bytes((c.RECORD,)) + b"\x05" * 20)
    assert core.ask(bytes((c.JOURNAL,))) == core.ask(bytes((c.JOURNAL, 0)))
    assert core.ask(bytes((c.JOURNAL,))) != core.ask(bytes((c.JOURNAL, 1)))


def test_a_record_of_the_largest_size_arrives() -> None:
    """1,024 bytes, and the frame around them."""
    core = Core()
    core.enter()
    record = bytes(k % 251 for k in range(1024))
    assert core.ask(bytes((c.RECORD,)) + record) == bytes((c.RECORD | 0x80, errors.GAP))
    assert core.records == [record]


def test_a_frame_past_the_limit_is_counted_and_the_next_one_arrives() -> None:
    """1,100 bytes of wire are kept, not one more."""
    core = Core()
    core.enter()
    core.send(bytes((c.RECORD,)) + b"\x11" * 1100)
    core.tick()
    assert core.records == []
    core.ask(bytes((c.RECORD,)) + b"\x22")
    assert core.records == [b"\x22"]


def test_failing_flash_is_answered_and_journalled() -> None:
    """A rig that hears nothing would try for ever; and whoever reads the journal must learn of it."""
    core = Core()
    core.enter()
    core.breaks = True
    assert core.ask(bytes((c.RECORD,)) + b"r") == bytes((c.RECORD | 0x80, errors.BUSY))
    last = core.journal.count - 1
    assert [core.journal.entry(last, word) for word in range(1, 4)] == [j.FAULT, j.SECRETS, c.RECORD]
    core.breaks = False
    assert not refused(core)


def test_enrolment_is_for_devices_of_nobody_and_says_when_it_failed() -> None:
    """The value is stored as it came, or not at all."""
    core = Core(key=None, bound=False)
    question = bytes((c.ENROL,)) + b"wifi_ssid\x00a\x00b"
    assert core.ask(question) == bytes((c.ENROL | 0x80, 0))
    assert core.ports.secrets.values == {"wifi_ssid": b"a\x00b"}
    core.ports.secrets.works = False
    assert core.ask(question)[1] == errors.BUSY
    core.grants.bound = True
    assert core.ask(question)[1] == errors.NOT_GRANTED


def test_after_a_restart_was_asked_for_nothing_more_is_read() -> None:
    """What the rig says next is for the device that comes back."""
    core = Core()
    core.enter()
    assert core.ask(bytes((c.RESTART,))) == bytes((c.RESTART | 0x80, 0))
    assert core.restart
    core.heard = []
    core.send(bytes((c.HELLO,)))
    core.tick()
    assert core.heard == []
    assert core.port.waiting


def test_a_rig_learns_where_the_chain_of_consent_ends():
    """The owner's tools sign the next record on it, and prove the receipt with the key; a stranger learns nothing."""
    core = Core()
    core.grants.seq = (1 << 30) - 1
    core.grants.head = bytearray(range(16))
    core.send(bytes((c.STANDING,)))
    core.console.on_time(core.now)
    assert core.heard.pop() == bytes((c.STANDING | 0x80, errors.NOT_GRANTED))
    core.console.open = True
    core.send(bytes((c.STANDING,)))
    core.console.on_time(core.now)
    start = bytes((c.STANDING | 0x80, 0, 0xA4, 1))
    middle = b"\x02\x1a\x3f\xff\xff\xff\x03\x50" + bytes(range(16)) + b"\x04"
    assert core.heard.pop() == start + b"\x40" + middle + b"\x40", "neither key nor receipt yet"
    core.ports.secrets.values["device_key"] = bytes(32) + b"k" * 32
    core.receipt[:] = b"r" * 192
    core.receipt_size = 192
    core.send(bytes((c.STANDING,)))
    core.console.on_time(core.now)
    assert core.heard.pop() == start + b"\x58\x20" + b"k" * 32 + middle + b"\x58\xc0" + b"r" * 192, (
        "the longest there is"
    )
