"""Look up registries: who owns a vehicle, what it may carry, whether it may be over."""
