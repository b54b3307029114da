"""What tests of several folders share: worlds of rows, servers, installations, runs in a process of their own."""
