"""Is the instrument right? Self-test, simulation, benchmark, and the checks that need an accelerator."""
