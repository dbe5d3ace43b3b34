"""What each sentence means, and what makes one fix. Positions are invented, in open sea."""

from agent.position.fix import NONE
from agent.position.nmea import Nmea
from tests.portable.nmea_lines import Sink, counts, line, parse

RMC = b"GNRMC,081836.75,A,4807.0380,N,01131.0000,W,022.4,084.4,130525,003.1,W,A"
GGA = b"GNGGA,081836.75,4807.0380,N,01131.0000,W,1,08,0.94,545.46,M,46.9,M,,"
GSA = b"GNGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1"
VTG = b"GNVTG,054.7,T,034.4,M,005.5,N,010.2,K,A"
GLL = b"GNGLL,4807.0380,N,01131.0000,W,081836.75,A,A"
ZDA = b"GNZDA,081836.75,13,05,2025,00,00"

_TIME = 169_287_516  # 2025-05-13 08:18:36 UTC
_TOD = 29_916_750
_LAT = 48_117_300
_LON = -11_516_667  # 31.0000 minutes are 516,666.67 microdegrees
_VOID = (NONE, NONE, -1, -1, NONE, 1, -1)


def test_each_sentence_alone_gives_what_it_says() -> None:
    """A receiver may be configured to send only one kind."""
    cases = (
        (RMC, (_TIME, _TOD, _LAT, _LON, 1152, 8440, NONE, 2, -1, -1)),
        (GGA, (-1, _TOD, _LAT, _LON, -1, -1, 5455, 3, 94, 8)),
        (GLL, (-1, _TOD, _LAT, _LON, -1, -1, NONE, 2, -1, -1)),
        (ZDA, (_TIME, _TOD, NONE, NONE, -1, -1, NONE, 1, -1, -1)),
    )
    for body, expected in cases:
        sink, nmea = parse(line(body))
        assert sink.fixes == [expected], body
        assert counts(nmea) == (1, 0, 0, 0, 0, 0, 0, 0), body


def test_sentences_of_one_time_make_one_fix_in_any_order() -> None:
    """Receivers differ in their order; a report must not."""
    expected = [(_TIME, _TOD, _LAT, _LON, 1152, 8440, 5455, 3, 94, 8)]
    for order in ((RMC, GGA, GSA), (GGA, GSA, RMC), (RMC, GSA, GGA), (GGA, RMC, GSA)):
        assert parse(b"".join([line(body) for body in order]))[0].fixes == expected, order


def test_every_talker_is_heard_and_no_other() -> None:
    """GPS, combined, GLONASS, Galileo, BeiDou (two names) and QZSS; a ship's plotter on the same line is not a receiver."""
    for talker in (b"GP", b"GN", b"GL", b"GA", b"GB", b"BD", b"GQ"):
        for body in (RMC, GGA, GLL, ZDA):
            assert len(parse(line(talker + body[2:]))[0].fixes) == 1, talker + body
        both = line(talker + RMC[2:]) + line(talker + b"GSA,M,3,,,,,,,,,,,,,,,")
        assert parse(both)[0].fixes[0][7] == 3, talker
    for talker in (b"II", b"EC", b"GX", b"BP", b"PG", b"gp"):
        for body in (RMC, GGA, GLL, ZDA):
            sink, nmea = parse(line(talker + body[2:]))
            assert sink.fixes == [], talker + body
            assert nmea.skipped == 1, talker + body


def test_the_next_time_closes_an_epoch_and_so_does_the_end() -> None:
    """One object per distinct time: none twice, none lost."""
    later = RMC.replace(b"081836.75", b"081837.00")
    sink, nmea = parse(line(RMC) + line(GGA) + line(later))
    assert [fix[1] for fix in sink.fixes] == [_TOD, _TOD + 250]
    assert sink.fixes[1][6:] == (NONE, 2, -1, -1)
    assert nmea.merged == 3


def test_one_time_on_two_dates_makes_two_fixes() -> None:
    """A tracker that wakes once a day reports at the same time of day."""
    sink, _ = parse(line(RMC) + line(RMC.replace(b"130525", b"140525")))
    assert [fix[0] for fix in sink.fixes] == [_TIME, _TIME + 86_400]


def test_a_void_epoch_has_mode_1_and_no_position() -> None:
    """A receiver keeps its last position in void sentences; reporting it would be false, whoever says so in that second."""
    void = RMC.replace(b",A,4", b",V,4")
    none = b"GNRMC,081836.75,V,,,,,,,130525,,,N"
    zero = GGA.replace(b"W,1,08", b"W,0,08")
    lost = GLL.replace(b",A,A", b",V,N")
    for bodies in (
        (void,),
        (none,),
        (void, GGA),
        (GGA, void),
        (RMC, zero),
        (zero, RMC),
        (RMC, GSA.replace(b"A,3", b"A,1")),
        (GGA, lost),
        (none, GSA),
    ):
        sink, nmea = parse(b"".join([line(body) for body in bodies]))
        assert [fix[2:9] for fix in sink.fixes] == [_VOID], bodies
        assert sink.fixes[0][1] == _TOD, bodies
        assert counts(nmea)[4:] == (0, 0, 0, 0), bodies


def test_the_mode_is_the_largest_that_a_gsa_names_else_what_gga_shows() -> None:
    """A receiver sends a GSA per constellation; the one without satellites says 1."""
    one, two = GSA.replace(b"A,3", b"A,1"), GSA.replace(b"A,3", b"A,2")
    cases = (((one, two), 2), ((GSA, one), 3), ((one, GSA, two), 3), ((two,), 2), ((), 3))
    for bodies, mode in cases:
        data = line(RMC) + line(GGA) + b"".join([line(body) for body in bodies])
        assert parse(data)[0].fixes[0][7] == mode, bodies
    assert parse(line(RMC) + line(GGA.replace(b"545.46", b"")))[0].fixes[0][7] == 2
    assert parse(line(RMC))[0].fixes[0][7] == 2


def test_a_gsa_counts_for_the_open_epoch_only() -> None:
    """It carries no time: the mode of the second before must not be taken over."""
    later = RMC.replace(b"081836.75", b"081837.00")
    sink, nmea = parse(line(GSA) + line(RMC) + line(GSA) + line(later))
    assert [fix[7] for fix in sink.fixes] == [3, 2]
    assert nmea.skipped == 1


def test_vtg_gll_and_zda_fill_only_what_rmc_left_out() -> None:
    """Where they disagree RMC is right, whichever comes first."""
    elsewhere = GLL.replace(b"4807", b"1207")
    another = ZDA.replace(b"13,05", b"14,05")
    full = (_TIME, _TOD, _LAT, _LON, 1152, 8440, NONE, 2, -1, -1)
    for order in ((RMC, VTG, elsewhere), (elsewhere, VTG, RMC), (VTG, RMC, elsewhere)):
        assert parse(b"".join([line(body) for body in order]))[0].fixes == [full], order
    assert parse(line(RMC) + line(another))[0].fixes == [full]
    bare = b"GNRMC,081836.75,A,4807.0380,N,01131.0000,W,,,,,,A"
    assert parse(line(bare))[0].fixes == [(-1, _TOD, _LAT, _LON, -1, -1, NONE, 2, -1, -1)]
    filled = (_TIME, _TOD, _LAT, _LON, 283, 5470, NONE, 2, -1, -1)
    assert parse(line(bare) + line(VTG) + line(ZDA))[0].fixes == [filled]
    km = VTG.replace(b"005.5,N", b",N")
    assert parse(line(bare) + line(km))[0].fixes[0][4:6] == (283, 5470)
    assert parse(line(GGA) + line(elsewhere))[0].fixes[0][2] == _LAT


def test_gll_and_zda_with_a_time_of_their_own_make_a_fix() -> None:
    """One object per distinct time, also when RMC was there a second before."""
    later = GLL.replace(b"081836.75", b"081837.00")
    tick = ZDA.replace(b"081836.75", b"081838")
    sink, _ = parse(line(RMC) + line(GLL) + line(later) + line(tick))
    assert [fix[1] for fix in sink.fixes] == [_TOD, _TOD + 250, _TOD + 1250]
    assert [fix[7] for fix in sink.fixes] == [2, 2, 1]


def test_a_date_holds_until_the_next_and_goes_on_at_midnight() -> None:
    """GGA has no date: without this a receiver that sends RMC once a minute would have none most of the time."""
    data = line(RMC.replace(b"081836.75", b"235959.00"))
    for clock in (b"235959.50", b"000000.00", b"000000.50"):
        data += line(GGA.replace(b"081836.75", clock))
    sink, _ = parse(data)
    midnight = _TIME - _TOD // 1000 + 86_400
    assert [fix[0] for fix in sink.fixes] == [midnight - 1, midnight - 1, midnight, midnight]


def test_midnight_and_the_first_day_are_times_like_others() -> None:
    """Both are 0 and must not be taken for none."""
    midnight = b"000000.00"
    bare = b"GNRMC,000000.00,A,4807.0380,N,01131.0000,W,,,010180,,,A"
    other = ZDA.replace(b"081836.75", midnight)
    sink = Sink()
    nmea = Nmea(sink.on_fix)
    data = bytearray(b"".join([line(body) for body in (bare, VTG, GSA, other)]))
    nmea.feed(data, len(data), 0)
    assert nmea.deadline() == 100
    nmea.on_time(100)
    later = bytearray(line(GGA.replace(b"081836.75", b"000001.00")))
    nmea.feed(later, len(later), 1000)
    nmea.close()
    assert sink.days == [0, 0]
    assert sink.fixes[0] == (-1, 0, _LAT, _LON, 283, 5470, NONE, 3, -1, -1)


def test_dates_outside_2020_to_2053_have_a_day_but_no_time() -> None:
    """Seconds since 2020 must fit a small integer; an old recording still has its date."""
    cases = (
        (b"060180", 5, -1),
        (b"311299", 7304, -1),
        (b"010100", 7305, -1),
        (b"290200", 7364, -1),
        (b"311219", 14_609, -1),
        (b"010120", 14_610, 29_916),
        (b"080154", 27_036, 1_073_636_316),
        (b"090154", 27_037, -1),
        (b"311279", 36_524, -1),
    )
    for date, day, time in cases:
        sink, _ = parse(line(RMC.replace(b"130525", date)))
        assert sink.days == [day], date
        assert sink.fixes[0][0] == time, date
        assert time < 1 << 30


def test_a_receiver_without_time_yields_no_fix() -> None:
    """There is nothing to hold it by; it is counted, so that a log shows a cold receiver from a broken one."""
    for body in (b"GNRMC,,V,,,,,,,,,,N", b"GNGGA,,,,,,0,00,99.99,,,,,,", b"GNGLL,,,,,,V,N", b"GNZDA,,,,,00,00"):
        sink, nmea = parse(line(body))
        assert sink.fixes == [], body
        assert counts(nmea) == (0, 0, 1, 0, 0, 0, 0, 0), body


def test_silence_gives_the_fix_out_and_latecomers_make_no_second_one() -> None:
    """The agent reports in the second it was there, without waiting for the next one."""
    sink = Sink()
    nmea = Nmea(sink.on_fix)
    assert nmea.deadline() == -1
    first = bytearray(line(RMC))
    nmea.feed(first, len(first), 1000)
    assert nmea.deadline() == 1100
    nmea.on_time(1099)
    assert sink.fixes == []
    other = bytearray(line(b"GNGSV,1,1,00"))
    nmea.feed(other, len(other), 1099)  # any byte shows that the burst goes on
    nmea.on_time(1100)
    assert sink.fixes == []
    nmea.on_time(1199)
    assert len(sink.fixes) == 1
    assert nmea.deadline() == -1
    late = bytearray(line(GGA))
    nmea.feed(late, len(late), 1400)
    nmea.close()
    assert len(sink.fixes) == 1
    assert nmea.late == 1
    nmea.feed(first, len(first), 86_401_000)
    nmea.close()
    assert len(sink.fixes) == 2


def test_the_deadline_survives_the_wrap_of_the_ticks() -> None:
    """Ticks wrap at 2**30 ms, 12 days after start."""
    sink = Sink()
    nmea = Nmea(sink.on_fix)
    first = bytearray(line(RMC))
    nmea.feed(first, len(first), (1 << 30) - 40)
    assert nmea.deadline() == 60
    nmea.on_time((1 << 30) - 1)
    assert sink.fixes == []
    nmea.on_time(60)
    assert len(sink.fixes) == 1


def test_forgetting_leaves_no_byte_and_gives_out_no_fix() -> None:
    """After a withdrawal no position may remain, not even half a sentence."""
    sink = Sink()
    nmea = Nmea(sink.on_fix)
    data = bytearray(line(RMC) + line(GGA)[:50])
    nmea.feed(data, len(data), 0)
    nmea.forget()
    nmea.close()
    assert sink.fixes == []
    assert counts(nmea)[6] == 0
    rest = bytearray(line(GGA)[50:] + line(GGA))
    nmea.feed(memoryview(rest), len(rest), 0)
    nmea.close()
    assert [fix[0] for fix in sink.fixes] == [-1]  # the date is forgotten too
    nmea.forget()
    assert not any(nmea._line)
    assert not any(nmea._block)
    assert nmea._epoch.fix.lat_e6 == NONE
