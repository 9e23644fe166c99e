"""The nano CLIP: an open_clip model small enough for a CPU, trained on the rendered world.

`train` makes the weights, `calibrate` teaches them to say how sure they are, `measure` tells how good they are.
"""
