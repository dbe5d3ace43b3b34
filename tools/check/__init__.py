"""Every rule of the house that a program can check, one file a rule: `check(tree) -> list[Finding]`."""
