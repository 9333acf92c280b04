"""What several benchmarks share; nothing here measures by itself."""
