"""MicroPython's unix port as a board: real sockets and files, the rig's console on stdin. For tests and for a desk.

State lies in the folder AMACE_STATE (default `amace-state`): `secrets` and `flash.bin`. AMACE_GPS names the receiver's
line. Refuses a state folder it cannot write (OSError).
"""
