"""`amace replay`: a recorded NMEA file as fixes, one JSON object a line, the same bytes on every runtime."""
