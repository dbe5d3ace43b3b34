"""`amace`, from an installed wheel or, as `python -m amace_edge`, from a checkout."""

import sys
from pathlib import Path


def main() -> None:
    here = Path(__file__).resolve().parent
    bundle = here / "_bundle"
    # First on the path of this process only: a stranger's `tools` in site-packages must not be met instead.
    sys.path.insert(0, str(bundle if bundle.is_dir() else here.parent))
    from tools.cli import main as amace

    amace()


if __name__ == "__main__":
    main()
