"""An ESP32 development board with a NEO-6M receiver, an accelerometer or shake switch, one lithium cell, a buzzer."""
