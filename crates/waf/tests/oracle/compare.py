#!/usr/bin/env python3
"""Shows dumped messages to libmodsecurity and compares which rules fire.

    pip download --no-deps libmodsecurity && unzip libmodsecurity-*.whl -d lib
    cargo run --release --example dump > dump.jsonl
    tests/oracle/compare.py lib/libmodsecurity.libs dump.jsonl [--show N]

Prints, rule by rule, what only one of the two reports. Known differences: libmodsecurity logs
the first rule of a chain in some cases where the chain did not complete, and decodes base64 only
when it is padded.
"""
import base64
import collections
import ctypes
import glob
import json
import re
import sys

folder, dump = sys.argv[1:3]
show = int(sys.argv[4]) if len(sys.argv) > 4 else 0
for name in ("liblzma", "libcrypto", "libssl", "libxml2", "libcurl"):
    ctypes.CDLL(glob.glob("%s/%s-*" % (folder, name))[0], mode=ctypes.RTLD_GLOBAL)
lib = ctypes.CDLL(glob.glob("%s/libmodsecurity-*" % folder)[0])
Pointer, Size = ctypes.c_void_p, ctypes.c_size_t
for name in ("msc_init", "msc_create_rules_set", "msc_new_transaction"):
    getattr(lib, name).restype = Pointer
logged = []
Callback = ctypes.CFUNCTYPE(None, Pointer, ctypes.c_char_p)
callback = Callback(lambda _, line: logged.append(line))
engine = Pointer(lib.msc_init())
lib.msc_set_log_cb(engine, callback)


def load(config):
    rules, error = Pointer(lib.msc_create_rules_set()), ctypes.c_char_p()
    if lib.msc_rules_add(rules, config.encode(), ctypes.byref(error)) < 0:
        sys.exit("libmodsecurity cannot load the rules: %s" % error.value)
    return rules


def fired(rules, message):
    raw = base64.b64decode
    del logged[:]
    tx = Pointer(lib.msc_new_transaction(engine, rules, None))
    lib.msc_process_connection(tx, b"192.0.2.1", 40000, b"127.0.0.1", 80)
    protocol = raw(message["protocol"]).decode("latin-1").partition("/")[2]
    lib.msc_process_uri(tx, raw(message["uri"]), raw(message["method"]), protocol.encode("latin-1"))
    for name, value in message["headers"]:
        name, value = raw(name), raw(value)
        lib.msc_add_n_request_header(tx, name, Size(len(name)), value, Size(len(value)))
    lib.msc_process_request_headers(tx)
    body = raw(message["body"])
    if body:
        lib.msc_append_request_body(tx, body, Size(len(body)))
    lib.msc_process_request_body(tx)
    for name, value in message["answer_headers"]:
        name, value = name.encode(), value.encode()
        lib.msc_add_n_response_header(tx, name, Size(len(name)), value, Size(len(value)))
    lib.msc_process_response_headers(tx, message["status"], b"HTTP/1.1")
    answer = raw(message["answer"])
    if answer:
        lib.msc_append_response_body(tx, answer, Size(len(answer)))
    lib.msc_process_response_body(tx)
    lib.msc_process_logging(tx)
    lib.msc_transaction_cleanup(tx)
    found = set()
    for line in logged:
        found.update(int(number) for number in re.findall(rb'\[id "(\d+)"\]', line))
    return found


# libmodsecurity does not log a rule with `noauditlog`.
UNLOGGED = {980170}

ours_only, theirs_only = collections.Counter(), collections.Counter()
same = total = 0
with open(dump) as lines:
    rules = load(json.loads(next(lines))["config"])
    for line in lines:
        message = json.loads(line)
        ours, theirs = set(message["fired"]) - UNLOGGED, fired(rules, message)
        total += 1
        same += ours == theirs
        ours_only.update(ours - theirs)
        theirs_only.update(theirs - ours)
        if ours != theirs and show > 0:
            show -= 1
            print("only ours %s, only theirs %s" % (sorted(ours - theirs), sorted(theirs - ours)))
            print("   ", base64.b64decode(message["uri"])[:100], base64.b64decode(message["body"])[:100])
print("%d of %d messages alike" % (same, total))
for title, counts in (("only ours", ours_only), ("only libmodsecurity", theirs_only)):
    print("%s: %s" % (title, ", ".join("%d x%d" % pair for pair in counts.most_common())))
