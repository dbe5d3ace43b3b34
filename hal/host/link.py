"""hal.ports.Link over paho-mqtt. One paho client a connection, so that nothing it queued outlives a withdrawal.

Law: whatever ends a connection (close, loss, an error) also throws the client away; `open` makes another. The message
it held is forgotten, never sent again: the agent's store decides that. A poll takes 8 packets at most and waits for
nothing; names are resolved on a thread. Reconnects only when asked.
"""

import errno
import select
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from . import trust
from .broker_url import BrokerUrl, parse
from .dial import Dial
from .lookup import Lookup
from .numbers import CERTIFICATE as STREAM_CERTIFICATE
from .numbers import DOWN, OPENING, UP
from .numbers import TIMED_OUT as STREAM_TIMED_OUT
from .session import CERTIFICATE, NETWORK, TIMED_OUT, Session, wipe
from .ticks import since

if TYPE_CHECKING:
    from ..ports import LinkOptions, OnMessage, Outgoing, Readable

ANSWER_MS = 10_000  # for name, TCP, TLS, CONNACK and SUBACK together; and for one PUBACK
PACKETS = 8  # taken in one poll

_LINK_ERROR = {STREAM_CERTIFICATE: CERTIFICATE, STREAM_TIMED_OUT: TIMED_OUT}


class PahoLink:
    """`url` is read as in broker_url. `ca_file` names, or `ca` holds, the authorities for mqtts://, PEM or DER; without
    either the system's own decide. ValueError with one line for a person when one cannot be used.
    """

    def __init__(self, url: BrokerUrl | str, ca_file: Path | str | None = None, ca: bytes | None = None) -> None:
        self.state = DOWN
        self.error = 0
        self.on_message: OnMessage = _drop_message
        self.on_sent: Callable[[int], None] = _drop_sent
        self._url = parse(url) if isinstance(url, str) else url
        self.region = self._url.region.encode()
        if ca_file is not None:
            ca = trust.read_ca(Path(ca_file))
        elif ca is not None:
            trust.check_ca(ca, "the enrolled CA")
        self._context = trust.context(ca) if self._url.tls else None
        self._lookup = Lookup(self._url.host, self._url.port)
        self._options: LinkOptions | None = None
        self._dial: Dial | None = None
        self._session: Session | None = None
        self._held: Outgoing | None = None
        self._offered = False  # the held message was handed to paho
        self._waiting = -1  # since when an answer is owed: to `open`, later to the held message
        self._heard = 0  # when the broker last said something
        self._said = 0  # when we did

    # The port.

    def open(self, options: "LinkOptions") -> None:
        self.close(False)
        self._options = options
        self._lookup.start()
        self.state = OPENING
        self._waiting = -1

    def close(self, polite: bool) -> None:
        if self._session is not None:
            if polite:
                self._session.leave()
            else:
                self._session.abort()
        self._drop(0)

    def room(self) -> bool:
        return self.state == UP and self._held is None

    def send(self, message: "Outgoing") -> None:
        """OSError without room: the caller asks first. Nothing is copied or written before the next poll."""
        if not self.room():
            raise OSError(errno.EBUSY, "the link has no room")
        self._held = message
        self._offered = False
        self._waiting = -1

    def poll(self, now: int) -> None:
        if self.state == DOWN:
            return
        if self._waiting < 0:
            self._waiting = now
        if self._session is None:
            self._connect(now)
        if self._session is not None:
            self._serve(self._session, now)
        awaited = self.state == OPENING or self._held is not None
        if awaited and self._waiting >= 0 and since(now, self._waiting) >= ANSWER_MS:
            self._fail(TIMED_OUT)

    # For the simulator and the tools: virtual time stands still while a real broker owes an answer.

    def owes(self) -> bool:
        """Whether the broker has something to answer: the opening, a message, a ping."""
        pinged = self._session is not None and self._session.pinged
        return self.state == OPENING or (self.state == UP and (self._held is not None or pinged))

    def wait(self, seconds: float) -> None:
        """Returns when the next poll has something to do, after `seconds` at the latest."""
        poller = select.poll()
        if self._session is not None:
            if self._session.readable():  # TLS may hold bytes that the system no longer shows
                return
            wanted = select.POLLIN | (select.POLLOUT if self._session.want_write() else 0)
            poller.register(self._session.connection(), wanted)
        elif self._dial is not None:
            sock = self._dial.connection()
            if sock is None:
                return
            poller.register(sock, self._dial.wants())
        elif self.state == OPENING:
            self._lookup.wait(seconds)
            return
        poller.poll(int(seconds * 1000))

    # Opening.

    def _connect(self, now: int) -> None:
        if self._dial is None:
            addresses = self._lookup.addresses()
            if addresses is None:
                return
            self._dial = Dial(addresses, self._context, self._url.host)
        self._dial.poll(now)
        if self._dial.state == DOWN:
            self._fail(_LINK_ERROR.get(self._dial.error, NETWORK))
        elif self._dial.state == UP and self._options is not None:
            sock = self._dial.take()
            self._dial = None
            self._session = Session(sock, self._options, self._url.username, self._url.password)
            self._heard = self._said = now

    # Serving.

    def _serve(self, session: Session, now: int) -> None:
        for _ in range(PACKETS):
            if not session.readable():
                break
            self._heard = now
            session.read()
            self._deliver(session)
            if self._session is not session:
                return  # a callback closed the link, or the connection ended
        if self._held is not None and not self._offered and self.state == UP:
            session.offer(self._held)
            self._offered = True
        self._keep_alive(session, now)
        session.write()
        if session.said:
            self._said = now
        self._deliver(session)

    def _deliver(self, session: Session) -> None:
        """Turns what the session noticed into state and callbacks. A callback may close or reopen the link."""
        if session.ready and self.state == OPENING:
            self.state = UP
        if session.done and self._held is not None and self._offered:
            message_id = self._held.id
            self._held = None
            self.on_sent(message_id)
        elif session.messages:
            topic, payload = session.messages.pop(0)
            try:
                self.on_message(topic, memoryview(payload), len(payload))
            finally:
                wipe(payload)
        if self._session is session and session.fault:
            self._fail(session.fault)

    def _keep_alive(self, session: Session, now: int) -> None:
        """Pings after half the keepalive, gives up after one and a half (security.md §8 row 2)."""
        period = self._options.keepalive_s * 1000 if self._options is not None else 0
        if period == 0 or self.state != UP:
            return
        if since(now, self._heard) * 2 >= period * 3:
            session.fault = TIMED_OUT
        elif not session.pinged and 2 * max(since(now, self._heard), since(now, self._said)) >= period:
            session.ping()

    def _fail(self, error: int) -> None:
        if self._session is not None:
            self._session.abort()
        self._drop(error)

    def _drop(self, error: int) -> None:
        if self._dial is not None:
            self._dial.close()
        self._dial = self._session = self._held = None
        self.state = DOWN
        self.error = error


def _drop_message(topic: bytes, payload: "Readable", n: int) -> None:
    """Until the agent sets its own."""


def _drop_sent(message_id: int) -> None:
    """Until the agent sets its own."""
