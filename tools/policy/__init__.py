"""One source per privacy policy, and everything that is made of it: the device's table, pages for people, the message schema."""
