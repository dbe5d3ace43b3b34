class Fix:
    time: int = 0
    mode: int = 0
    lat_e6: int = 0
    lon_e6: int = 0
    speed_cms: int = 0
    track_cdeg: int = 0
    alt_dm: int = 0


class Nmea:
    def __init__(self, on_fix: "object") -> None:
        self.on_fix: object = on_fix

    def feed(self, buf: bytearray, n: int, now: int) -> None:
        pass

    def on_time(self, now: int) -> None:
        pass

    def deadline(self) -> int:
        return -1

    def forget(self) -> None:
        pass
