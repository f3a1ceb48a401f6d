"""Law as dated data (TOML) and the pure functions that apply it."""
