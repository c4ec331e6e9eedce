"""Results as text, Markdown and a chart; and whether tandem keeps its targets."""
import cases
import secure

# Times the pump (first) and times the better of nginx and HAProxy (second); None where there is no such target.
TARGETS = {"small64": (1.20, 0.92), "small512": (1.20, 0.92)}
OTHER_TARGET = (None, 0.95)
IDLE_BYTES, START_BYTES, ROUTERS_RATIO, CHANGE_MS, ACCESS_LOG_RATIO = 2048, 20 * cases.MIB, 1.10, 10.0, 1.15
IDLE_TLS_BYTES = 20 * 1024
ALL_CASES = cases.TRAFFIC + secure.CASES
MARKS = ("<!-- results:begin -->", "<!-- results:end -->")


def figure(value, digits=2):
    return "–" if value is None else f"{value:,.{digits}f}"


def best_ratio(row):
    """Against the better, that is the cheaper, of nginx and HAProxy."""
    ratios = [row[key] for key in ("x_nginx", "x_haproxy") if row.get(key) is not None]
    return max(ratios, default=None)


def ratio_to_others(rows):
    """Of tandem, against the cheapest of all others."""
    own = rows.get("tandem") or {}
    ratios = [own.get(f"x_{name}") for name in rows if name != "tandem" and own]
    return max((ratio for ratio in ratios if ratio is not None), default=None)


def traffic_table(case, rows):
    lines = [f"### {case.title}", "",
             "| proxy | CPU µs/request | × pump | × nginx | × HAProxy | requests/s | p50 µs | p99 µs | failed |",
             "|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for name, row in rows.items():
        if row is None:
            lines.append(f"| {name} | no answer | | | | | | | |")
            continue
        lines.append(f"| {name} | {figure(row['cpu_us'])} | {figure(row['x_pump'])} | {figure(row['x_nginx'])} | "
                     f"{figure(row['x_haproxy'])} | {figure(row['rps'], 0)} | {figure(row['p50_us'], 0)} | "
                     f"{figure(row['p99_us'], 0)} | {row['errors']} |")
    return lines + [""]


def routers_table(by_peer, count):
    lines = [f"### {count:,} routers against one", "",
             "| proxy | routers | CPU µs, one router | CPU µs, all | ratio | resident MiB, one → all |", "|---|---|--:|--:|--:|--:|"]
    for name, shapes in by_peer.items():
        for shape, result in shapes.items():
            one, many = result["one"], result["many"]
            lines.append(f"| {name} | {shape} | {figure(one and one['cpu_us'])} | {figure(many and many['cpu_us'])} | "
                         f"{figure(result['ratio'], 3)} | {result['resident_one'] / cases.MIB:.1f} → "
                         f"{result['resident_many'] / cases.MIB:.1f} |")
    return lines + [""]


def secure_table(case, rows):
    lines = [f"### {case.title}", "", "| proxy | CPU µs/request | × tandem | requests/s | failed |", "|---|--:|--:|--:|--:|"]
    for name, row in rows.items():
        lines.append(f"| {name} | {figure(row['cpu_us'])} | {figure(row.get('x_tandem'))} | {figure(row['rps'], 0)} | {row['errors']} |"
                     if row else f"| {name} | no answer | | | |")
    return lines + [""]


def idle_tls_table(idle, count):
    lines = ["### Idle TLS connections", "", f"| proxy | bytes an idle connection, of {count:,} |", "|---|--:|"]
    return lines + [f"| {name} | {held.get('error') or figure(held.get('bytes'), 0)} |" for name, held in idle.items()] + [""]


def memory_table(memory, idle, count):
    lines = ["### Memory", "", f"| proxy | resident MiB at start | bytes an idle connection, of {count:,} |", "|---|--:|--:|"]
    for name in dict.fromkeys([*memory, *idle]):
        start = memory.get(name, {}).get("resident")
        held = idle.get(name, {})
        lines.append(f"| {name} | {figure(start and start / cases.MIB, 1)} | {held.get('error') or figure(held.get('bytes'), 0)} |")
    return lines + [""]


def reload_table(by_peer, count):
    lines = ["### Configuration changed under load, once a second", "",
             f"| proxy | requests | failed | changes | in force | slowest ms | CPU ms of one change among {count:,} routers |",
             "|---|--:|--:|--:|--:|--:|--:|"]
    for name, row in by_peer.items():
        lines.append(f"| {name} | {row['requests']:,} | {row['errors']} | {row['changes']} | {row['in_force']} | "
                     f"{figure(row['slowest_ms'], 0)} | {figure(row['change_cpu_ms'], 1)} |")
    return lines + [""]


def access_log_table(by_peer):
    lines = ["### Small GET with the access log", "", "| proxy | access log | CPU µs without | CPU µs with | ratio |", "|---|---|--:|--:|--:|"]
    for name, variants in by_peer.items():
        for variant, row in variants.items():
            lines.append(f"| {name} | {variant} | {figure(row['without'] and row['without']['cpu_us'])} | "
                         f"{figure(row['with'] and row['with']['cpu_us'])} | {figure(row['ratio'], 3)} |")
    return lines + [""]


def verdicts(results):
    """(what, value, limit, held) for each target of tandem that was measured."""
    found = []

    def judge(what, value, limit):
        if value is not None:
            found.append((what, value, limit, value <= limit))

    for case in cases.TRAFFIC:
        row = (results["traffic"].get(case.name) or {}).get("tandem")
        if not row:
            continue
        over_pump, over_best = TARGETS.get(case.name, OTHER_TARGET)
        if over_pump:
            judge(f"{case.title}: × pump", row["x_pump"], over_pump)
        judge(f"{case.title}: × the better of nginx and HAProxy", best_ratio(row), over_best)
    for case in secure.CASES:
        rows = results["traffic"].get(case.name) or {}
        judge(f"{case.title}: × the best of the others", ratio_to_others(rows), OTHER_TARGET[1])
    judge("bytes an idle TLS connection", results["tls-idle"].get("tandem", {}).get("bytes"), IDLE_TLS_BYTES)
    for shape, result in results["routers"].get("tandem", {}).items():
        judge(f"{results['router_count']:,} routers ({shape}): × one router", result["ratio"], ROUTERS_RATIO)
    judge("bytes an idle connection", results["idle"].get("tandem", {}).get("bytes"), IDLE_BYTES)
    judge("resident bytes at start", results["memory"].get("tandem", {}).get("resident"), START_BYTES)
    for variant, row in results["accesslog"].get("tandem", {}).items():
        judge(f"access log ({variant}): × without", row["ratio"], ACCESS_LOG_RATIO)
    change = results["reload"].get("tandem", {})
    if change:
        judge("failed requests while the configuration changes", change["errors"] if change["errors"] >= 0 else 1e9, 0)
        judge("changes that did not come into force", change["changes"] - change["in_force"], 0)
        judge(f"CPU ms of one change among {results['router_count']:,} routers", change["change_cpu_ms"], CHANGE_MS)
    return found


def markdown(results):
    lines = [f"Measured {results['date']} on {results['machine']}; {results['rounds']} rounds of {results['seconds']:g} s; "
             + ", ".join(f"{name} {version}" for name, version in results["versions"].items() if version) + ".", ""]
    for case in cases.TRAFFIC:
        if results["traffic"].get(case.name):
            lines += traffic_table(case, results["traffic"][case.name])
    for case in secure.CASES:
        if results["traffic"].get(case.name):
            lines += secure_table(case, results["traffic"][case.name])
    if results["tls-idle"]:
        lines += idle_tls_table(results["tls-idle"], results["idle_count"])
    if results["routers"]:
        lines += routers_table(results["routers"], results["router_count"])
    if results["memory"] or results["idle"]:
        lines += memory_table(results["memory"], results["idle"], results["idle_count"])
    if results["reload"]:
        lines += reload_table(results["reload"], results["router_count"])
    if results["accesslog"]:
        lines += access_log_table(results["accesslog"])
    judged = verdicts(results)
    if judged:
        lines += ["### Targets", "", "| target | measured | at most | |", "|---|--:|--:|---|"]
        for what, value, limit, held in judged:
            digits = 2 if limit < 100 else 0
            lines.append(f"| {what} | {figure(value, digits)} | {figure(limit, digits)} | {'held' if held else '**missed**'} |")
        lines.append("")
    return "\n".join(lines)


def aligned(text):
    """The same Markdown with its table columns lined up, for a terminal."""
    out, block = [], []

    def flush():
        widths = [max(len(row[i]) for row in block) for i in range(max(map(len, block)))] if block else []
        for row in block:
            out.append("  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))).rstrip())
        block.clear()

    for line in text.splitlines():
        if not line.startswith("|"):
            flush()
            out.append(line)
        elif not line.startswith("|---"):
            block.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    flush()
    return "\n".join(out)


def write_between_marks(path, text):
    """Replaces what stands between the result marks of a document."""
    document = path.read_text()
    before, rest = document.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    path.write_text(f"{before}{MARKS[0]}\n{text.strip()}\n{MARKS[1]}{after}")


COLOURS = {"pump": "#9aa0a6", "nginx": "#3c9d5b", "haproxy": "#4a78c2", "nghttpx": "#6f7d3c", "h2o": "#8e6bbf", "caddy": "#27a5b0",
           "traefik": "#d08a2e", "tandem": "#d1344b"}


def chart(results, path):
    """One small bar chart for each traffic case: CPU per request, the shorter the better."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plot

    shown = [case for case in ALL_CASES if any((results["traffic"].get(case.name) or {}).values())]
    if not shown:
        return False
    columns = min(3, len(shown))
    lines = -(-len(shown) // columns)
    bars = max(len(results["traffic"][case.name]) for case in shown)
    picture, axes = plot.subplots(lines, columns, figsize=(4.4 * columns, (0.9 + 0.32 * bars) * lines), squeeze=False)
    for axis in axes.flat[len(shown):]:
        axis.set_visible(False)
    for axis, case in zip(axes.flat, shown):
        rows = {name: row for name, row in results["traffic"][case.name].items() if row}
        names = list(rows)[::-1]
        values = [rows[name]["cpu_us"] for name in names]
        axis.barh(names, values, color=[COLOURS.get(name, "#777777") for name in names], height=0.7)
        for index, value in enumerate(values):
            axis.text(value, index, f" {value:.1f}" if value < 100 else f" {value:.0f}", va="center", fontsize=8)
        axis.set_title(case.title, fontsize=9, loc="left")
        axis.set_xlim(0, max(values) * 1.18)
        axis.tick_params(labelsize=8)
        axis.xaxis.set_visible(False)
        for side in ("top", "right", "bottom"):
            axis.spines[side].set_visible(False)
    picture.suptitle("CPU µs per request on one core (shorter is better)", fontsize=11, x=0.01, ha="left")
    picture.tight_layout(rect=(0, 0, 1, 0.97))
    picture.savefig(path, dpi=120)
    plot.close(picture)
    return True


def progress(case, rows):
    """One line while it runs."""
    parts = [f"{name} {row['cpu_us']:.1f}" if row else f"{name} –" for name, row in rows.items()]
    return f"{case.title}: " + ", ".join(parts)
