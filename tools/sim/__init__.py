"""`amace demo` and `amace sim`: a scenario on any runtime, told as a timeline and a report."""
