"""A PahoLink in front of a scripted broker."""

from hal.host.link import PahoLink
from tests.support.links import Options, drive
from tests.support.peer import CONNACK, SUBACK, Peer

GREETING = CONNACK + SUBACK
_OPENING = 1


def meet(peer: Peer, greeting: bytes = GREETING, options: Options | None = None) -> PahoLink:
    """A link whose broker answered CONNECT with `greeting`, once it is up or down; with b"" the broker hangs up."""
    link = PahoLink(f"mqtt://127.0.0.1:{peer.port}")
    call(link, peer, options)
    if greeting:
        peer.say(greeting)
    else:
        peer.hang_up()
    assert drive(link, lambda: link.state != _OPENING), greeting
    return link


def call(link: PahoLink, peer: Peer, options: Options | None = None) -> None:
    """Opens the link as far as its connection to `peer`."""
    link.open(options or Options())
    link.poll(0)
    link.poll(0)
    peer.accept()
