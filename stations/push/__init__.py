"""Stations push: records, frames and heartbeats over HTTP or a broker, taken in as from the drop folder."""
