"""How a Seeed XIAO ESP32S3 Sense is wired. Source of the sensor's pins: cnadler86/micropython-camera-API,
src/camera_pins.h, MP_CAMERA_MODEL_XIAO_ESP32S3; of the rest: Seeed Studio wiki, "Getting Started with XIAO ESP32S3"."""

DATA = [15, 17, 18, 16, 14, 12, 11, 48]  # D0 to D7
XCLK = 10
PCLK = 13
VSYNC = 38
HREF = 47
SDA = 40
SCL = 39

MICROPHONE_CLOCK = 42
MICROPHONE_DATA = 41

LAMP = 21  # the yellow one, on when low; also the card's select line, so no card
BUTTON = 0  # the board's own BOOT button, to ground

GNSS_UART = 1
GNSS_TX = 43  # pad D6, to the receiver's RX
GNSS_RX = 44  # pad D7, from the receiver's TX
GNSS_POWER = 2  # pad D1: high switches a load switch on

I2C = 0
I2C_SDA = 5  # pad D4
I2C_SCL = 6  # pad D5

CELL = 1  # pad D0, ADC1: the board itself has no divider
CELL_RATIO = 200  # two equal resistors, in hundredths
BUZZER = 4  # pad D3, passive piezo

IDLE_MS = 10  # the console's buffer holds 260 bytes
