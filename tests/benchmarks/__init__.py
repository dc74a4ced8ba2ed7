"""The benchmarks at a size that takes no time: what they measure must be the work they name."""
