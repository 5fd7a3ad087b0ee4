"""Benchmarks: each module's `run()` measures something and returns lines with goals; see README.md."""
