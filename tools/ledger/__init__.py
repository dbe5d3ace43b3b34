"""`amace ledger`: verifies and shows a device's egress ledger, offline and without anybody's help."""
