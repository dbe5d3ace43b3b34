"""The two rich consoles every command shares. Colour and motion stop by themselves when piped or under NO_COLOR."""

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
"""Results."""

err = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress and warnings."""
