"""Speed and memory, beside a rival in one run. Never part of the suite."""
