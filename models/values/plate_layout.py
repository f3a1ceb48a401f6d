"""Where the characters of a plate stand, in the measures of GA 36."""

Place = tuple[int, int, int, int]
"""Left, top, width and height of a character's place, in millimetres."""
Cell = tuple[float, float, float, float]
"""Left, top, right and bottom of a character's place, in shares of the plate's width and height."""

NEW_ENERGY = 8
"""Characters of a new energy plate; all others have seven."""


def plate_size_mm(characters: int, rows: int) -> tuple[int, int]:
    """Return width and height: 440 x 140 in one row, 480 x 140 new energy, 440 x 220 in two rows."""
    return (480 if characters == NEW_ENERGY and rows == 1 else 440), 140 if rows == 1 else 220


def one_row(*, new_energy: bool) -> tuple[list[Place], tuple[int, int]]:
    """Return the characters' places and the dot of a plate 140 mm high."""
    width, step, serial, count = (43, 52, 163, 6) if new_energy else (45, 57, 151, 5)
    places = [(15, 25, 45, 90), (15 + 45 + step - width, 25, width, 90)]
    places += [(serial + step * index, 25, width, 90) for index in range(count)]
    second_end = places[1][0] + width
    return places, ((second_end + serial) // 2, 70)


def two_rows() -> tuple[list[Place], tuple[int, int]]:
    """Return the characters' places and the dot of a plate 220 mm high."""
    places = [(110, 15, 80, 60), (250, 15, 80, 60)]
    places += [(27 + 80 * index, 90, 65, 110) for index in range(5)]
    return places, (220, 45)


def character_cells(characters: int, rows: int) -> list[Cell]:
    """Return the place of each character as shares of the plate."""
    wide, high = plate_size_mm(characters, rows)
    places, _ = one_row(new_energy=characters == NEW_ENERGY) if rows == 1 else two_rows()
    return [(x / wide, y / high, (x + w) / wide, (y + h) / high) for x, y, w, h in places]
