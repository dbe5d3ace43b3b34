"""How an AI-Thinker ESP32-CAM is wired. Source of the sensor's pins: cnadler86/micropython-camera-API, src/camera_pins.h,
MP_CAMERA_MODEL_AI_THINKER; of the rest: AI-Thinker "ESP32-CAM Module" data sheet. GPIO 16 is the PSRAM's."""

DATA = [5, 18, 19, 21, 36, 39, 34, 35]  # D0 to D7
XCLK = 0
PCLK = 22
VSYNC = 25
HREF = 23
SDA = 26
SCL = 27
SENSOR_POWER_DOWN = 32  # high: no power

FLASH_LAMP = 4
LAMP = 33  # the red one on the back, on when low

# The card slot's pins, which are free while no card is in it. 12 stays free: high at reset, it selects 1.8 V for the flash.
GNSS_UART = 1
GNSS_TX = 14  # to the receiver's RX
GNSS_RX = 13  # from the receiver's TX
GNSS_RESTART_MS = 1_000  # a NEO-6M takes no command while it restarts, so it is put to sleep only then
SHAKE = 15  # ball switch to ground; low at reset it only silences the ROM's own log
BUTTON = 2  # to 3.3 V: it must be low or open at reset

IDLE_MS = 10  # the console's buffer holds 260 bytes: 22 ms at 115,200 baud
