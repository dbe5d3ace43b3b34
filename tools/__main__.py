"""`python -m tools` is `amace`."""

from tools.cli import main

main()
