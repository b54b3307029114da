"""Journey files: who enters, which steps follow, what ends a journey early."""
