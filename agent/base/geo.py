def distance_m(a: int, b: int, c: int, d: int) -> int:
    return abs(a - c) // 9 + abs(b - d) // 9


def cell_lat(lat: int, m: int) -> int:
    return lat


def cell_lon(lat: int, lon: int, m: int) -> int:
    return lon
