"""Seeed XIAO ESP32S3 Sense with a NEO-M8 receiver and an accelerometer. Its microphone is kept without a clock."""
