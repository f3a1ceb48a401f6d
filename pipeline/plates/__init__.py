"""Read number plates: find them in a frame, read them under the grammar of GA 36, name their colour.

Start at `pipeline.plates.read.load_reader`. Importing this package loads no weights and no engine.
"""
