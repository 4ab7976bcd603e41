"""Record: tables, ledger, queries, encrypted recordings."""
