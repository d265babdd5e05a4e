# Writes words.bin: 4,000 words, three of ten of them 0, some in runs.
import struct

state, words = 1, []
while len(words) < 4000:
    state = state * 1103515245 + 12345 & 0x7FFFFFFF
    kind = state >> 16 & 15
    run = 70 if kind == 15 and state >> 20 & 31 == 0 else 1
    words += [0 if kind < 5 else state] * run
with open("words.bin", "wb") as file:
    file.write(struct.pack("<4000I", *words[:4000]))
