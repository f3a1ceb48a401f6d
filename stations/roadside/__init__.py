"""The simulated roadside: one seeded night of traffic with known truth, written as real stations write it."""
