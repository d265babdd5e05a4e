# check_coded.py WORDS DECODED CODE: decodes by the description in run_length.h.
import sys

words, decoded, code = (open(path, "rb").read() for path in sys.argv[1:])
assert decoded == words
elements, last, at = [], bytes(4), 0
while len(elements) < len(words) // 4:
    token, at = code[at], at + 1
    if token < 0x80:
        for _ in range(token + 1):
            elements.append(code[at:at + 4])
            at += 4
    elif token < 0xC0:
        elements += [last] * (token - 0x80 + 1)
    else:
        last, at = code[at:at + 4], at + 4
        elements += [last] * (token - 0xC0 + 2)
assert b"".join(elements) == words
print(at, "bytes for", len(words))
