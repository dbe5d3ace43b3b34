"""How the parts are wired to an ESP32-DevKitC V4 (38 pins). Source of what is taken: Espressif, "ESP32-DevKitC V4
Getting Started Guide", and the ESP32 data sheet, table of strapping pins (0, 2, 5, 12, 15 are read at reset)."""

GNSS_UART = 2
GNSS_TX = 17  # to the receiver's RX
GNSS_RX = 16  # from the receiver's TX
GNSS_POWER = 25  # high switches a load switch on (a P-FET with its driver); low or floating is off

I2C = 0
I2C_SDA = 21
I2C_SCL = 22
SHAKE = 27  # ball switch to ground, where there is no accelerometer

CELL = 34  # ADC1: ADC2 stops working while Wi-Fi is on
CELL_RATIO = 200  # two equal resistors, in hundredths
CHARGING = 35  # the charger's open-drain status, with a pull-up of its own: 34 to 39 have none

BUTTON = 0  # the board's own BOOT button, to ground
LAMP = 2  # the board's own blue lamp where it has one
BUZZER = 26  # passive piezo

IDLE_MS = 10  # the console's buffer holds 260 bytes: 22 ms at 115,200 baud
