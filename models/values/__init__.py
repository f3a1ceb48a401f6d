"""Pure values: enums that own states, frozen dataclasses, plates, clocks. No tables, no I/O."""
