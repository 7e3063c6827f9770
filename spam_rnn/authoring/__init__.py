"""How the course is made: notebooks become modules, tests and a README."""
