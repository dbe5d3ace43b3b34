"""AI-Thinker ESP32-CAM with a NEO-6M receiver, a shake switch and a push button. No pin is left to cut the receiver's power."""
