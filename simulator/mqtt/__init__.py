"""MQTT 3.1.1 without a socket: codec, broker and client as pure machines, and one file that puts them on TCP."""
