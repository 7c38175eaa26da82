"""One file per rule, named like it, and the runner. Only here are command lines read; nothing
imports this room.
"""
