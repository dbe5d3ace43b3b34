"""What the policy says of each purpose. Generated from policies/amace.toml by `amace policy build`: change that file.

Has no row for a purpose that is not active: ask ACTIVE first. A row's number is also its row in grants.py; 0 has none
there, since nobody grants it. Hashes of texts are in notice.py.
"""

POLICY = 1
VERSION = 20230620  # effective date, yyyymmdd
ACTIVE = 0x009847  # purposes whose room exists in this build; a record cannot make the others live
GRANTABLE = 0x009846  # purposes a record may name
PERSONAL = 0x008840  # those of them whose items are a person's: whoever rides grants them (policy 1.7)
MINOR_HOURS = 24  # most hours of retention for what concerns a minor
ROWS = 7

BASIS = 0  # 0 consent, 1 contract, 2 legitimate interest: an objection is a withdrawal
SWITCHES = 1  # mask of the permission switches below that it needs on
SENSOR = 2  # mask of the sensors it cannot do without (purposes.py)
PERSON = 3  # 1 when any of its items is personal: then the whole message is (policy 1)
PRECISION = 4  # finest precision a grant may name
MINOR = 5  # 0 as for adults, 1 coarse only, 2 never for a minor
TO = 6  # mask of recipients a grant may name
HOURS_HIGH = 7  # most hours of retention a grant may name, high byte
HOURS_LOW = 8  # and low byte
WIDTH = 9

# Permission switches (policy 1.5), as bits.
LOCATION = 1
CAMERA = 2
BLUETOOTH = 4
WLAN = 8
NOTIFICATIONS = 16
STORAGE = 32
MICROPHONE = 64

ROW = b"\x00\x01\x02\x00\x00\x00\x03\x00\x00\x00\x00\x04\x05\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00"
FACTS = (
    b"\x01\x00\x00\x01\x00\x00\x01\x00\x00"  # control
    b"\x00\x00\x00\x00\x00\x00\x17\x00\xa8"  # presence
    b"\x00\x00\x00\x00\x00\x00\x1f\x02\xd0"  # status
    b"\x00\x01\x01\x01\x00\x01\x17\x02\xd0"  # location_report
    b"\x00\x01\x01\x01\x00\x01\x17\x02\xd0"  # location_alarm
    b"\x00\x10\x00\x00\x00\x00\x13\x00\xa8"  # wake_abnormal
    b"\x00\x02\x02\x01\x00\x02\x15\x00\x18"  # photo
)


def fact(purpose: int, column: int) -> int:
    return FACTS[ROW[purpose] * WIDTH + column]
