"""Programs that tests start in a process of their own, to kill it, to bound it or to read what it leaves."""
