"""The test rig: talks to a device over its framed console, whatever the device is. docs/rooms/rig.md tells the whole of it."""
