# SPDX-License-Identifier: Apache-2.0
"""Small mail through Postfix and a thousand rules with maps of ten thousand lines: against graph-milter with one rule."""
import random
import statistics

import measure
import rig
import small_mail_bench

RULES, MAPS, LINES = 1000, 8, 10_000


def write_maps(folder):
    """Addresses and networks, none of which a mail of the bench has."""
    addresses, networks = [], []
    for number in range(MAPS):
        path = folder / f"people-{number}"
        path.write_text("".join(f"user{line}@people{number}.contoso.com OK\n" for line in range(LINES)))
        addresses.append(path)
    for number in range(2):
        path = folder / f"networks-{number}"
        path.write_text("".join(f"10.{number * 64 + line // 250}.{line % 250}.0/24 OK\n" for line in range(LINES)))
        networks.append(path)
    for path in addresses + networks:
        path.chmod(0o644)
    return addresses, networks


def rule(number, conditions):
    lines = "\n".join(conditions)
    return f"[rule r{number}]\n{lines}\nfrom = someone{number}@contoso.com\naction = relay\n"


def one_rule():
    """Asks for the content as the thousand do, so that both read the whole mail."""
    return rule(0, ["client = 127.0.0.1"])


def many_rules(addresses, networks):
    kinds = [
        lambda n: ["client = 127.0.0.0/8", f"recipient = map:{addresses[n % MAPS]}"],
        lambda n: ["client = 127.0.0.1", f"sender = map:{addresses[n % MAPS]}, @fabrikam.example"],
        lambda n: [f"client = !cidr:{networks[n % 2]}, 127.0.0.0/8", "recipients-are = inside"],
        lambda n: ["client = 127.0.0.0/8", f"all-recipients = !map:{addresses[n % MAPS]}", "part-type = application/pdf"],
    ]
    return "".join(rule(number, kinds[number % len(kinds)](number)) for number in range(RULES))


def run(binaries, report, rounds):
    rounds = max(rounds, 31)
    with rig.Rig(binaries, rules=one_rule(), mta_settings=["default_transport = discard:"]) as everything:
        root = everything.folder / "second"
        root.mkdir(mode=0o755)
        options = {name: everything.milter.options[name] for name in ("mta", "hand-back-to")}
        many = rig.Milter(root, everything.milter.program, everything.emulator, options,
                          many_rules(*write_maps(everything.folder))).start()
        everything.callback(many.close)
        second = rig.Postfix(root, many.mta_name, everything.sink.port, everything.mta.port + 20,
                             settings=["default_transport = discard:"]).start()
        everything.callback(second.close)
        contenders = {"one": (everything.mta.port, everything.milter.child.process.pid),
                      "many": (second.port, many.child.process.pid)}
        ratios, cpu = [], {"one": 0.0, "many": 0.0}
        for port, _ in contenders.values():
            small_mail_bench.burst(port)
        for _ in range(rounds):
            seconds = {}
            for name in random.sample(list(contenders), 2):
                port, pid = contenders[name]
                before = measure.cpu_seconds(pid)
                seconds[name] = small_mail_bench.burst(port)
                cpu[name] += measure.cpu_seconds(pid) - before
            ratios.append(seconds["one"] / seconds["many"])
    count = rounds * small_mail_bench.MESSAGES
    report.note("a thousand rules, pairs", measure.spread(ratios))
    report.note("CPU per mail", f"{cpu['one'] / count * 1e6:.0f} us with one rule, {cpu['many'] / count * 1e6:.0f} us with {RULES}")
    report.gate("messages per second of one rule", statistics.median(ratios), 0.95, at_least=True)
